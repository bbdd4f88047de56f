//! Ranges of keys as etcd writes them in requests.

use std::ops::Bound;

use crate::history::Bytes;

/// What `range_end` is when a range has no upper end.
const NO_END: &[u8] = b"\0";

/// A range of keys: one key, an interval, or every key from one on.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct KeyRange {
    key: Bytes,
    range_end: Bytes,
}

impl KeyRange {
    /// A range as a request has it: an empty `range_end` means `key` alone, the single
    /// byte zero means every key from `key` on, anything else is the first key that no
    /// longer belongs to the range.
    pub fn new(key: &Bytes, range_end: &Bytes) -> Self {
        Self { key: key.clone(), range_end: range_end.clone() }
    }

    /// Whether a key belongs to the range.
    pub fn contains(&self, key: &Bytes) -> bool {
        match self.range_end.as_slice() {
            b"" => *key == self.key,
            NO_END => *key >= self.key,
            _ => *key >= self.key && *key < self.range_end,
        }
    }

    /// The one key that the range is, if it is one key.
    pub fn single(&self) -> Option<&Bytes> {
        self.range_end.is_empty().then_some(&self.key)
    }

    /// Key and end as a request has them.
    pub fn as_asked(&self) -> (&Bytes, &Bytes) {
        (&self.key, &self.range_end)
    }

    /// The first key that can belong to the range.
    pub fn first(&self) -> &Bytes {
        &self.key
    }

    /// The first key beyond an interval; nothing where it has no upper end. (A range of one
    /// key has none either: see [`KeyRange::single`].)
    pub fn beyond(&self) -> Option<&Bytes> {
        (self.range_end.as_slice() != NO_END).then_some(&self.range_end)
    }

    /// Where the range ends, as ordered maps have it. It may end before it begins.
    pub fn end(&self) -> Bound<&Bytes> {
        match self.range_end.as_slice() {
            b"" => Bound::Included(&self.key),
            NO_END => Bound::Unbounded,
            _ => Bound::Excluded(&self.range_end),
        }
    }

    /// Whether the range holds every key that a store can have (keys are not empty).
    pub fn is_everything(&self) -> bool {
        self.range_end.as_slice() == NO_END && self.key.as_slice() <= NO_END
    }
}

impl std::fmt::Display for KeyRange {
    /// For people: `k1`, `[k1, k5)`, `[k1, …)`, `every key`.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.range_end.as_slice() {
            b"" => write!(formatter, "{}", self.key),
            _ if self.is_everything() => formatter.write_str("every key"),
            NO_END => write!(formatter, "[{}, …)", self.key),
            _ => write!(formatter, "[{}, {})", self.key, self.range_end),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(key: &str, range_end: &str) -> KeyRange {
        KeyRange::new(&key.into(), &range_end.into())
    }

    #[test]
    fn ranges_hold_what_etcd_says() {
        let cases = [
            ("b", "", &["b"][..]),
            ("b", "d", &["b", "bb", "c"][..]),
            ("b", "\0", &["b", "bb", "c", "d", "z"][..]),
            ("\0", "\0", &["a", "b", "bb", "c", "d", "z"][..]),
            ("", "\0", &["a", "b", "bb", "c", "d", "z"][..]),
            ("d", "b", &[][..]),
        ];
        for (key, range_end, expected) in cases {
            let range = range(key, range_end);
            let held: Vec<&str> = ["a", "b", "bb", "c", "d", "z"]
                .into_iter()
                .filter(|key| range.contains(&(*key).into()))
                .collect();
            assert_eq!(held, expected, "{range}");
        }
    }

    #[test]
    fn only_a_range_without_bounds_is_everything() {
        assert!(range("\0", "\0").is_everything());
        assert!(range("", "\0").is_everything());
        assert!(!range("a", "\0").is_everything());
        assert!(!range("\0", "").is_everything());
        assert_eq!(range("k", "").single(), Some(&"k".into()));
        assert_eq!(range("k", "l").single(), None);
    }
}
