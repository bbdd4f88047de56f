//! Random numbers from a seed, the same everywhere (splitmix64).

/// A stream of random numbers.
#[derive(Clone, Debug)]
pub(super) struct Dice(pub(super) u64);

impl Dice {
    /// A number below a bound, which is not 0.
    pub(super) fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        // The high half of a product is as good as a remainder, and needs no division.
        u64::try_from((u128::from(mixed) * u128::from(bound)) >> 64).unwrap_or(0)
    }

    /// A place in a list of so many.
    pub(super) fn place(&mut self, many: usize) -> usize {
        usize::try_from(self.below(many as u64)).unwrap_or(0)
    }

    /// True in so many of a thousand throws.
    pub(super) fn mille(&mut self, mille: u64) -> bool {
        self.below(1000) < mille
    }
}
