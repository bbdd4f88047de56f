//! The faults of a storm: drawn one after the other, so that the seed composes them.

use rand::RngExt as _;
use rand::rngs::ChaCha8Rng;
use rand::seq::IndexedRandom as _;

use crate::fault::{Draw, draws};
use crate::random;
use crate::scenario::{FaultSpec, Scenario, Selector, Span, StormSpec};

/// Nanoseconds.
const MILLISECOND: u64 = 1_000_000;

/// The faults of a scenario's storm, each as if the scenario had asked for it. A kind that is a
/// trigger to be avoided is drawn and left out, so that the others are the same on every release.
pub(super) fn specs(scenario: &Scenario, seed: u64, avoided: &[String]) -> Vec<FaultSpec> {
    let Some(storm) = &scenario.storm else { return Vec::new() };
    let mut rng = random::stream(seed, "storm");
    let every = storm.every.as_nanos().0.max(MILLISECOND);
    let end = scenario.limits.duration.as_nanos().0;
    let mut from = rng.random_range(every / 2..=every);
    let mut specs = Vec::new();
    while from < end {
        let Some(draw) = kind(storm, &mut rng) else { break };
        let spec = spec(draw, from, &mut rng);
        if !avoided.iter().any(|trigger| draw.avoided_by == Some(trigger.as_str())) {
            specs.push(spec);
        }
        from = from.saturating_add(rng.random_range(every / 2..=every * 3 / 2));
    }
    specs
}

/// A kind, by weight.
fn kind(storm: &StormSpec, rng: &mut ChaCha8Rng) -> Option<&'static Draw> {
    let weight = |draw: &Draw| storm.weights.get(draw.kind).copied().unwrap_or(draw.weight);
    draws().choose_weighted(rng, weight).ok()
}

fn spec(draw: &Draw, from: u64, rng: &mut ChaCha8Rng) -> FaultSpec {
    let hold = rng.random_range(draw.hold.0..=draw.hold.1);
    let params = draw.params.choose(rng).copied().unwrap_or_default();
    FaultSpec {
        kind: draw.kind.to_owned(),
        target: draw.targets.choose(rng).cloned().unwrap_or(Selector::One),
        at: Some(Span::milliseconds(from / MILLISECOND)),
        every: None,
        when: draw.when.choose(rng).copied().unwrap_or_default(),
        duration: (hold > 0).then(|| Span::milliseconds(hold)),
        params: params.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect(),
    }
}
