//! Who served although nobody could, and who did not although everybody could.

use std::collections::{BTreeMap, BTreeSet};

use crate::history::{
    Body, Doubt, Environment, Event, FaultEnd, FaultId, MemberIndex, Nanos, Outcome, Refusal,
    Request, Sample, Span,
};
use crate::witness::case::Case;
use crate::witness::operation::Operation;
use crate::witness::proof::{Proof, demand, required};
use crate::witness::rule::{Needs, Rule};

pub(super) const RULES: &[Rule] = &[
    Rule::new("minority-served", Needs::ALL, minority_served),
    Rule::new("no-progress", Needs::ALL, no_progress),
];

/// So long a silence must last, and so long all must have been well before.
const LIMIT: u64 = 15_000_000_000;
/// A request that was given up sooner says nothing.
const PATIENCE: u64 = 1_000_000_000;
/// A harness whose timers are this late says nothing about time.
const STARVED: u64 = 500_000_000;
/// Faults that touch nobody but those whom they name.
const LOCAL: [&str; 7] =
    ["kill", "kill-defragment", "pause", "isolate", "defragment", "compact", "stop"];

/// Whether an answer to a request needs a majority.
fn needs_majority(operation: &Operation) -> bool {
    match operation.request {
        Request::Put(_)
        | Request::Delete(_)
        | Request::Compact(_)
        | Request::LeaseGrant(_)
        | Request::LeaseRevoke(_) => true,
        Request::Range(_) | Request::Txn(_) => !operation.local(),
        _ => false,
    }
}

fn span_of(operation: &Operation) -> Option<Span> {
    operation.end.as_ref().map(|(_, to, _)| Span { from: operation.sent, to: *to })
}

/// Members that a fault takes out of the cluster while an operation is under way.
fn removed(case: &Case<'_>, event: &Event, during: Span) -> Option<Vec<MemberIndex>> {
    let Body::FaultBegin(begin) = &event.body else { return None };
    let takes_out = ["kill", "kill-defragment", "pause", "isolate"];
    let landed = case.context.surroundings.iter().find_map(|other| match &other.body {
        Body::FaultEnd(FaultEnd { id, landed, .. }) if *id == begin.id => *landed,
        _ => None,
    })?;
    let covers = landed.from <= during.from && during.to <= landed.to;
    (covers && takes_out.contains(&begin.fault.kind.as_str())).then(|| begin.fault.members.clone())
}

fn minority_served(case: &Case<'_>) -> Proof {
    let (faults, last) = case.steps.split_at(case.steps.len().saturating_sub(1));
    let served: Vec<&Operation> = case.steps.iter().filter_map(|step| step.operation()).collect();
    let [operation] = served.as_slice() else {
        return Err("has not one operation that was served".to_owned());
    };
    demand(!faults.is_empty() && !last.is_empty(), "has no faults")?;
    demand(operation.answer().is_some(), "has an operation without an answer")?;
    demand(needs_majority(operation), "has an operation that needs no majority")?;
    let during = required(span_of(operation), "has an operation without an end")?;
    let mut gone: BTreeSet<MemberIndex> = BTreeSet::new();
    for event in case.steps.iter().filter_map(|step| step.event()) {
        let removed = required(removed(case, event, during), "has a fault that did not hold")?;
        gone.extend(removed);
    }
    let members = case.preamble.members.len();
    let left = members.saturating_sub(gone.len());
    demand(members > 1 && !changed(case), "is of a cluster whose members are not known")?;
    demand(left < members / 2 + 1, "leaves a majority")
}

/// Whether members were added or removed.
fn changed(case: &Case<'_>) -> bool {
    case.context.surroundings.iter().any(|event| {
        matches!(&event.body, Body::Environment(Environment::ClusterChanged(cluster))
            if cluster.number > 1)
    })
}

/// Whether an outcome says that the member served; nothing where it says neither.
fn served(operation: &Operation) -> Option<bool> {
    let (_, to, outcome) = operation.end.as_ref()?;
    let (unserved, hasty) = match outcome {
        Outcome::Ok(_) => (false, false),
        Outcome::Failed(definite) => {
            let reasons = [Refusal::NotConnected, Refusal::NoLeader, Refusal::ReadFailed];
            let hasty = definite.reason == Refusal::ReadFailed;
            (reasons.contains(&definite.reason), hasty)
        }
        Outcome::Unknown(doubt) => (
            matches!(
                doubt.reason,
                Doubt::Timeout
                    | Doubt::LeaderChanged
                    | Doubt::Disconnected
                    | Doubt::Cancelled
                    | Doubt::ServerStopped
            ),
            matches!(doubt.reason, Doubt::Timeout | Doubt::Cancelled | Doubt::NeverCompleted),
        ),
    };
    let took = to.0.saturating_sub(operation.sent.0);
    if hasty && took < PATIENCE { None } else { Some(!unserved) }
}

fn no_progress(case: &Case<'_>) -> Proof {
    demand(case.preamble.exclusive, "is of a store whose members others may stop")?;
    let [first, last] = case.two_operations()?;
    let member = required(first.member, "has a request to no member")?;
    demand(last.member == Some(member), "is about two members")?;
    let both = needs_majority(first) && needs_majority(last);
    demand(both, "has a request that needs no majority")?;
    let (from, end) = (first.sent, required(span_of(last), "has a request without an end")?.to);
    demand(end.0.saturating_sub(from.0) > LIMIT, "spans too short a time")?;
    let all = case.context.operations.iter().filter(|one| {
        let ended = one.ended();
        one.member == Some(member)
            && needs_majority(one)
            && ended >= first.ended()
            && ended <= last.ended()
    });
    let verdicts: Vec<bool> = all.filter_map(served).collect();
    demand(!verdicts.contains(&true), "is about a member that served meanwhile")?;
    demand(verdicts.len() >= 3, "is about too few requests")?;
    demand(!changed(case), "is of a cluster whose members are not known")?;
    let since = required(healthy_since(case, member, last.ended()), "has no healthy majority")?;
    demand(from.0.saturating_sub(since.0) > LIMIT, "begins too early after all was well")?;
    let starved = case.context.surroundings.iter().any(|event| {
        let lag = matches!(&event.body, Body::Sample(Sample::TimerLag { lag }) if lag.0 > STARVED);
        lag && event.at >= since && event.index < last.ended()
    });
    demand(!starved, "is of a time in which the harness was starved")
}

/// Since when a member and a majority have been up and free of faults, up to an event.
fn healthy_since(case: &Case<'_>, member: MemberIndex, until: u64) -> Option<Nanos> {
    let members = u16::try_from(case.preamble.members.len()).ok()?;
    let all = || (0..members).map(MemberIndex);
    let mut up: BTreeSet<MemberIndex> = BTreeSet::new();
    let mut faults: BTreeMap<FaultId, Vec<MemberIndex>> = BTreeMap::new();
    let mut since: BTreeMap<MemberIndex, Nanos> = BTreeMap::new();
    for event in case.context.surroundings.iter().filter(|event| event.index < until) {
        match (&event.body, event.member) {
            (Body::Environment(Environment::MemberReady {}), Some(one)) => {
                up.insert(one);
            }
            (
                Body::Environment(Environment::MemberStarted(_) | Environment::MemberExited(_)),
                Some(one),
            ) => {
                up.remove(&one);
            }
            (Body::FaultBegin(begin), _) => {
                let kind = begin.fault.kind.as_str();
                let local = LOCAL.contains(&kind) || kind.starts_with("clock");
                let named = local && !begin.fault.members.is_empty();
                let hit = if named { begin.fault.members.clone() } else { all().collect() };
                faults.insert(begin.id, hit);
            }
            (Body::FaultEnd(end), _) if end.error.is_none() || end.landed.is_none() => {
                faults.remove(&end.id);
            }
            _ => continue,
        }
        for one in all() {
            let hit = faults.values().any(|hit| hit.contains(&one));
            if hit || !up.contains(&one) {
                since.remove(&one);
            } else {
                since.entry(one).or_insert(event.at);
            }
        }
    }
    let own = *since.get(&member)?;
    let mut times: Vec<Nanos> = since.into_values().collect();
    times.sort_unstable();
    let last = times.get(usize::from(members / 2))?;
    Some(own.max(*last))
}
