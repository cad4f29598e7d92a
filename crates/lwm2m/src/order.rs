//! Sorting. The one of `core` is fast and has a copy of 4 kB or more for each type in WebAssembly; where size counts
//! (feature `small`) there is one copy, twice as slow, for all.

/// Sorts by a key. What has the same key stays in its order.
#[cfg(not(feature = "small"))]
pub(crate) fn by_key<T, K: Ord>(items: &mut [T], key: impl Fn(&T) -> K) {
    items.sort_by_key(key);
}

/// The same.
#[cfg(feature = "small")]
pub(crate) fn by_key<T, K: Ord>(items: &mut [T], key: impl Fn(&T) -> K) {
    small::sort(items, |a, b| key(a) < key(b));
}

/// Sorts. What is equal is the same, so its order does not matter.
#[cfg(not(feature = "small"))]
pub(crate) fn sort<T: Ord>(items: &mut [T]) {
    items.sort_unstable();
}

/// The same.
#[cfg(feature = "small")]
pub(crate) fn sort<T: Ord>(items: &mut [T]) {
    small::sort(items, |a, b| a < b);
}

#[cfg(any(test, feature = "small"))]
mod small {
    // Places stay below the length of what they were made for.
    #![allow(clippy::indexing_slicing)]

    use alloc::vec::Vec;

    /// What is neither before nor behind the other stays in its order.
    pub(super) fn sort<T>(items: &mut [T], before: impl Fn(&T, &T) -> bool) {
        if items.windows(2).all(|pair| !before(&pair[1], &pair[0])) {
            return;
        }
        let mut places: Vec<usize> = (0..items.len()).collect();
        heap_sort(&mut places, &|a, b| before(&items[a], &items[b]) || (a < b && !before(&items[b], &items[a])));
        // Around each ring of places everything moves on by one.
        for first in 0..places.len() {
            let mut at = first;
            while places[at] != first && places[at] != at {
                let from = places[at];
                items.swap(at, from);
                places[at] = at;
                at = from;
            }
            places[at] = at;
        }
    }

    fn heap_sort(places: &mut [usize], less: &dyn Fn(usize, usize) -> bool) {
        let sink = |places: &mut [usize], mut at: usize| {
            loop {
                let mut child = 2 * at + 1;
                if child >= places.len() {
                    return;
                }
                if child + 1 < places.len() && less(places[child], places[child + 1]) {
                    child += 1;
                }
                if !less(places[at], places[child]) {
                    return;
                }
                places.swap(at, child);
                at = child;
            }
        };
        for at in (0..places.len() / 2).rev() {
            sink(places, at);
        }
        for end in (1..places.len()).rev() {
            places.swap(0, end);
            sink(&mut places[..end], 0);
        }
    }

    #[cfg(test)]
    mod tests {
        use std::vec::Vec;

        #[test]
        fn is_what_core_does() {
            let mut random = 0x9E37_79B9_7F4A_7C15_u64;
            for length in 0..300 {
                let mut items: Vec<(u64, usize)> = Vec::new();
                for place in 0..length {
                    random ^= random << 13;
                    random ^= random >> 7;
                    random ^= random << 17;
                    items.push((random % 50, place));
                }
                let mut expected = items.clone();
                expected.sort_by_key(|item| item.0);
                super::sort(&mut items, |a, b| a.0 < b.0);
                assert_eq!(items, expected);
            }
        }
    }
}
