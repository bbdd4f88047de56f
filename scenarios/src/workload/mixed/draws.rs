//! Draws by share and by weight.

use rand::RngExt as _;
use rand::rngs::ChaCha8Rng;

/// True for so many of a hundred.
pub(super) fn percent(share: u32, rng: &mut ChaCha8Rng) -> bool {
    rng.random_range(0..100) < share
}

/// One of these by its weight; none where every weight is 0.
pub(super) fn drawn<T: Copy>(choices: &[(T, u32)], rng: &mut ChaCha8Rng) -> Option<T> {
    let total: u64 = choices.iter().map(|(_, weight)| u64::from(*weight)).sum();
    if total == 0 {
        return None;
    }
    let mut point = rng.random_range(0..total);
    choices.iter().find_map(|(choice, weight)| {
        let weight = u64::from(*weight);
        let found = point < weight;
        point = point.saturating_sub(weight);
        found.then_some(*choice)
    })
}

/// One of these; there must be one.
pub(super) fn any<T: Copy>(choices: &[T], rng: &mut ChaCha8Rng) -> T {
    choices[rng.random_range(0..choices.len())]
}
