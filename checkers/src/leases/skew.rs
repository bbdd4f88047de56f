//! How fast the members' clocks ran, as far as the faults tell.
//!
//! Leases follow the leader's monotonic clock. Which member leads at an instant is not
//! known for sure, so every bound takes the worst of all members.

use std::collections::BTreeMap;

use crate::history::{FaultBegin, FaultEnd, FaultId, FaultRecord, Nanos};

/// A rate of one second per second, in parts per million.
const TRUE_RATE: u64 = 1_000_000;

/// What a fault of the clocks does to the time of leases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    /// The clock runs at this rate, in parts per million of the true one.
    Rate(u64),
    /// The clock goes forward by so much, once.
    Jump(Nanos),
    /// Nobody here knows.
    Unreadable,
}

/// The effects of a fault: nothing unless it concerns clocks that leases follow.
///
/// Kinds: `clock-wall` moves only the wall clock, which leases do not follow;
/// `clock-mono` has the parameter `rate` (seconds of the member per true second, a
/// decimal number), or `jump` (forward, a duration such as `30s` or `1500ms`), or both.
/// Every other kind that begins with `clock` is unreadable.
pub(super) fn effects(fault: &FaultRecord) -> Vec<Effect> {
    if !fault.kind.starts_with("clock") || fault.kind == "clock-wall" {
        return Vec::new();
    }
    let known = |name: &String| name == "rate" || name == "jump";
    if fault.kind != "clock-mono" || !fault.params.keys().all(known) || fault.params.is_empty() {
        return vec![Effect::Unreadable];
    }
    let effect = |(name, text): (&String, &String)| match name.as_str() {
        "rate" => parts_per_million(text).map_or(Effect::Unreadable, Effect::Rate),
        _ => duration(text).map_or(Effect::Unreadable, Effect::Jump),
    };
    fault.params.iter().map(effect).collect()
}

/// A positive decimal number, in millionths.
fn parts_per_million(text: &str) -> Option<u64> {
    const DIGITS: usize = 6;
    let (whole, part) = text.trim().split_once('.').unwrap_or((text.trim(), ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(part) {
        return None;
    }
    let part = format!("{part:0<DIGITS$}");
    let parts = whole.parse::<u64>().ok()?.checked_mul(TRUE_RATE)?;
    let rate = parts.checked_add(part.get(..DIGITS)?.parse().ok()?)?;
    (rate > 0).then_some(rate)
}

/// A whole number with the unit `ms`, `s`, `m` or `h`.
fn duration(text: &str) -> Option<Nanos> {
    let text = text.trim();
    let at = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = text.split_at(at);
    let unit = match unit {
        "ms" => 1_000_000,
        "s" => 1_000_000_000,
        "m" => 60_000_000_000,
        "h" => 3_600_000_000_000,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(unit).map(Nanos)
}

/// A stretch of time with an effect; to the end where it is not over.
#[derive(Clone, Copy, Debug)]
struct Stretch {
    from: Nanos,
    to: Option<Nanos>,
    effect: Effect,
}

/// All stretches of time in which some member's clock was wrong.
#[derive(Clone, Debug, Default)]
pub(super) struct Skew {
    stretches: Vec<Stretch>,
    open: BTreeMap<FaultId, Vec<usize>>,
}

impl Skew {
    /// A fault begins. It may take hold at any time from here on.
    pub(super) fn begin(&mut self, begin: &FaultBegin, at: Nanos) {
        for effect in effects(&begin.fault) {
            self.open.entry(begin.id).or_default().push(self.stretches.len());
            self.stretches.push(Stretch { from: at, to: None, effect });
        }
    }

    /// A fault is over; one that failed may hold still, as far as is known.
    pub(super) fn end(&mut self, end: &FaultEnd, at: Nanos) {
        if end.error.is_some() {
            return;
        }
        for stretch in self.open.remove(&end.id).into_iter().flatten() {
            self.stretches[stretch].to = Some(at);
        }
    }

    /// The most that any member's clock can have counted between two instants; nothing
    /// where a fault is unreadable.
    pub(super) fn longest(&self, from: Nanos, to: Nanos) -> Option<Nanos> {
        let mut sum = to.0.saturating_sub(from.0);
        for (overlap, effect) in self.overlaps(from, to) {
            sum = sum.saturating_add(match effect {
                Effect::Rate(rate) => share(overlap, rate.saturating_sub(TRUE_RATE)),
                Effect::Jump(jump) => jump.0,
                Effect::Unreadable => return None,
            });
        }
        Some(Nanos(sum))
    }

    /// The least that any member's clock can have counted between two instants; nothing
    /// where a fault is unreadable.
    pub(super) fn shortest(&self, from: Nanos, to: Nanos) -> Option<Nanos> {
        let mut sum = to.0.saturating_sub(from.0);
        for (overlap, effect) in self.overlaps(from, to) {
            sum = sum.saturating_sub(match effect {
                Effect::Rate(rate) => share(overlap, TRUE_RATE.saturating_sub(rate)),
                Effect::Jump(_) => 0,
                Effect::Unreadable => return None,
            });
        }
        Some(Nanos(sum))
    }

    /// How long each stretch overlaps with another one, in nanoseconds.
    fn overlaps(&self, from: Nanos, to: Nanos) -> impl Iterator<Item = (u64, Effect)> + '_ {
        self.stretches.iter().filter_map(move |stretch| {
            let (begin, end) = (stretch.from.max(from), stretch.to.unwrap_or(to).min(to));
            (begin <= end).then(|| (end.0 - begin.0, stretch.effect))
        })
    }
}

/// So many millionths of a stretch of time, rounded up.
fn share(nanos: u64, millionths: u64) -> u64 {
    let product = u128::from(nanos) * u128::from(millionths);
    u64::try_from(product.div_ceil(u128::from(TRUE_RATE))).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(kind: &str, params: &[(&str, &str)]) -> FaultRecord {
        let params = params.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
        FaultRecord { kind: kind.to_owned(), members: Vec::new(), params: params.collect() }
    }

    #[test]
    fn what_a_fault_does_to_leases_is_read_or_unreadable() {
        let cases: [(FaultRecord, &[Effect]); 10] = [
            (record("pause", &[]), &[]),
            (record("clock-wall", &[("offset", "1h")]), &[]),
            (record("clock-mono", &[("rate", "1.5")]), &[Effect::Rate(1_500_000)]),
            (record("clock-mono", &[("rate", "0.02")]), &[Effect::Rate(20_000)]),
            (record("clock-mono", &[("jump", "30s")]), &[Effect::Jump(Nanos(30_000_000_000))]),
            (
                record("clock-mono", &[("jump", "2h"), ("rate", "1")]),
                &[Effect::Jump(Nanos(7_200_000_000_000)), Effect::Rate(1_000_000)],
            ),
            (record("clock-mono", &[("rate", "-1")]), &[Effect::Unreadable]),
            (record("clock-mono", &[("rate", "0")]), &[Effect::Unreadable]),
            (record("clock-mono", &[]), &[Effect::Unreadable]),
            (record("clock-strobe", &[("rate", "2")]), &[Effect::Unreadable]),
        ];
        for (fault, expected) in cases {
            assert_eq!(effects(&fault), expected, "{fault:?}");
        }
    }

    #[test]
    fn bounds_take_the_overlap_with_the_fault() {
        let mut skew = Skew::default();
        let begin = |id, params: &[(&str, &str)]| FaultBegin {
            id: FaultId(id),
            fault: record("clock-mono", params),
            planned: crate::history::Span::default(),
        };
        let end = |id, error: Option<&str>| FaultEnd {
            id: FaultId(id),
            landed: None,
            evidence: BTreeMap::new(),
            error: error.map(ToOwned::to_owned),
        };
        skew.begin(&begin(1, &[("rate", "3")]), Nanos(100));
        skew.end(&end(1, None), Nanos(200));
        skew.begin(&begin(2, &[("rate", "0.5")]), Nanos(300));
        assert_eq!(skew.longest(Nanos(0), Nanos(100)), Some(Nanos(100)));
        assert_eq!(skew.longest(Nanos(0), Nanos(150)), Some(Nanos(250)));
        assert_eq!(skew.shortest(Nanos(0), Nanos(150)), Some(Nanos(150)));
        assert_eq!(skew.shortest(Nanos(250), Nanos(400)), Some(Nanos(100)));
        // Nobody knows whether the clock was set right again.
        skew.end(&end(2, Some("it did not heal")), Nanos(400));
        assert_eq!(skew.shortest(Nanos(400), Nanos(500)), Some(Nanos(50)));
        skew.begin(&begin(3, &[]), Nanos(500));
        assert_eq!(skew.longest(Nanos(0), Nanos(600)), None);
    }
}
