//! Triggers of known bugs: in the traffic, unless they are avoided.

use super::driver::{Taken, drive, plan};

/// How often a trigger is in 20,000 steps, with or without `avoid`.
fn occurrences(trigger: &str, avoided: bool, in_step: fn(&Taken) -> bool) -> usize {
    let avoid = format!("[[avoid]]\nreleases = \"*\"\ntriggers = [\"{trigger}\"]");
    let plan = plan(if avoided { &avoid } else { "" }, 13);
    drive(&plan, "", 20_000).iter().filter(|taken| in_step(taken)).count()
}

/// Fails unless a trigger is in the traffic, and is not where it is avoided.
///
/// # Panics
/// When it is not so.
pub fn fires_and_is_avoided(trigger: &str, in_step: fn(&Taken) -> bool) {
    let there = occurrences(trigger, false, in_step);
    assert!(there >= 5, "{trigger}: {there}");
    assert_eq!(occurrences(trigger, true, in_step), 0, "{trigger}");
}
