//! Refusals that were not true, and answers that should have been refusals.

use std::collections::BTreeSet;

use crate::history::{
    Body, Environment, LeaseId, Outcome, Range, Refusal, Request, Revision, TxnOp,
};
use crate::witness::case::{Case, Step};
use crate::witness::ledger::Held;
use crate::witness::operation::Operation;
use crate::witness::proof::{Proof, demand, required};
use crate::witness::rule::{Needs, Rule};
use crate::witness::writes::Writes;

pub(super) const RULES: &[Rule] = &[
    Rule::new("wrong-refusal", Needs::ALL, wrong_refusal),
    Rule::new("read-of-compacted", Needs::STEPS, read_of_compacted),
    Rule::new("lease-misordered", Needs::CHANGES, lease_misordered),
];

/// The ranges of a request that read a past revision.
fn past_reads(request: &Request) -> Vec<Revision> {
    let of = |range: &Range| (!range.revision.is_zero()).then_some(range.revision);
    match request {
        Request::Range(range) => of(range).into_iter().collect(),
        Request::Txn(txn) => {
            let ops = txn.success.iter().chain(&txn.failure);
            ops.filter_map(|op| if let TxnOp::Range(range) = op { of(range) } else { None })
                .collect()
        }
        _ => Vec::new(),
    }
}

fn read_of_compacted(case: &Case<'_>) -> Proof {
    let [compaction, read] = case.two_operations()?;
    let Request::Compact(compact) = &compaction.request else {
        return Err("does not begin with a compaction".to_owned());
    };
    demand(compaction.answer().is_some(), "has a compaction that was not acknowledged")?;
    demand(compaction.precedes(read), "has a compaction that had not ended")?;
    demand(read.answer().is_some() && !read.local(), "has no answer that must be new")?;
    let old = past_reads(&read.request).iter().any(|revision| *revision < compact.revision);
    demand(old, "has a read of what was not compacted")
}

fn lease_misordered(case: &Case<'_>) -> Proof {
    let operations = super::answers::operations(case);
    let (end, using) = match operations.as_slice() {
        [using] => (None, *using),
        [end, using] => (Some(*end), *using),
        _ => return Err("has other steps than an end and a use".to_owned()),
    };
    demand(using.answer().is_some(), "has a use that was not acknowledged")?;
    let used = leases_used(using);
    let asked = |lease: &LeaseId, before: u64| {
        let grants = case.context.operations.iter().filter(|one| {
            matches!(&one.request, Request::LeaseGrant(grant)
                if grant.lease == *lease || grant.lease.is_none())
        });
        grants.filter(|grant| grant.invocation < before && !grant.refused()).count()
    };
    let Some(end) = end else {
        let never = |lease: &LeaseId| asked(lease, using.ended()) == 0;
        let others = case.preamble.territory().is_shared();
        demand(!others, "uses leases that others may have asked for")?;
        return demand(used.iter().any(never), "uses leases that somebody had asked for");
    };
    demand(end.precedes(using), "has an end that was not before the use")?;
    let ended = |lease: &LeaseId| ends(end, *lease) && asked(lease, using.ended()) == 1;
    demand(used.iter().any(ended), "does not end a lease that is used later")
}

fn leases_used(operation: &Operation) -> BTreeSet<LeaseId> {
    let puts = Writes::done(operation).puts;
    let mut leases: BTreeSet<LeaseId> =
        puts.iter().map(|put| put.lease).filter(|lease| !lease.is_none()).collect();
    if let (Request::LeaseRevoke(revoke), Some(_)) = (&operation.request, operation.answer()) {
        leases.insert(revoke.lease);
    }
    leases
}

/// Whether an operation shows that a lease had ended by its own end.
pub(super) fn ends(operation: &Operation, lease: LeaseId) -> bool {
    match (&operation.request, &operation.end) {
        (Request::LeaseRevoke(revoke), Some((_, _, Outcome::Ok(_)))) => revoke.lease == lease,
        (request, Some((_, _, Outcome::Failed(definite)))) => {
            definite.reason == Refusal::LeaseNotFound && names(request) == BTreeSet::from([lease])
        }
        _ => false,
    }
}

/// The leases that a request names.
pub(super) fn names(request: &Request) -> BTreeSet<LeaseId> {
    match request {
        Request::LeaseRevoke(lease) | Request::LeaseKeepAlive(lease) => {
            BTreeSet::from([lease.lease])
        }
        request => {
            let puts = Writes::possible(request).puts;
            puts.iter().map(|put| put.lease).filter(|lease| !lease.is_none()).collect()
        }
    }
}

/// A refusal whose reason was true at no time from its sending to its end.
fn wrong_refusal(case: &Case<'_>) -> Proof {
    let operations = super::answers::operations(case);
    let deliveries = case.steps.iter().filter(|step| step.delivery().is_some()).count();
    let known = operations.len() + deliveries == case.steps.len();
    demand(known, "has steps that are neither operations nor deliveries")?;
    let refused = operations.iter().find(|operation| {
        matches!(&operation.end, Some((_, _, Outcome::Failed(definite)))
            if matches!(definite.reason,
                Refusal::FutureRevision | Refusal::Compacted | Refusal::KeyNotFound))
    });
    let refused = required(refused, "has no refusal that could be wrong")?;
    let Some((_, _, Outcome::Failed(definite))) = &refused.end else {
        return Err("has no refusal".to_owned());
    };
    let before = case.steps.iter().filter(|step| step.end() < refused.invocation);
    let floor = before.filter_map(Step::reached).max();
    let start = Revision(case.preamble.start_revision.0.max(1));
    match definite.reason {
        Refusal::FutureRevision => {
            let asked = newest_asked(&refused.request);
            let asked = required(asked, "has a request that asks for no revision")?;
            let had = floor.unwrap_or(start) >= asked;
            demand(had, "does not show that the revision had been reached")
        }
        Refusal::Compacted => {
            demand(case.steps.len() <= 3, "has too many steps")?;
            nobody_compacted(case, refused)
        }
        _ => key_was_there(case, refused, floor.unwrap_or(start)),
    }
}

fn newest_asked(request: &Request) -> Option<Revision> {
    match request {
        Request::Compact(compact) => Some(compact.revision),
        request => past_reads(request).into_iter().max(),
    }
}

fn nobody_compacted(case: &Case<'_>, refused: &Operation) -> Proof {
    let oldest = match &refused.request {
        Request::Compact(compact) => Some(compact.revision),
        request => past_reads(request).into_iter().min().map(Revision::next),
    };
    let oldest = required(oldest, "has a request that asks for no revision")?;
    demand(oldest.0 > 0, "asks for what every store has compacted")?;
    let itself =
        case.context.surroundings.iter().any(|event| {
            matches!(event.body, Body::Environment(Environment::AutoCompaction { .. }))
        });
    // What was sent after the refusal bounds its place, and so that of the compaction.
    let later = case.steps.iter().filter(|step| step.begin() > refused.ended());
    let bound = later.filter_map(Step::reached).min();
    let before = |compaction: &Operation| {
        let ended = case.context.operations.iter().filter(|one| one.precedes(compaction));
        let floor = ended.filter_map(Operation::reached).max();
        floor.is_none_or(|floor| bound.is_none_or(|bound| floor <= bound))
    };
    let by_request = case.context.operations.iter().any(|one| {
        let may = matches!(&one.request, Request::Compact(compact) if compact.revision >= oldest);
        may && !one.refused()
            && one.invocation < refused.ended()
            && one.invocation != refused.invocation
            && before(one)
    });
    let others = case.preamble.territory().is_shared();
    demand(!itself && !by_request && !others, "is about what may have been compacted")
}

/// Whether a key that a put needs was there all the time.
fn key_was_there(case: &Case<'_>, refused: &Operation, floor: Revision) -> Proof {
    let ledger = case.context.ledger(case.preamble);
    let puts = Writes::possible(&refused.request).puts;
    let keeps = puts.iter().filter(|put| put.ignore_value || put.ignore_lease);
    // What was sent after the refusal came is no matter of it.
    let later = case.context.operations.iter().filter(|one| one.invocation > refused.ended());
    let bound = later.filter(|one| one.reached().is_some()).filter_map(Operation::seen).min();
    let newest = case.context.operations.iter().filter_map(Operation::reached).max();
    let last = bound.or(newest).unwrap_or(floor);
    let mut there = keeps.map(|put| {
        (floor.0..=last.0.max(floor.0))
            .all(|at| matches!(ledger.held(&put.key, Revision(at)), Held::Pair(..)))
    });
    let any = Writes::possible(&refused.request).puts.len();
    demand(any > 0 && there.all(|there| there), "is about a key that may have been absent")
}
