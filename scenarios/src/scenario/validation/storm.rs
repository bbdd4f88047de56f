//! Rules of `[storm]`.

use std::time::Duration;

use super::{Flaw, did_you_mean, ensure};
use crate::fault::{draws, left_out};
use crate::scenario::Scenario;

/// Shorter periods would leave a member no time to come back.
const EVERY_MIN: Duration = Duration::from_millis(500);

pub(super) fn check(scenario: &Scenario) -> Result<(), Flaw> {
    let Some(storm) = &scenario.storm else { return Ok(()) };
    ensure(storm.every.as_duration() >= EVERY_MIN, "storm.every", || {
        "a storm needs a period of 500ms or more: raise it".to_owned()
    })?;
    let kinds: Vec<&str> = draws().iter().map(|draw| draw.kind).collect();
    for (kind, weight) in &storm.weights {
        if !kinds.contains(&kind.as_str()) {
            let message = match (crate::fault::fault(kind), left_out(kind)) {
                (_, Some(why)) => {
                    format!("no storm draws `{kind}` ({why}): ask for it with [[fault]]")
                }
                (Some(_), None) => format!(
                    "etcd does not promise to survive `{kind}`, so no storm draws it: ask for it \
                     with [[fault]]"
                ),
                (None, None) => format!("unknown fault `{kind}`{}", did_you_mean(kind, &kinds)),
            };
            return Err(Flaw::key("storm.weights", kind, message));
        }
        ensure(*weight <= 1_000_000, &format!("storm.weights.{kind}"), || {
            "a weight is at most a million: lower it".to_owned()
        })?;
    }
    let weight =
        |draw: &crate::fault::Draw| storm.weights.get(draw.kind).copied().unwrap_or(draw.weight);
    ensure(draws().iter().any(|draw| weight(draw) > 0), "storm.weights", || {
        "every weight is 0: raise one".to_owned()
    })
}
