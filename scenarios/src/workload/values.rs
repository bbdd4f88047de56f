//! Values that name their write.

use rand::RngExt as _;
use rand::rngs::ChaCha8Rng;
use stormglass_checkers::history::Bytes;

use crate::scenario::ByteRange;

/// Fills a value up to its size; no digit, so that a padded value stays unique.
const FILLER: char = '.';

/// Values of one client, `CLIENT-COUNTER` and filler: unique over the run, so that a
/// value names its write.
pub(super) struct Values {
    client: u32,
    counter: u64,
    size: ByteRange,
}

impl Values {
    pub(super) fn new(client: u32, size: ByteRange) -> Self {
        Self { client, counter: 0, size }
    }

    /// A new value. It is longer than asked for where the name alone is.
    pub(super) fn next(&mut self, rng: &mut ChaCha8Rng) -> Bytes {
        self.counter += 1;
        let mut value = format!("{}-{}", self.client, self.counter);
        let size = rng.random_range(self.size.min..=self.size.max) as usize;
        value.extend(std::iter::repeat_n(FILLER, size.saturating_sub(value.len())));
        Bytes::from(value)
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng as _;
    use rand::rngs::ChaCha8Rng;

    use super::Values;
    use crate::scenario::ByteRange;

    #[test]
    fn values_have_the_size_asked_for_and_never_repeat() {
        let mut rng = ChaCha8Rng::seed_from_u64(7);
        let mut values = Values::new(3, ByteRange { min: 8, max: 16 });
        let drawn: Vec<_> = (0..1_000).map(|_| values.next(&mut rng)).collect();
        assert!(drawn.iter().all(|value| (8..=16).contains(&value.len())));
        let distinct: std::collections::BTreeSet<_> = drawn.iter().collect();
        assert_eq!(distinct.len(), drawn.len());
        assert!(drawn[0].to_string().starts_with("3-1."), "{}", drawn[0]);
    }
}
