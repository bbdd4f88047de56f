//! How the traffic went before, during and after a fault.

use stormglass_checkers::history::{MemberIndex, Nanos, Span};

use super::fault::{Fault, FaultState};
use super::latency::quantile;
use super::operation::{Operation, OutcomeKind};

/// So much before and after a fault is looked at, unless another fault holds in it.
const AROUND: Nanos = Nanos(5_000_000_000);

/// How the traffic went in a stretch of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stretch {
    /// How long it is.
    pub(crate) time: Nanos,
    /// Operations answered in it.
    pub(crate) answered: u64,
    /// Their median latency and its 99th percentile; none where nothing was answered.
    pub(crate) latency: Option<[Nanos; 2]>,
}

/// A member's first answer after a fault that hit it was healed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FirstOk {
    /// The member.
    pub(crate) member: MemberIndex,
    /// From the heal to the first answer; none when none came.
    pub(crate) after: Option<Nanos>,
}

/// Why nothing is told of a stretch of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Untold {
    /// What happened could be another fault's doing.
    AnotherFault,
    /// The traffic had not begun, or was over.
    NoTraffic,
    /// The fault took no time.
    NoTime,
}

/// How the cluster took a fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Recovery {
    /// Up to [`AROUND`] before it, without other faults.
    pub(crate) before: Result<Stretch, Untold>,
    /// While it held.
    pub(crate) during: Result<Stretch, Untold>,
    /// Up to [`AROUND`] after it, without other faults.
    pub(crate) after: Result<Stretch, Untold>,
    /// The longest time without any answer, from its beginning to the end of what is looked at.
    pub(crate) gap: Nanos,
    /// Each member that it hit, where it was healed.
    pub(crate) first: Vec<FirstOk>,
}

/// An answered operation.
#[derive(Clone, Copy, Debug)]
struct Answer {
    at: Nanos,
    latency: Nanos,
    member: Option<MemberIndex>,
}

/// Every answer, in the order of time.
#[derive(Debug)]
pub(crate) struct Answers {
    all: Vec<Answer>,
}

impl Answers {
    /// Those of these operations.
    pub(crate) fn of(operations: &[Operation]) -> Self {
        let answered = operations.iter().filter(|operation| operation.outcome == OutcomeKind::Ok);
        let mut all: Vec<Answer> = answered
            .filter_map(|operation| {
                let (at, latency) = operation.ended.zip(operation.latency())?;
                Some(Answer { at, latency, member: operation.member })
            })
            .collect();
        all.sort_by_key(|answer| answer.at);
        Self { all }
    }

    /// How the cluster took one of these faults; none for one that did not land.
    pub(crate) fn recovery(
        &self,
        fault: &Fault,
        faults: &[Fault],
        traffic: Span,
    ) -> Option<Recovery> {
        let held = fault.landed?;
        let others: Vec<Span> = faults
            .iter()
            .filter(|other| other.id != fault.id)
            .filter_map(|other| other.landed)
            .collect();
        let before = calm_before(held.from, &others, traffic);
        let after = calm_after(held.to, &others, traffic);
        let looked_at = Span { from: held.from, to: after.map_or(held.to, |after| after.to) };
        let during = if held.from < held.to { Ok(held) } else { Err(Untold::NoTime) };
        Some(Recovery {
            before: before.map(|span| self.stretch(span)),
            during: during.map(|span| self.stretch(span)),
            after: after.map(|span| self.stretch(span)),
            gap: self.longest_gap(looked_at),
            first: self.first_ok_after(fault),
        })
    }

    fn within(&self, span: Span) -> &[Answer] {
        let from = self.all.partition_point(|answer| answer.at < span.from);
        let to = self.all.partition_point(|answer| answer.at < span.to);
        &self.all[from..to.max(from)]
    }

    fn stretch(&self, span: Span) -> Stretch {
        let answers = self.within(span);
        let mut latencies: Vec<Nanos> = answers.iter().map(|answer| answer.latency).collect();
        latencies.sort_unstable();
        let quantiles = [500, 990].map(|per_mille| quantile(&latencies, per_mille));
        Stretch {
            time: Nanos(span.to.0 - span.from.0),
            answered: answers.len() as u64,
            latency: (!latencies.is_empty()).then_some(quantiles),
        }
    }

    fn longest_gap(&self, span: Span) -> Nanos {
        let answered = self.within(span).iter().map(|answer| answer.at);
        let mut last = span.from;
        let mut longest = 0;
        for at in answered.chain([span.to]) {
            longest = longest.max(at.0 - last.0);
            last = at;
        }
        Nanos(longest)
    }

    fn first_ok_after(&self, fault: &Fault) -> Vec<FirstOk> {
        let Some(held) = fault.landed.filter(|_| fault.state == FaultState::Landed) else {
            return Vec::new();
        };
        let from = self.all.partition_point(|answer| answer.at < held.to);
        let first = |member: &MemberIndex| {
            let answer = self.all[from..].iter().find(|answer| answer.member == Some(*member));
            FirstOk { member: *member, after: answer.map(|answer| Nanos(answer.at.0 - held.to.0)) }
        };
        fault.members.iter().map(first).collect()
    }
}

/// The time before a moment in which no fault held.
fn calm_before(moment: Nanos, others: &[Span], traffic: Span) -> Result<Span, Untold> {
    if others.iter().any(|other| other.from < moment && other.to >= moment) {
        return Err(Untold::AnotherFault);
    }
    let earliest = Nanos(moment.0.saturating_sub(AROUND.0)).max(traffic.from);
    let ended = others.iter().map(|other| other.to).filter(|to| *to < moment);
    let from = ended.fold(earliest, Nanos::max);
    if from < moment { Ok(Span { from, to: moment }) } else { Err(Untold::NoTraffic) }
}

/// The time after a moment in which no fault held.
fn calm_after(moment: Nanos, others: &[Span], traffic: Span) -> Result<Span, Untold> {
    if others.iter().any(|other| other.from <= moment && other.to > moment) {
        return Err(Untold::AnotherFault);
    }
    let latest = Nanos(moment.0.saturating_add(AROUND.0)).min(traffic.to);
    let began = others.iter().map(|other| other.from).filter(|from| *from > moment);
    let to = began.fold(latest, Nanos::min);
    if moment < to { Ok(Span { from: moment, to }) } else { Err(Untold::NoTraffic) }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use stormglass_checkers::history::{FaultId, ProcessId};

    use super::*;

    const SECOND: u64 = 1_000_000_000;

    fn span(from: u64, to: u64) -> Span {
        Span { from: Nanos(from * SECOND), to: Nanos(to * SECOND) }
    }

    /// One answer every second from `seconds`, each after a tenth.
    fn answers(seconds: impl Iterator<Item = u64>) -> Answers {
        let operation = |second: u64| Operation {
            index: second,
            completion: Some(second),
            process: ProcessId(1),
            kind: "put",
            member: Some(MemberIndex(u16::try_from(second % 2).expect("it is small"))),
            intended: Nanos(second * SECOND - SECOND / 10),
            sent: Nanos(second * SECOND - SECOND / 10),
            ended: Some(Nanos(second * SECOND)),
            outcome: OutcomeKind::Ok,
        };
        Answers::of(&seconds.map(operation).collect::<Vec<_>>())
    }

    fn fault(id: u32, held: Span) -> Fault {
        Fault {
            id: FaultId(id),
            kind: "kill".to_owned(),
            selector: "one".to_owned(),
            members: vec![MemberIndex(0), MemberIndex(1), MemberIndex(2)],
            planned: held,
            landed: Some(held),
            state: FaultState::Landed,
            evidence: BTreeMap::default(),
            error: None,
        }
    }

    #[test]
    fn a_fault_is_told_by_what_is_around_it() {
        let answers = answers((1..20).chain(24..40));
        let faults = [fault(1, span(20, 22)), fault(2, span(10, 17)), fault(3, span(30, 31))];
        let told = answers.recovery(&faults[0], &faults, span(0, 40)).expect("it landed");
        let before = told.before.expect("it was calm");
        assert_eq!((before.time, before.answered), (Nanos(3 * SECOND), 3));
        assert_eq!(before.latency, Some([Nanos(SECOND / 10); 2]));
        assert_eq!(told.during.map(|during| (during.answered, during.latency)), Ok((0, None)));
        let after = told.after.expect("it was calm");
        assert_eq!((after.time, after.answered), (Nanos(5 * SECOND), 3));
        assert_eq!(told.gap, Nanos(4 * SECOND));
        let first: Vec<_> = told.first.iter().map(|first| first.after).collect();
        assert_eq!(first, [Some(Nanos(2 * SECOND)), Some(Nanos(3 * SECOND)), None]);
    }

    #[test]
    fn what_another_fault_may_have_done_is_not_told_as_this_ones() {
        let answers = answers(1..40);
        let faults = [fault(1, span(20, 22)), fault(2, span(18, 30))];
        let told = answers.recovery(&faults[0], &faults, span(0, 40)).expect("it landed");
        let another = Err(Untold::AnotherFault);
        assert_eq!((told.before, told.after), (another, another));
        let outer = answers.recovery(&faults[1], &faults, span(0, 40)).expect("it landed");
        assert!(outer.before.is_ok() && outer.after.is_ok());
    }

    #[test]
    fn before_and_behind_the_traffic_there_is_nothing_to_tell() {
        let answers = answers(1..40);
        let faults = [fault(1, span(10, 30)), fault(2, span(35, 35))];
        let told = answers.recovery(&faults[0], &faults, span(10, 30)).expect("it landed");
        let nothing = Err(Untold::NoTraffic);
        assert_eq!((told.before, told.after), (nothing, nothing));
        let instant = answers.recovery(&faults[1], &faults, span(10, 38)).expect("it landed");
        assert_eq!(instant.during, Err(Untold::NoTime));
    }
}
