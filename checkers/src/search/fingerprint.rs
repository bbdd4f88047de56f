//! 128 bits that stand for a state or a set of operations.

use std::hash::{Hash, Hasher};

/// An odd number without a pattern: the digits of π.
const FACTOR: u128 = 0x243f_6a88_85a3_08d3_1319_8a2e_0370_7345;

/// 128 bits that stand for something larger.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint(pub u128);

impl Fingerprint {
    /// Of anything that can be hashed.
    pub fn of<T: Hash + ?Sized>(value: &T) -> Self {
        let mut fingerprinter = Fingerprinter::default();
        value.hash(&mut fingerprinter);
        fingerprinter.fingerprint()
    }

    /// Of a sequence: this one, and then another. The order counts.
    #[must_use]
    pub fn then(self, next: Self) -> Self {
        Self(mixed(self.0.wrapping_mul(FACTOR) ^ next.0))
    }

    /// Of a set, with an element put in or taken out. The order does not count.
    #[must_use]
    pub fn toggle(self, element: Self) -> Self {
        Self(self.0 ^ element.0)
    }

    /// Of something that fits into 128 bits as it is; different words never collide.
    #[must_use]
    pub fn of_word(word: u128) -> Self {
        Self(mixed(word.wrapping_add(1).wrapping_mul(FACTOR)))
    }

    /// Of an element by its number.
    pub(super) fn of_number(number: usize) -> Self {
        Self::of_word(number as u128)
    }

    /// Of a set and a state together: what a search remembers. Both are mixed already, so
    /// that it takes less than [`Fingerprint::then`].
    pub(super) fn beside(self, state: Self) -> Self {
        Self(self.0.wrapping_mul(FACTOR) ^ state.0)
    }
}

/// A hasher with 128 bits and no secret: the same on every machine and in every run.
#[derive(Clone, Copy, Debug, Default)]
pub struct Fingerprinter(u128);

impl Fingerprinter {
    /// Of everything that was written.
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint(mixed(self.0))
    }

    fn word(&mut self, word: u128) {
        // Each step is invertible, so that two inputs of one word never collide.
        let folded = (self.0 ^ word).wrapping_add(1).wrapping_mul(FACTOR);
        self.0 = folded ^ (folded >> 67);
    }
}

impl Hasher for Fingerprinter {
    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(16) {
            let mut word = [0; 16];
            word[..chunk.len()].copy_from_slice(chunk);
            self.word(u128::from_le_bytes(word));
        }
        self.word(bytes.len() as u128);
    }

    fn write_u8(&mut self, number: u8) {
        self.word(u128::from(number));
    }

    fn write_u64(&mut self, number: u64) {
        self.word(u128::from(number));
    }

    fn write_i64(&mut self, number: i64) {
        self.word(u128::from(number.cast_unsigned()));
    }

    fn write_usize(&mut self, number: usize) {
        self.word(number as u128);
    }

    fn write_isize(&mut self, number: isize) {
        self.word(number.cast_unsigned() as u128);
    }

    fn finish(&self) -> u64 {
        let Fingerprint(all) = self.fingerprint();
        #[expect(clippy::cast_possible_truncation, reason = "the lower half is asked for")]
        let half = (all ^ (all >> 64)) as u64;
        half
    }
}

fn mixed(number: u128) -> u128 {
    let number = (number ^ (number >> 71)).wrapping_mul(FACTOR);
    let number = (number ^ (number >> 59)).wrapping_mul(FACTOR);
    number ^ (number >> 67)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn different_values_have_different_fingerprints() {
        let mut seen = BTreeSet::new();
        for number in -50_000_i64..50_000 {
            assert!(seen.insert(Fingerprint::of(&Some(number))), "{number}");
        }
        for text in ["", "a", "b", "aa", "ab", "ba", "a\0", "\0a", "\0"] {
            assert!(seen.insert(Fingerprint::of(text)), "{text:?}");
        }
    }

    #[test]
    fn every_bit_of_a_fingerprint_is_used() {
        let mut ones = [0_u32; 128];
        for number in 0..4096_usize {
            let Fingerprint(bits) = Fingerprint::of_number(number);
            for (at, ones) in ones.iter_mut().enumerate() {
                *ones += u32::from(bits >> at & 1 == 1);
            }
        }
        assert!(ones.iter().all(|ones| (1700..2400).contains(ones)), "{ones:?}");
    }

    #[test]
    fn sequences_keep_their_order_and_sets_do_not() {
        let [one, two] = [1, 2].map(Fingerprint::of_number);
        assert_ne!(one.then(two), two.then(one));
        assert_eq!(one.toggle(two), two.toggle(one));
        assert_eq!(one.toggle(two).toggle(two), one);
    }
}
