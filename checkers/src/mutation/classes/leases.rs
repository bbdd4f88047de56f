//! Leases that end early, in parts, or not at all.

use std::collections::{BTreeMap, BTreeSet};

use super::super::class::Class;
use super::super::ground::{Ground, Operation, contains};
use super::super::mutant::{Mutant, by, like};
use super::super::place::Place;
use super::super::tail::last_revision;
use crate::history::{
    Body, Bytes, Delete, Header, Invoke, KeyEventKind, LeaseGrant, LeaseId, LeaseRef, LeaseTtl,
    Nanos, Outcome, Put, PutResponse, Request, Response, Revision, Txn, TxnOp,
};

/// Leases that end early, in parts, or not at all.
pub(in crate::mutation) const LEASES: &[Class] = &[
    Class {
        name: "short-lease",
        summary: "a lease is granted for less time than was asked for",
        precondition: "an answered grant of at least two seconds",
        why: "the granted time becomes one second less than the requested one (L1)",
        caught_by: "leases",
        workload: "mixed",
        waiting: None,
        places: |ground| places(ground, |one| grant(one).is_some()),
        plant: |ground, place| {
            let (request, _) = grant(ground.completed_at(place.at)?)?;
            Some(Mutant::default().answer(ground, place.at, |answer| {
                if let Response::LeaseGrant(grant) = answer {
                    grant.ttl_seconds = request.ttl_seconds - 1;
                }
            }))
        },
    },
    Class {
        name: "early-expiry",
        summary: "keys of a lease go before its time to live is over",
        precondition: "a revision that deletes keys of one lease, acknowledged to nobody and not \
                       the doing of a request without an answer, while nobody ever asks to \
                       revoke the lease; before it was shown, a grant or keepalive of the lease \
                       was answered, and of grants of its ID none was under way with another, or \
                       then, or acknowledged at that revision or later",
        why: "the last such answer gives ten seconds more than had passed, since its request was \
              sent, when the deletion was shown; no key goes before that (L2)",
        caught_by: "leases",
        workload: "mixed",
        waiting: None,
        places: |ground| {
            expiries(ground).iter().filter_map(|expiry| renewal(ground, expiry)).collect()
        },
        plant: |ground, place| {
            let (from, to) = (at(ground, place.with)?, at(ground, place.item)?);
            let passed = i64::try_from((to.0 - from.0) / 1_000_000_000).ok()?;
            Some(Mutant::default().answer(ground, place.at, |answer| {
                if let Response::LeaseGrant(ttl) | Response::LeaseKeepAlive(ttl) = answer {
                    ttl.ttl_seconds = passed + 10;
                }
            }))
        },
    },
    Class {
        name: "partial-expiry",
        summary: "a lease ends and one of its keys stays",
        precondition: "a revision that deletes at least two keys of one lease, acknowledged to \
                       nobody, of the last grant of its ID as in early-expiry; no request \
                       without an answer may have deleted all but the second",
        why: "the deletion of the second key goes from every watch; both keys were attached right \
              before, as watches show, and the end of a lease deletes all its keys at once (L4)",
        caught_by: "leases",
        workload: "mixed",
        waiting: None,
        places: |ground| {
            let several = expiries(ground)
                .into_iter()
                .filter(|expiry| ground.changes.at(expiry.revision).len() > 1)
                .filter(|expiry| !in_doubt(ground, expiry.revision, expiry.shown, Some(1)));
            several.map(|expiry| Place::at(expiry.shown)).collect()
        },
        plant: partial,
    },
    Class {
        name: "resurrected-lease",
        summary: "a keepalive renews a lease that was revoked",
        precondition: "an acknowledged revocation of a lease that is granted once",
        why: "right after it the same client sends a keepalive, and is told ten seconds; a revoked \
              lease is gone (L5)",
        caught_by: "leases",
        workload: "mixed",
        waiting: None,
        places: |ground| places(ground, |one| revoked(ground, one).is_some()),
        plant: |ground, place| {
            let lease = revoked(ground, ground.completed_at(place.at)?)?;
            keepalive(ground, place.at, lease, 10)
        },
    },
    Class {
        name: "lost-lease",
        summary: "a keepalive right after a grant finds no lease",
        precondition: "a grant that was answered within half a second, for at least two seconds; \
                       nobody has asked to revoke the lease by then",
        why: "right after it the same client sends a keepalive and is told that there is no such \
              lease, within the time that it was granted for (L8)",
        caught_by: "leases",
        workload: "mixed",
        waiting: None,
        places: |ground| places(ground, |one| fresh_grant(ground, one).is_some()),
        plant: |ground, place| {
            let (lease, _) = fresh_grant(ground, ground.completed_at(place.at)?)?;
            keepalive(ground, place.at, lease, 0)
        },
    },
    Class {
        name: "dead-lease-put",
        summary: "a put with a revoked lease is acknowledged",
        precondition: "an acknowledged revocation of a lease that is granted once; a recorder \
                       watch is open at the end",
        why: "after everything else a new client puts a key with that lease and is acknowledged; \
              a put with a lease that does not exist is refused (L6)",
        caught_by: "leases",
        workload: "mixed",
        waiting: None,
        places: |ground| {
            let some = ground.tail().is_some();
            places(ground, |one| some && revoked(ground, one).is_some())
        },
        plant: dead_put,
    },
];

fn places(ground: &Ground<'_>, fit: impl Fn(&Operation<'_>) -> bool) -> Vec<Place> {
    let fit = ground.operations.iter().filter(|operation| fit(operation));
    fit.map(|operation| Place::at(operation.completion)).collect()
}

fn at(ground: &Ground<'_>, index: usize) -> Option<Nanos> {
    ground.history.events.get(index).map(|event| event.at)
}

fn grant<'a>(operation: &Operation<'a>) -> Option<(&'a LeaseGrant, &'a LeaseTtl)> {
    match (operation.request, operation.answer()?) {
        (Request::LeaseGrant(request), Response::LeaseGrant(answer))
            if request.ttl_seconds >= 2 && answer.ttl_seconds >= request.ttl_seconds =>
        {
            Some((request, answer))
        }
        _ => None,
    }
}

/// Every revocation that was asked for: of which lease, and when.
fn revocations(ground: &Ground<'_>) -> BTreeMap<LeaseId, usize> {
    let mut asked = BTreeMap::new();
    for (index, event) in ground.history.events.iter().enumerate() {
        if let Body::Invoke(Invoke { request: Request::LeaseRevoke(revoke), .. }) = &event.body {
            asked.entry(revoke.lease).or_insert(index);
        }
    }
    asked
}

fn grants(ground: &Ground<'_>, lease: LeaseId) -> usize {
    let events = ground.history.events.iter();
    let grants = events.filter(|event| {
        matches!(&event.body, Body::Invoke(Invoke { request: Request::LeaseGrant(grant), .. })
            if grant.lease == lease)
    });
    grants.count()
}

/// The lease that an operation revoked for good.
fn revoked(ground: &Ground<'_>, operation: &Operation<'_>) -> Option<LeaseId> {
    match (operation.request, operation.answer()?) {
        (Request::LeaseRevoke(revoke), Response::LeaseRevoke(_))
            if grants(ground, revoke.lease) == 1 =>
        {
            Some(revoke.lease)
        }
        _ => None,
    }
}

/// A lease that was certainly alive when its grant was answered, and its time to live.
pub(super) fn fresh_grant(
    ground: &Ground<'_>,
    operation: &Operation<'_>,
) -> Option<(LeaseId, i64)> {
    let (request, answer) = grant(operation)?;
    let (from, to) = (at(ground, operation.invocation)?, at(ground, operation.completion)?);
    let quick = to.0 - from.0 < 500_000_000;
    let revoked = revocations(ground).get(&request.lease).copied();
    let alive = revoked.is_none_or(|revoked| revoked > operation.completion);
    (quick && alive).then_some((request.lease, answer.ttl_seconds))
}

/// The end of a lease that took keys along.
struct Expiry {
    lease: LeaseId,
    revision: Revision,
    /// Index of the first response that shows it.
    shown: usize,
}

fn expiries(ground: &Ground<'_>) -> Vec<Expiry> {
    let revoked: BTreeSet<LeaseId> = revocations(ground).into_keys().collect();
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for (index, events) in ground.all_deliveries() {
        for event in &events.events {
            let revision = event.kv.mod_revision;
            if !seen.insert(revision) || ground.writer_of(revision).is_some() {
                continue;
            }
            let lease = ground.changes.at(revision).first().and_then(|event| {
                let pair = ground.changes.pair(&event.kv.key, revision.previous())?;
                (event.kind == KeyEventKind::Delete).then_some(pair.lease)
            });
            let Some(lease) = lease.filter(|lease| !lease.is_none()) else { continue };
            let alike = ground.changes.at(revision).iter().all(|event| {
                let pair = ground.changes.pair(&event.kv.key, revision.previous());
                event.kind == KeyEventKind::Delete && pair.is_some_and(|pair| pair.lease == lease)
            });
            let alike = alike && !in_doubt(ground, revision, index, None);
            let alike = alike && is_of_the_last_grant(ground, lease, revision, index);
            if alike && !revoked.contains(&lease) && ground.knows(revision) {
                found.push(Expiry { lease, revision, shown: index });
            }
        }
    }
    found
}

/// Whether an end of a lease, shown by an event, is that of the grant that was sent last: no two
/// grants of the ID were under way together, none when the end was shown, and none that was
/// acknowledged came after it.
fn is_of_the_last_grant(ground: &Ground<'_>, lease: LeaseId, end: Revision, shown: usize) -> bool {
    let asks =
        |request: &Request| matches!(request, Request::LeaseGrant(one) if one.lease == lease);
    let mut unanswered = ground.unanswered().take_while(|(sent, _)| *sent < shown);
    let asked = ground.operations.iter().filter(|one| one.invocation < shown && asks(one.request));
    let mut grants: Vec<&Operation<'_>> = asked.collect();
    grants.sort_by_key(|one| one.invocation);
    let over = |one: &&Operation<'_>| {
        let made = one.answer().is_some();
        let earlier = one.header().is_some_and(|header| header.revision < end);
        one.completion < shown && (earlier || !made)
    };
    !unanswered.any(|(_, request)| asks(request))
        && grants.windows(2).all(|pair| pair[0].completion < pair[1].invocation)
        && grants.iter().all(over)
}

/// Whether a request without an answer, sent before an event, may have deleted the keys of a
/// revision; one of them may be left out.
fn in_doubt(ground: &Ground<'_>, at: Revision, before: usize, but: Option<usize>) -> bool {
    let keys = ground.changes.at(at).iter().enumerate();
    let keys: Vec<&Bytes> =
        keys.filter(|(place, _)| Some(*place) != but).map(|(_, event)| &event.kv.key).collect();
    ground.unanswered().take_while(|(sent, _)| *sent < before).any(|(_, request)| {
        let mut deletes = Vec::new();
        deletes_of(request, &mut deletes);
        keys.iter()
            .all(|key| deletes.iter().any(|delete| contains(&delete.key, &delete.range_end, key)))
    })
}

/// Every deletion that a request names, in whatever branch.
fn deletes_of<'a>(request: &'a Request, deletes: &mut Vec<&'a Delete>) {
    fn of_txn<'a>(txn: &'a Txn, deletes: &mut Vec<&'a Delete>) {
        for op in txn.success.iter().chain(&txn.failure) {
            match op {
                TxnOp::Delete(delete) => deletes.push(delete),
                TxnOp::Txn(txn) => of_txn(txn, deletes),
                TxnOp::Put(_) | TxnOp::Range(_) => {}
            }
        }
    }
    match request {
        Request::Delete(delete) => deletes.push(delete),
        Request::Txn(txn) => of_txn(txn, deletes),
        _ => {}
    }
}

/// The last answer that renewed a lease before its end was shown.
fn renewal(ground: &Ground<'_>, expiry: &Expiry) -> Option<Place> {
    let renewals = ground.operations.iter().filter(|operation| {
        let answer = match (operation.request, operation.answer()) {
            (Request::LeaseGrant(grant), Some(Response::LeaseGrant(answer)))
                if grant.lease == expiry.lease =>
            {
                answer
            }
            (Request::LeaseKeepAlive(lease), Some(Response::LeaseKeepAlive(answer)))
                if lease.lease == expiry.lease =>
            {
                answer
            }
            _ => return false,
        };
        operation.completion < expiry.shown && answer.ttl_seconds > 0
    });
    let last = renewals.max_by_key(|operation| operation.invocation)?;
    Some(Place::at(last.completion).with(last.invocation).item(expiry.shown))
}

fn partial(ground: &Ground<'_>, place: Place) -> Option<Mutant> {
    let expiry = expiries(ground).into_iter().find(|expiry| expiry.shown == place.at)?;
    let kept = &ground.changes.at(expiry.revision).get(1)?.kv.key;
    let mut mutant = Mutant::default();
    for (index, events) in ground.all_deliveries() {
        let is_it = |event: &crate::history::KeyEvent| {
            event.kv.mod_revision == expiry.revision && event.kv.key == *kept
        };
        if events.events.iter().any(is_it) {
            mutant = match events.events.len() {
                1 => mutant.remove(index),
                _ => mutant.events(ground, index, |events| events.events.retain(|e| !is_it(e))),
            };
        }
    }
    Some(mutant)
}

/// A keepalive right after an event, by the same client.
fn keepalive(
    ground: &Ground<'_>,
    after: usize,
    lease: LeaseId,
    ttl_seconds: i64,
) -> Option<Mutant> {
    let event = ground.history.events.get(after)?;
    let header = ground.completed_at(after)?.header().copied();
    let request = Request::LeaseKeepAlive(LeaseRef { lease });
    let invoke = Body::Invoke(Invoke { intended: event.at, request });
    let answer = Response::LeaseKeepAlive(LeaseTtl { header, lease, ttl_seconds });
    let complete = Body::Complete(Outcome::Ok(answer));
    let mutant = Mutant::default().insert(after + 1, like(event, invoke));
    Some(mutant.insert(after + 1, like(event, complete)))
}

fn dead_put(ground: &Ground<'_>, place: Place) -> Option<Mutant> {
    let operation = ground.completed_at(place.at)?;
    let lease = revoked(ground, operation)?;
    let (end, _) = ground.tail()?;
    let event = ground.history.events.get(place.at)?;
    let header = operation.header().copied();
    let revision = last_revision(ground).next();
    let header = header.map(|header| Header { revision, ..header });
    let (key, value) = (ground.own_key("selftest"), ground.unwritten());
    let put = Put { key, value, lease, ..Put::default() };
    let at = ground.history.events.get(end)?.at;
    let invoke = Body::Invoke(Invoke { intended: at, request: Request::Put(put) });
    let answer = Response::Put(PutResponse { header, prev_kv: None });
    let complete = Body::Complete(Outcome::Ok(answer));
    let process = ground.fresh_process();
    let mutant = Mutant::default().insert(end, by(event, process, invoke));
    Some(mutant.insert(end, by(event, process, complete)))
}
