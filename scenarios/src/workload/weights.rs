//! Drawing requests by their weights.

use rand::RngExt as _;
use rand::rngs::ChaCha8Rng;

use super::registry::WeightEntry;
use crate::scenario::WorkloadSpec;

/// The weights of one scenario, ready to draw from.
pub(super) struct Weights {
    /// Names with the sums of all weights up to them.
    sums: Vec<(&'static str, u64)>,
}

impl Weights {
    /// The scenario's weights over the workload's own. Requests of weight 0, and those
    /// that `refused` names, are never drawn.
    pub(super) fn new(entries: &[WeightEntry], spec: &WorkloadSpec, refused: &[&str]) -> Self {
        let mut sum = 0;
        let drawn = entries.iter().filter(|entry| !refused.contains(&entry.name));
        let positive = drawn.filter(|entry| spec.weight(entry) > 0);
        let sums = positive.map(|entry| {
            sum += u64::from(spec.weight(entry));
            (entry.name, sum)
        });
        Self { sums: sums.collect() }
    }

    /// A request's name; none where every weight is 0.
    pub(super) fn draw(&self, rng: &mut ChaCha8Rng) -> Option<&'static str> {
        let (_, total) = self.sums.last()?;
        let point = rng.random_range(0..*total);
        self.sums.iter().find(|(_, sum)| point < *sum).map(|(name, _)| *name)
    }
}
