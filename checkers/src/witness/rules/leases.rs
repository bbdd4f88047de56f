//! Leases: what was granted, and what became of the keys.

use super::attached::Attached;
use super::refusals::{ends, names};
use super::terms::certainly_alive;
use crate::history::{
    Body, Bytes, Environment, KeyEvent, KeyEventKind, LeaseId, Nanos, Outcome, Refusal, Request,
    Response, Revision,
};
use crate::witness::case::{Case, Step};
use crate::witness::ledger::Held;
use crate::witness::operation::Operation;
use crate::witness::proof::{Proof, demand, required};
use crate::witness::rule::{Needs, Rule};
use crate::witness::writes::Writes;

pub(super) const RULES: &[Rule] = &[
    Rule::new("lease-early-expiry", Needs::ALL, early_expiry),
    Rule::new("lease-lost", Needs::ALL, lost),
    Rule::new("lease-partial-expiry", Needs::ALL, partial_expiry),
    Rule::new("lease-resurrected", Needs::ALL, resurrected),
    Rule::new("dead-lease-used", Needs::ALL, dead_lease_used),
    Rule::new("lease-double-attachment", Needs::ALL, double_attachment),
    Rule::new("lease-short-ttl", Needs::STEPS, short_ttl),
];

/// A grant or a keepalive that was answered with time to live, in seconds.
#[derive(Clone, Copy)]
pub(super) struct Renewal<'a> {
    pub(super) operation: &'a Operation,
    pub(super) lease: LeaseId,
    pub(super) ttl_seconds: i64,
}

/// The renewal that an operation is.
pub(super) fn renewal(operation: &Operation) -> Option<Renewal<'_>> {
    let (Response::LeaseGrant(answer) | Response::LeaseKeepAlive(answer)) = operation.answer()?
    else {
        return None;
    };
    let renews = matches!(operation.request, Request::LeaseGrant(_) | Request::LeaseKeepAlive(_));
    let renewal = Renewal { operation, lease: answer.lease, ttl_seconds: answer.ttl_seconds };
    Some(renewal).filter(|renewal| renews && renewal.ttl_seconds > 0)
}

/// Whether the store is ours, with the data that it had.
pub(super) fn sound(case: &Case<'_>) -> Proof {
    let ours = case.preamble.exclusive || case.preamble.territory().is_shared();
    demand(ours, "is of a store whose leases others may use")?;
    let restored = case.context.surroundings.iter().any(|event| {
        matches!(&event.body, Body::Environment(Environment::MemberStarted(life))
            if life.data_generation > 1)
    });
    demand(!restored, "is of a store that came back with other data")
}

/// Where a lease began: what stands before is about another of the same number.
#[derive(Clone, Copy, Default)]
pub(super) struct Begin {
    /// Index of the grant's invocation.
    sent: u64,
    /// Index of its answer.
    answered: u64,
    /// The revision at its answer.
    revision: Revision,
}

impl Begin {
    /// Whether an operation that shows a lease alive shows it of this one.
    pub(super) fn covers(&self, operation: &Operation) -> bool {
        self.sent <= operation.invocation
    }

    /// Whether an operation that ends a lease can only end this one.
    fn precedes(&self, operation: &Operation) -> bool {
        self.answered <= operation.invocation
    }
}

/// Where the lease began that the steps are about. A number that was granted again before
/// the last step had ended is that of the latest, if no other grant can have been it; what
/// is asked for later is another lease, which no step can be about.
pub(super) fn begin(case: &Case<'_>, lease: LeaseId) -> Result<Begin, String> {
    let last = case.steps.iter().map(Step::end).max().unwrap_or(u64::MAX);
    let of = |one: &&Operation| matches!(&one.request, Request::LeaseGrant(grant) if grant.lease == lease);
    let asked = case.context.operations.iter().filter(of).filter(|one| one.invocation <= last);
    let mut grants: Vec<&Operation> = asked.filter(|one| !one.refused()).collect();
    grants.sort_by_key(|one| one.invocation);
    let Some((latest, earlier)) = grants.split_last() else { return Ok(Begin::default()) };
    if earlier.is_empty() {
        return Ok(Begin::default());
    }
    let over = earlier.iter().all(|one| one.answer().is_some() && one.precedes(latest));
    demand(over, "is about a lease that another grant may have made")?;
    let revision = required(latest.header(), "is about a lease granted again at no revision")?;
    Ok(Begin { sent: latest.invocation, answered: latest.ended(), revision })
}

/// Whether somebody may have revoked a lease before an event, and not before it was known
/// to live.
fn may_be_revoked(case: &Case<'_>, lease: LeaseId, alive: &Operation, before: u64) -> bool {
    case.context.operations.iter().any(|one| {
        matches!(&one.request, Request::LeaseRevoke(revoke) if revoke.lease == lease)
            && one.invocation < before
            && !one.refused()
            && !(one.answer().is_some() && one.precedes(alive))
    })
}

/// The lease that a key had at a revision.
fn lease_of(case: &Case<'_>, key: &Bytes, at: Revision) -> Option<LeaseId> {
    match case.context.ledger(case.preamble).held(key, at) {
        Held::Pair(pair, _) => Some(pair.lease).filter(|lease| !lease.is_none()),
        _ => None,
    }
}

/// Deletions that a step shows, of one revision, that no request can have made.
fn expiries<'a>(case: &Case<'_>, step: &'a Step) -> Vec<Vec<&'a KeyEvent>> {
    let changes = step.changes();
    let parts = changes.chunk_by(|one, other| one.kv.mod_revision == other.kv.mod_revision);
    let alone = |part: &&[KeyEvent]| {
        let at = part[0].kv.mod_revision;
        let made = |one: &Operation| match one.answer() {
            Some(Response::LeaseRevoke(_)) => false,
            Some(
                Response::Lock(_)
                | Response::Unlock(_)
                | Response::Campaign(_)
                | Response::Proclaim(_)
                | Response::Resign(_),
            ) => one.header() == Some(at),
            _ => one.made() == Some(at),
        };
        let may = |one: &Operation| {
            let nameless = one.answer().is_some() && one.header().is_none();
            let service = matches!(
                one.request,
                Request::Lock(_) | Request::Unlock(_) | Request::Campaign(_) | Request::Resign(_)
            );
            (one.in_doubt() || nameless || (service && one.made().is_none()))
                && one.invocation < step.begin()
                && deletes_all(one, part)
        };
        part.iter().all(|change| change.kind == KeyEventKind::Delete)
            && !case.context.operations.iter().any(|one| made(one) || may(one))
    };
    parts.filter(alone).map(|part| part.iter().collect()).collect()
}

/// Whether an operation may make a revision of these deletions, behind the scenes too.
fn deletes_all(operation: &Operation, part: &[KeyEvent]) -> bool {
    let all = |deletes: &dyn Fn(&Bytes) -> bool| part.iter().all(|one| deletes(&one.kv.key));
    let owned = |name: &Bytes, lease: LeaseId| {
        let mut owned = name.as_slice().to_vec();
        owned.extend_from_slice(format!("/{:x}", lease.0).as_bytes());
        all(&|key| key.as_slice() == owned)
    };
    match &operation.request {
        Request::Lock(lock) => owned(&lock.name, lock.lease),
        Request::Campaign(campaign) => owned(&campaign.name, campaign.lease),
        Request::Resign(leader) => all(&|key| leader.key == *key),
        request => {
            Writes::without_puts(request).iter().any(|writes| all(&|key| writes.may_delete(key)))
        }
    }
}

/// Whether a step shows that a lease had ended: its revocation, or that its keys went by no
/// request. With the revision, 0 where the answer has none.
fn ended_by(case: &Case<'_>, step: &Step, lease: LeaseId) -> Option<Revision> {
    let begin = begin(case, lease).ok()?;
    if let Some(operation) = step.operation() {
        let ends = ends(operation, lease) && begin.precedes(operation);
        return ends.then(|| operation.header().unwrap_or_default());
    }
    expiries(case, step).into_iter().find_map(|part| {
        let at = part[0].kv.mod_revision;
        let of = |one: &&KeyEvent| lease_of(case, &one.kv.key, at.previous()) == Some(lease);
        (part.iter().any(of) && at > begin.revision).then_some(at)
    })
}

fn early_expiry(case: &Case<'_>) -> Proof {
    sound(case)?;
    let [renewed, shown] = case.exactly::<2>()?;
    let renewed = required(renewed.operation().and_then(renewal), "does not begin with a renewal")?;
    let lease = renewed.lease;
    let this = begin(case, lease)?.covers(renewed.operation);
    demand(this, "renews another lease of the same number")?;
    let revoked = may_be_revoked(case, lease, renewed.operation, shown.begin());
    demand(!revoked, "is about a lease that was revoked")?;
    demand(ended_by(case, shown, lease).is_some(), "shows no end of the lease")?;
    demand(shown.operation().is_none(), "does not end with a delivery")?;
    let at = required(shown.event(), "does not end with a delivery")?.at;
    demand(renewed.operation.invocation < shown.begin(), "renews the lease later")?;
    certainly_alive(case, renewed, at)
}

fn lost(case: &Case<'_>) -> Proof {
    sound(case)?;
    let [renewed, refused] = case.two_operations()?;
    let (renewed, refused) = match renewal(renewed) {
        Some(renewal) => (renewal, refused),
        None => (required(renewal(refused), "has no renewal")?, renewed),
    };
    let lease = renewed.lease;
    let denied = match (&refused.request, &refused.end) {
        (request, Some((_, _, Outcome::Failed(definite)))) => {
            definite.reason == Refusal::LeaseNotFound && names(request).len() == 1
        }
        (
            Request::LeaseKeepAlive(_),
            Some((_, _, Outcome::Ok(Response::LeaseKeepAlive(answer)))),
        ) => answer.ttl_seconds <= 0,
        _ => false,
    };
    let about = names(&refused.request).contains(&lease);
    demand(denied && about, "has no refusal for want of the lease")?;
    let granted = case.context.operations.iter().any(|one| {
        let grants = matches!(one.request, Request::LeaseGrant(_));
        let this = renewal(one).is_some_and(|renewal| renewal.lease == lease);
        grants && this && one.precedes(refused)
    });
    demand(granted, "is about a lease that was not granted before")?;
    // What was alive before has its time, however often its number was granted: until its end
    // another grant does nothing.
    let one = begin(case, lease).is_ok_and(|begin| begin.covers(renewed.operation));
    let before = renewed.operation.precedes(refused);
    demand(one || before, "may renew another lease of the same number")?;
    let revoked = may_be_revoked(case, lease, renewed.operation, refused.ended());
    demand(!revoked, "is about a lease that was revoked")?;
    let at = refused.end.as_ref().map_or(Nanos(u64::MAX), |(_, at, _)| *at);
    certainly_alive(case, renewed, at)
}

fn partial_expiry(case: &Case<'_>) -> Proof {
    sound(case)?;
    let [step] = case.exactly::<1>()?;
    let ledger = case.context.ledger(case.preamble);
    let every = (&Bytes::from(""), &Bytes::from("\0"));
    let left_at = |lease: LeaseId, at: Revision| {
        ledger.keys_in(every).any(|key| match ledger.held(key, at) {
            Held::Pair(pair, _) => pair.lease == lease && pair.mod_revision <= at,
            _ => false,
        })
    };
    if let Some(operation) = step.operation() {
        let (Request::LeaseRevoke(revoke), Some(at)) = (&operation.request, operation.header())
        else {
            return Err("is no acknowledged revocation".to_owned());
        };
        let this = begin(case, revoke.lease)?.precedes(operation);
        demand(this, "revokes another lease of the same number")?;
        return demand(left_at(revoke.lease, at), "leaves no key of the lease");
    }
    // The watch that shows the end is held against what watches showed before it.
    let attached = Attached::of(case);
    let found = expiries(case, step).into_iter().any(|part| {
        let at = part[0].kv.mod_revision;
        let gone = |key: &Bytes| part.iter().any(|one| one.kv.key == *key);
        part.iter().any(|one| {
            let Some(lease) = attached.lease(&one.kv.key, at) else { return false };
            let left = attached.keys(lease, at).any(|key| !gone(key));
            left && begin(case, lease).is_ok_and(|begin| at > begin.revision)
        })
    });
    demand(found, "leaves no key of the lease")
}

fn resurrected(case: &Case<'_>) -> Proof {
    sound(case)?;
    let [end, kept] = case.exactly::<2>()?;
    let kept = required(kept.operation(), "does not end with a keepalive")?;
    let keeps = matches!(kept.request, Request::LeaseKeepAlive(_));
    let renewed = required(renewal(kept).filter(|_| keeps), "does not end with a keepalive")?;
    let lease = renewed.lease;
    demand(end.end() < kept.invocation, "has a keepalive that was sent before the end")?;
    demand(ended_by(case, end, lease).is_some(), "does not begin with the end of the lease")
}

fn dead_lease_used(case: &Case<'_>) -> Proof {
    sound(case)?;
    let using = required(case.steps.last(), "is empty")?;
    let used = leases_used(using);
    match case.steps.as_slice() {
        [_] => {
            let others = case.preamble.territory().is_shared();
            demand(!others, "uses a lease that others may have asked for")?;
            let ended = using.end();
            let never = used.iter().any(|(lease, _)| !was_asked_for(case, *lease, ended));
            demand(never, "uses no lease that nobody had asked for")
        }
        [end, _] => {
            let found = used.iter().any(|(lease, at)| {
                let over = ended_by(case, end, *lease);
                match (over, at) {
                    (None, _) => false,
                    (Some(end), Some(at)) if !end.is_zero() && end < *at => true,
                    (Some(_), _) => end.end() < using.begin() && using.operation().is_some(),
                }
            });
            demand(found, "uses no lease that had ended")
        }
        _ => Err("has other steps than an end and a use".to_owned()),
    }
}

/// The leases that a step attaches keys to, with the revision.
fn leases_used(step: &Step) -> Vec<(LeaseId, Option<Revision>)> {
    if let Some(operation) = step.operation() {
        let puts = Writes::done(operation).puts;
        let named = puts.iter().filter(|put| !put.ignore_lease && !put.lease.is_none());
        return named.map(|put| (put.lease, operation.made())).collect();
    }
    let puts = step.changes().iter().filter(|one| one.kind == KeyEventKind::Put);
    let attached = puts.filter(|one| !one.kv.lease.is_none());
    attached.map(|one| (one.kv.lease, Some(one.kv.mod_revision))).collect()
}

/// Whether anybody may have got a lease before an event.
fn was_asked_for(case: &Case<'_>, lease: LeaseId, before: u64) -> bool {
    case.context.operations.iter().filter(|one| one.invocation < before).any(|one| {
        match &one.request {
            Request::LeaseGrant(grant) => grant.lease == lease || grant.lease.is_none(),
            Request::Lock(lock) => lock.lease.is_none(),
            Request::Campaign(campaign) => campaign.lease.is_none(),
            _ => false,
        }
    })
}

fn double_attachment(case: &Case<'_>) -> Proof {
    sound(case)?;
    let [step] = case.exactly::<1>()?;
    let attached = Attached::of(case);
    let found = expiries(case, step).into_iter().any(|part| {
        let of = |one: &&KeyEvent| attached.lease(&one.kv.key, one.kv.mod_revision);
        let known: Vec<Option<LeaseId>> = part.iter().map(of).collect();
        let some = known.iter().any(Option::is_some);
        some && known.iter().any(|lease| *lease != known[0])
    });
    demand(found, "deletes keys of one lease")
}

fn short_ttl(case: &Case<'_>) -> Proof {
    let [step] = case.exactly::<1>()?;
    let operation = required(step.operation(), "is no operation")?;
    match (&operation.request, operation.answer()) {
        (Request::LeaseGrant(grant), Some(Response::LeaseGrant(answer))) => {
            demand(answer.ttl_seconds < grant.ttl_seconds, "grants what was asked for")
        }
        _ => Err("is no acknowledged grant".to_owned()),
    }
}
