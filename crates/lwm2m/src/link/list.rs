//! The attributes of one link. Most links have none or one, and in a list of a hundred an allocation for each is most of
//! the time that reading takes; so one attribute lies in the link itself.

use alloc::vec::Vec;
use core::ops::Deref;
use core::{fmt, mem, slice};

use super::Attribute;

/// The attributes of a link in their order: a slice that can grow.
///
/// ```
/// use lwm2m::link::{Attribute, Attributes};
/// let mut attributes = Attributes::new();
/// attributes.push(Attribute::new("ver", "1.1"));
/// assert_eq!(attributes.len(), 1);
/// assert_eq!(attributes[0].name, "ver");
/// ```
#[derive(Clone, Default)]
pub struct Attributes<'a>(Held<'a>);

#[derive(Clone, Default)]
enum Held<'a> {
    #[default]
    None,
    One(Attribute<'a>),
    /// Two or more.
    Many(Vec<Attribute<'a>>),
}

impl<'a> Attributes<'a> {
    /// None.
    pub const fn new() -> Self {
        Self(Held::None)
    }

    /// Adds one at the end.
    #[inline]
    pub fn push(&mut self, attribute: Attribute<'a>) {
        match &mut self.0 {
            Held::None => self.0 = Held::One(attribute),
            Held::One(_) | Held::Many(_) => self.push_more(attribute),
        }
    }

    #[cold]
    fn push_more(&mut self, attribute: Attribute<'a>) {
        let mut many = match mem::take(&mut self.0) {
            Held::None => Vec::new(),
            Held::One(first) => Vec::from([first]),
            Held::Many(many) => many,
        };
        many.push(attribute);
        self.0 = Held::Many(many);
    }

    /// The same without borrowing from the input.
    pub fn into_owned(self) -> Attributes<'static> {
        Attributes(match self.0 {
            Held::None => Held::None,
            Held::One(one) => Held::One(one.into_owned()),
            Held::Many(many) => Held::Many(many.into_iter().map(Attribute::into_owned).collect()),
        })
    }
}

impl<'a> Deref for Attributes<'a> {
    type Target = [Attribute<'a>];

    #[inline]
    fn deref(&self) -> &[Attribute<'a>] {
        match &self.0 {
            Held::None => &[],
            Held::One(one) => slice::from_ref(one),
            Held::Many(many) => many,
        }
    }
}

impl<'a> Extend<Attribute<'a>> for Attributes<'a> {
    fn extend<I: IntoIterator<Item = Attribute<'a>>>(&mut self, attributes: I) {
        attributes.into_iter().for_each(|attribute| self.push(attribute));
    }
}

impl<'a> FromIterator<Attribute<'a>> for Attributes<'a> {
    fn from_iter<I: IntoIterator<Item = Attribute<'a>>>(attributes: I) -> Self {
        let mut list = Self::new();
        list.extend(attributes);
        list
    }
}

impl<'l, 'a> IntoIterator for &'l Attributes<'a> {
    type Item = &'l Attribute<'a>;
    type IntoIter = slice::Iter<'l, Attribute<'a>>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl PartialEq for Attributes<'_> {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for Attributes<'_> {}

impl fmt::Debug for Attributes<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grows() {
        let all = ["a", "b", "c"].map(Attribute::flag);
        for count in 0..=all.len() {
            let list: Attributes<'_> = all.iter().take(count).cloned().collect();
            assert_eq!(list[..], all[..count]);
            assert_eq!(list.clone().into_owned(), list);
        }
    }
}
