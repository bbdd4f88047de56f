//! Random numbers of one link or disk: seeded, fast, and good enough to choose what is hit.

/// A splitmix64 generator (Steele, Lea and Flood, "Fast splittable pseudorandom number
/// generators", 2014).
#[derive(Clone, Debug)]
pub(crate) struct Dice(u64);

impl Dice {
    /// The same seed gives the same numbers.
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number.
    pub(crate) fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below a bound; 0 if the bound is 0.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.draw().checked_rem(bound).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::Dice;

    #[test]
    fn a_seed_repeats_itself_and_differs_from_others() {
        let drawn = |seed| {
            let mut dice = Dice::new(seed);
            [dice.draw(), dice.draw(), dice.below(10), dice.below(0)]
        };
        assert_eq!(drawn(1), drawn(1));
        assert_ne!(drawn(1)[..2], drawn(2)[..2]);
        assert!(drawn(3)[2] < 10 && drawn(3)[3] == 0);
    }
}
