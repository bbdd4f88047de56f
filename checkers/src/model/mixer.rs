//! A hasher that is fast and the same everywhere.

use std::hash::{BuildHasherDefault, Hasher};

/// Builds [`Mixer`]s.
pub(crate) type Mixing = BuildHasherDefault<Mixer>;

/// Multiplies and folds eight bytes at a time.
///
/// Single keys are looked up several times for every operation, which ordered maps make
/// the largest part of the check. The tables that use this are index maps, whose
/// iteration is in the order of insertion: nothing depends on the hashes. It has no
/// secret, so whoever chooses the keys of a history can make its check slow, as they can
/// by making it long.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Mixer(u64);

/// An odd number without pattern: the fraction of the golden ratio.
const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;

impl Mixer {
    fn add(&mut self, word: u64) {
        let product = u128::from(self.0 ^ word) * u128::from(FACTOR);
        let (low, high) = (product & u128::from(u64::MAX), product >> 64);
        self.0 = u64::try_from(low ^ high).unwrap_or(0).wrapping_add(word.rotate_left(29));
    }
}

impl Hasher for Mixer {
    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        for word in words {
            self.add(u64::from_le_bytes(*word));
        }
        if !rest.is_empty() {
            let mut last = [0; 8];
            last[..rest.len()].copy_from_slice(rest);
            self.add(u64::from_le_bytes(last));
        }
    }

    fn write_u32(&mut self, word: u32) {
        self.add(word.into());
    }

    fn write_u64(&mut self, word: u64) {
        self.add(word);
    }

    fn write_i64(&mut self, word: i64) {
        self.add(word.cast_unsigned());
    }

    fn write_usize(&mut self, word: usize) {
        self.add(word as u64);
    }

    fn finish(&self) -> u64 {
        let product = u128::from(self.0) * u128::from(FACTOR);
        u64::try_from((product ^ (product >> 64)) & u128::from(u64::MAX)).unwrap_or(0)
    }
}
