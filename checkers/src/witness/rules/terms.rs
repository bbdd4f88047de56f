//! Time: until when a lease certainly lives, and since when it should be over.

use super::leases::{Renewal, begin, renewal, sound};
use crate::history::{
    Body, Environment, FaultId, HexId, KeyEventKind, LeaseId, Nanos, Request, Revision, Sample,
};
use crate::witness::case::{Case, Step};
use crate::witness::ledger::Held;
use crate::witness::proof::{Proof, demand, required};
use crate::witness::rule::{Needs, Rule};
use crate::witness::writes::Writes;

pub(super) const RULES: &[Rule] = &[Rule::new("lease-late-expiry", Needs::ALL, late_expiry)];

const SECOND: u64 = 1_000_000_000;
/// Clocks drift and seconds are rounded: so much, and a hundredth of the time to live.
const SLACK: u64 = SECOND / 20;
/// A new leader's allowance, and a round of the cluster, generously.
const ALLOWANCE: u64 = 5 * SECOND + 7 * SECOND / 2;
/// After a fault the cluster settles for so long.
const SETTLE: u64 = 10 * SECOND;
/// Members report themselves twice a second; behind a longer silence there may be an
/// election.
const SILENCE: u64 = 2 * SECOND;
/// A harness whose timers are this late says nothing about time.
const STARVED: u64 = SECOND / 2;
/// Millionths of a second that a true clock counts in a second.
const TRUE_RATE: u64 = 1_000_000;

fn ttl(renewed: Renewal<'_>) -> u64 {
    u64::try_from(renewed.ttl_seconds).unwrap_or(0).saturating_mul(SECOND)
}

/// Whether a lease that was renewed lives at an instant on every clock that the members
/// can have had.
pub(super) fn certainly_alive(case: &Case<'_>, renewed: Renewal<'_>, at: Nanos) -> Proof {
    let ttl = ttl(renewed);
    let from = renewed.operation.sent;
    let counted = longest(case, from, at)?;
    let alive = counted.saturating_add(SLACK + ttl / 100) < ttl;
    demand(alive, "ends the lease when its time may have been over")
}

/// The most that a member's clock can have counted between two instants.
fn longest(case: &Case<'_>, from: Nanos, to: Nanos) -> Result<u64, String> {
    let mut counted = to.0.saturating_sub(from.0);
    for (begin, end, fault) in clock_faults(case) {
        let (begin, end) = (begin.max(from), end.unwrap_or(to).min(to));
        if begin > end {
            continue;
        }
        let reason = "is of a time in which clocks were touched in an unknown way";
        demand(fault.kind == "clock-mono" && !fault.params.is_empty(), reason)?;
        for (name, text) in &fault.params {
            counted = counted.saturating_add(match name.as_str() {
                "rate" => {
                    let rate = required(millionths(text), reason)?;
                    let faster = u128::from(rate.saturating_sub(TRUE_RATE));
                    let more = u128::from(end.0 - begin.0) * faster / u128::from(TRUE_RATE) + 1;
                    u64::try_from(more).unwrap_or(u64::MAX)
                }
                "jump" => required(duration(text), reason)?,
                _ => return Err(reason.to_owned()),
            });
        }
    }
    Ok(counted)
}

type ClockFault<'a> = (Nanos, Option<Nanos>, &'a crate::history::FaultRecord);

/// Faults of the clocks that leases follow, from when to when.
fn clock_faults<'a>(case: &'a Case<'_>) -> Vec<ClockFault<'a>> {
    let surroundings = &case.context.surroundings;
    let end_of = |id: FaultId, after: u64| {
        surroundings.iter().find_map(|event| match &event.body {
            // One that failed may hold still.
            Body::FaultEnd(end) if end.id == id && end.error.is_none() && event.index > after => {
                Some(event.at)
            }
            _ => None,
        })
    };
    let begun = surroundings.iter().filter_map(|event| match &event.body {
        Body::FaultBegin(begin) => Some((event, begin)),
        _ => None,
    });
    let clocks = begun.filter(|(_, begin)| {
        begin.fault.kind.starts_with("clock") && begin.fault.kind != "clock-wall"
    });
    clocks.map(|(event, begin)| (event.at, end_of(begin.id, event.index), &begin.fault)).collect()
}

fn millionths(text: &str) -> Option<u64> {
    let (whole, part) = text.trim().split_once('.').unwrap_or((text.trim(), ""));
    let mut rate: u64 = whole.parse::<u64>().ok()?.checked_mul(TRUE_RATE)?;
    let mut unit = TRUE_RATE / 10;
    for digit in part.chars() {
        rate = rate.checked_add(u64::from(digit.to_digit(10)?) * unit)?;
        unit /= 10;
    }
    // Rounded up: a faster clock only makes the bound weaker.
    Some(rate + 1)
}

fn duration(text: &str) -> Option<u64> {
    let text = text.trim();
    let (number, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit())?);
    let unit = match unit {
        "ms" => SECOND / 1000,
        "s" => SECOND,
        "m" => 60 * SECOND,
        "h" => 3_600 * SECOND,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(unit)
}

/// A lease that was alive long after its last keepalive and everything that disturbs.
fn late_expiry(case: &Case<'_>) -> Proof {
    sound(case)?;
    let [one, other] = case.two_operations()?;
    let renewed = required(renewal(one), "does not begin with a renewal")?;
    let lease = renewed.lease;
    let this = begin(case, lease)?.covers(renewed.operation);
    demand(this, "renews another lease of the same number")?;
    demand(saw_alive(case, &case.steps[1], lease), "does not show the lease alive")?;
    let keepalives = case.context.operations.iter().filter(|keepalive| {
        keepalive.invocation < other.invocation
            && matches!(&keepalive.request, Request::LeaseKeepAlive(one) if one.lease == lease)
    });
    let mut last = renewed.operation.end.as_ref().map_or(Nanos(0), |(_, at, _)| *at);
    for keepalive in keepalives {
        demand(!keepalive.in_doubt(), "is about a lease that may have been kept alive")?;
        last = last.max(keepalive.end.as_ref().map_or(Nanos(0), |(_, at, _)| *at));
    }
    let (from, at) = undisturbed(case, last, other.sent)?;
    let before = case.context.operations.iter().filter(|one| one.invocation < other.invocation);
    let granted = before.filter(|one| matches!(one.request, Request::LeaseGrant(_))).count();
    let others = case.preamble.territory().is_shared();
    demand(!others, "is of a store in which leases of others may end")?;
    let crowd = u64::try_from(granted / 500).unwrap_or(0) * SECOND;
    let ttl = ttl(renewed);
    let allowed = ttl + ALLOWANCE + crowd + ttl / 100;
    let slow = clock_faults(case)
        .iter()
        .any(|(begin, end, _)| *begin <= at && end.is_none_or(|end| end >= from));
    demand(!slow, "is of a time in which clocks were touched")?;
    demand(at.0.saturating_sub(from.0) > allowed, "shows the lease alive in its time")
}

/// Whether an operation shows that a lease was alive when it was sent.
fn saw_alive(case: &Case<'_>, step: &Step, lease: LeaseId) -> bool {
    let Some(operation) = step.operation() else { return false };
    if renewal(operation).is_some_and(|renewal| renewal.lease == lease)
        || Writes::done(operation).names(lease)
    {
        return true;
    }
    // It saw a revision, and the keys of the lease were there still.
    let Some(seen) = operation.reached().and(operation.seen()) else { return false };
    let ledger = case.context.ledger(case.preamble);
    let mut attached = case
        .context
        .watches
        .iter()
        .flat_map(super::delivered)
        .filter(|change| change.kind == KeyEventKind::Put && change.kv.lease == lease);
    attached.any(|change| {
        let later = Revision(seen.0.max(change.kv.mod_revision.0));
        matches!(ledger.held(&change.kv.key, later), Held::Pair(pair, _) if pair.lease == lease)
    })
}

/// From when to when nothing disturbed the cluster, as far as that is known.
fn undisturbed(case: &Case<'_>, last: Nanos, until: Nanos) -> Result<(Nanos, Nanos), String> {
    let (mut from, mut term, mut reported) = (last, 0, Nanos(0));
    let mut faults = 0_i64;
    for event in case.context.surroundings.iter().filter(|event| event.at <= until) {
        let settled = Nanos(event.at.0 + SETTLE);
        match &event.body {
            Body::FaultBegin(_) => {
                faults += 1;
                from = from.max(settled);
            }
            Body::FaultEnd(_) => {
                faults -= 1;
                from = from.max(settled);
            }
            Body::Environment(
                Environment::MemberStarted(_)
                | Environment::MemberExited(_)
                | Environment::ClusterChanged(_),
            ) => from = from.max(settled),
            Body::Sample(Sample::Status(status)) => {
                let silent = event.at.0.saturating_sub(reported.0) > SILENCE;
                if silent || status.leader == HexId(0) || status.raft_term > term {
                    from = from.max(event.at);
                }
                term = term.max(status.raft_term);
                if status.leader != HexId(0) && status.raft_term == term {
                    reported = event.at;
                }
            }
            Body::Sample(Sample::TimerLag { lag }) if lag.0 > STARVED => from = from.max(event.at),
            _ => {}
        }
    }
    demand(faults <= 0, "is of a time in which a fault held")?;
    Ok((from, until.min(reported)))
}
