//! Many bytes in one number.

use std::hash::{BuildHasherDefault, Hasher};

use indexmap::IndexSet;

/// An odd number without a pattern in its bits: those of the golden ratio.
const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;

/// A 64-bit fingerprint of parts, in their order. Equal parts have equal fingerprints, so
/// differing ones prove a difference; the reverse fails about once in 2⁶⁴.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Fingerprint(u64);

impl Default for Fingerprint {
    /// That of nothing.
    fn default() -> Self {
        Self(FACTOR)
    }
}

impl Fingerprint {
    /// One more part, as bytes.
    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        for word in words {
            self.word(u64::from_le_bytes(*word));
        }
        let mut last = [0; 8];
        last[..rest.len()].copy_from_slice(rest);
        self.word(u64::from_le_bytes(last));
        // How long it is tells it from one with zeros behind it.
        self.word(bytes.len() as u64);
    }

    /// One more part, as a number.
    pub(crate) fn word(&mut self, word: u64) {
        let mixed = self.0 ^ word;
        // The lower half of the product knows nothing of the upper bits, and the upper half
        // little of the lower ones.
        let upper = ((u128::from(mixed) * u128::from(FACTOR)) >> 64) as u64;
        let lower = mixed.wrapping_mul(FACTOR);
        self.0 = (upper ^ lower).wrapping_add(FACTOR);
    }

    /// The number.
    pub(crate) fn number(self) -> u64 {
        self.0
    }
}

/// A set of fingerprints, where a history has a great many.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fingerprints(IndexSet<u64, BuildHasherDefault<Itself>>);

impl Fingerprints {
    /// One more.
    pub(crate) fn insert(&mut self, fingerprint: Fingerprint) {
        self.0.insert(fingerprint.number());
    }

    /// Whether one is among them.
    pub(crate) fn contain(&self, fingerprint: Fingerprint) -> bool {
        self.0.contains(&fingerprint.number())
    }
}

/// The hash of a fingerprint, which is one already.
#[derive(Clone, Copy, Debug, Default)]
struct Itself(u64);

impl Hasher for Itself {
    fn write(&mut self, bytes: &[u8]) {
        unreachable!("a fingerprint is a number, not {} bytes", bytes.len());
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = number;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{Fingerprint, Fingerprints};

    fn of(parts: &[&[u8]]) -> u64 {
        let mut fingerprint = Fingerprint::default();
        for part in parts {
            fingerprint.bytes(part);
        }
        fingerprint.number()
    }

    #[test]
    fn parts_that_differ_in_length_order_or_one_bit_differ() {
        let mut seen = BTreeSet::new();
        for length in 0..40 {
            let zeros = vec![0; length];
            assert!(seen.insert(of(&[&zeros])), "{length} zeros");
            for bit in 0..length * 8 {
                let mut one = zeros.clone();
                one[bit / 8] |= 1 << (bit % 8);
                assert!(seen.insert(of(&[&one])), "bit {bit} of {length} bytes");
            }
        }
        assert_ne!(of(&[b"a", b"bc"]), of(&[b"ab", b"c"]));
        assert_ne!(of(&[b"a", b"b"]), of(&[b"b", b"a"]));
        assert_eq!(of(&[b"a value", b"of a key"]), of(&[b"a value", b"of a key"]));
    }

    #[test]
    fn a_million_numbers_have_as_many_fingerprints() {
        let of_number = |number: u64| {
            let mut fingerprint = Fingerprint::default();
            fingerprint.word(number);
            fingerprint.number()
        };
        let all: BTreeSet<u64> = (0..1_000_000).map(of_number).collect();
        assert_eq!(all.len(), 1_000_000);
    }

    #[test]
    fn a_set_has_what_was_inserted_and_nothing_else() {
        let one = |text: &str| {
            let mut fingerprint = Fingerprint::default();
            fingerprint.bytes(text.as_bytes());
            fingerprint
        };
        let mut set = Fingerprints::default();
        set.insert(one("k1"));
        assert!(set.contain(one("k1")) && !set.contain(one("k2")));
    }
}
