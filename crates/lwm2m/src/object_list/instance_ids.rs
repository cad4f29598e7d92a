//! A set of instance ids that is mostly small.

use alloc::vec::{self, Vec};
use core::fmt;
use core::ops::Deref;

/// The ids of the instances of one object, sorted, each once. Up to seven take no memory of their own, which counts where
/// a million devices are registered.
///
/// It reads like a slice, and is collected from ids in any order.
///
/// ```
/// use lwm2m::InstanceIds;
/// let ids: InstanceIds = [7, 0, 7].into_iter().collect();
/// assert_eq!(ids[..], [0, 7]);
/// assert!(ids.contains(&7));
/// ```
#[derive(Clone)]
pub struct InstanceIds(Ids);

#[derive(Clone)]
enum Ids {
    Few(u8, [u16; FEW]),
    Many(Vec<u16>),
}

impl InstanceIds {
    /// None.
    pub const fn new() -> Self {
        Self(Ids::Few(0, [0; FEW]))
    }

    /// Adds one at the end; [`InstanceIds::finish`] puts them in order.
    pub(super) fn push(&mut self, id: u16) {
        match &mut self.0 {
            Ids::Few(length, few) => match few.get_mut(usize::from(*length)) {
                Some(place) => {
                    *place = id;
                    *length += 1;
                }
                None => {
                    let mut many = Vec::with_capacity(4 * FEW);
                    many.extend_from_slice(few);
                    many.push(id);
                    self.0 = Ids::Many(many);
                }
            },
            Ids::Many(many) => many.push(id),
        }
    }

    /// Sorts them and drops what comes twice.
    pub(super) fn finish(&mut self) {
        let in_order = self.windows(2).all(|pair| matches!(pair, [a, b] if a < b));
        if let (Ids::Few(length, few), false) = (&mut self.0, in_order) {
            let mut many = few.get(..usize::from(*length)).unwrap_or_default().to_vec();
            many.sort_unstable();
            many.dedup();
            *self = Self::new();
            many.into_iter().for_each(|id| self.push(id));
        } else if let Ids::Many(many) = &mut self.0 {
            if !in_order {
                many.sort_unstable();
                many.dedup();
            }
            many.shrink_to_fit();
        }
    }
}

impl Deref for InstanceIds {
    type Target = [u16];

    fn deref(&self) -> &[u16] {
        match &self.0 {
            Ids::Few(length, few) => few.get(..usize::from(*length)).unwrap_or_default(),
            Ids::Many(many) => many,
        }
    }
}

impl Default for InstanceIds {
    fn default() -> Self {
        Self::new()
    }
}

impl FromIterator<u16> for InstanceIds {
    fn from_iter<I: IntoIterator<Item = u16>>(ids: I) -> Self {
        let mut all = Self::new();
        ids.into_iter().for_each(|id| all.push(id));
        all.finish();
        all
    }
}

impl IntoIterator for InstanceIds {
    type Item = u16;
    type IntoIter = vec::IntoIter<u16>;

    fn into_iter(self) -> Self::IntoIter {
        match self.0 {
            Ids::Few(length, few) => few.get(..usize::from(length)).unwrap_or_default().to_vec().into_iter(),
            Ids::Many(many) => many.into_iter(),
        }
    }
}

impl<'a> IntoIterator for &'a InstanceIds {
    type Item = &'a u16;
    type IntoIter = core::slice::Iter<'a, u16>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl PartialEq for InstanceIds {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for InstanceIds {}

impl fmt::Debug for InstanceIds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// As many as fit into the room that a `Vec` itself takes.
const FEW: usize = 7;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sorts_and_drops() {
        assert!(size_of::<InstanceIds>() <= size_of::<Vec<u16>>().max(16));
        for (ids, sorted) in [
            (Vec::new(), Vec::new()),
            ([3, 1, 3, 2].to_vec(), [1, 2, 3].to_vec()),
            ((0..7).rev().collect(), (0..7).collect()),
            ((0..8).rev().collect(), (0..8).collect()),
            ((0..500).chain(0..500).collect(), (0..500).collect()),
        ] {
            let all: InstanceIds = ids.into_iter().collect();
            assert_eq!(all[..], sorted);
            assert_eq!(all.into_iter().collect::<Vec<_>>(), sorted);
        }
    }
}
