//! Values kept small: enough to tell two apart and to show one to a person.

use std::fmt;

use super::fingerprint::Fingerprint;
use crate::history::Bytes;
use crate::wording::unpadded;

/// So much of a value is kept as it is.
const HEAD_BYTES: usize = 40;

/// A value by its length, a fingerprint and its first bytes. Equal values have equal
/// marks, so marks that differ prove that the values differ; the reverse may fail once
/// in 2⁶⁴, which can hide a violation and never invents one.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ValueMark {
    length: usize,
    fingerprint: Fingerprint,
    head: Bytes,
}

impl ValueMark {
    /// The mark of a value.
    pub(crate) fn of(value: &Bytes) -> Self {
        let bytes = value.as_slice();
        let mut fingerprint = Fingerprint::default();
        fingerprint.bytes(bytes);
        let head = match bytes.get(..HEAD_BYTES) {
            Some(head) => Bytes::from(head),
            None => value.clone(),
        };
        Self { length: bytes.len(), fingerprint, head }
    }

    /// Its fingerprint, which says how long it is too.
    pub(crate) fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }
}

impl fmt::Display for ValueMark {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.length > HEAD_BYTES {
            let head = unpadded(&self.head.to_string());
            let head = head.trim_end_matches('…');
            return write!(formatter, "\"{head}…\" ({} bytes)", self.length);
        }
        write!(formatter, "\"{}\"", self.head)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_that_differ_behind_their_head_have_different_marks() {
        let long = |last: &str| ValueMark::of(&format!("{}{last}", "x".repeat(100)).into());
        assert_eq!(long("a"), long("a"));
        assert_ne!(long("a"), long("b"));
        assert_eq!(ValueMark::of(&"v1".into()).to_string(), "\"v1\"");
        assert!(long("a").to_string().ends_with("…\" (101 bytes)"));
    }
}
