//! A fault's parameters, which were checked when the scenario was read.

use std::time::Duration;

use stormglass_scenarios::fault::{fault as entry_of, parse_jump, parse_rate};
use stormglass_scenarios::plan::PlannedFault;
use stormglass_scenarios::scenario::Span;

use crate::target::{Rate, Share};

/// A parameter, or its default.
pub(super) fn text<'a>(fault: &'a PlannedFault, name: &str) -> &'a str {
    let params = entry_of(&fault.kind).map_or(&[][..], |entry| entry.params);
    let default = params.iter().find(|param| param.name == name).map_or("", |param| param.default);
    fault.params.get(name).map_or(default, String::as_str)
}

/// Whether a flag is set.
pub(super) fn flag(fault: &PlannedFault, name: &str) -> bool {
    text(fault, name) == "true"
}

/// A whole number.
pub(super) fn count(fault: &PlannedFault, name: &str) -> u64 {
    text(fault, name).parse().unwrap_or_default()
}

/// A duration.
pub(super) fn span(fault: &PlannedFault, name: &str) -> Duration {
    text(fault, name).parse::<Span>().map(Span::as_duration).unwrap_or_default()
}

/// A jump of a clock, in nanoseconds; negative when it goes back.
pub(super) fn jump(fault: &PlannedFault, name: &str) -> i64 {
    parse_jump(text(fault, name)).unwrap_or_default()
}

/// The rate of a clock.
pub(super) fn rate(fault: &PlannedFault, name: &str) -> Rate {
    parse_rate(text(fault, name)).and_then(Rate::new).unwrap_or(Rate::TRUE)
}

/// A percentage.
pub(super) fn percent(fault: &PlannedFault, name: &str) -> f64 {
    text(fault, name).parse().unwrap_or_default()
}

/// A percentage, to a ten thousandth.
pub(super) fn share(fault: &PlannedFault, name: &str) -> Share {
    let million = (percent(fault, name).clamp(0.0, 100.0) * 10_000.0).round();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "it is a whole number from 0 to a million"
    )]
    Share::of_million(million as u32)
}

/// A seed of the fault's own: its number and its time come from the run's.
pub(super) fn seed(fault: &PlannedFault) -> u64 {
    fault.from.0 ^ (u64::from(fault.id.0) << 32)
}
