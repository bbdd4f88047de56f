//! Changes and revisions that nobody can have made.

use std::collections::BTreeSet;

use crate::history::{Bytes, KeyEvent, KeyEventKind, LeaseId, Request, Revision, TxnOp};
use crate::witness::case::{Case, Step};
use crate::witness::ledger::Held;
use crate::witness::operation::Operation;
use crate::witness::proof::{Proof, demand, required};
use crate::witness::rule::{Needs, Rule};
use crate::witness::writes::Writes;

pub(super) const RULES: &[Rule] = &[
    Rule::new("refused-write-applied", Needs::CHANGES, refused_write_applied),
    Rule::new("torn-transaction", Needs::CHANGES, torn_transaction),
    Rule::new("phantom-write", Needs::CHANGES, phantom_write),
    Rule::new("phantom-revision", Needs::CHANGES, phantom_revision),
];

/// A watch shows a value whose only write was refused, or says that it wrote nothing.
fn refused_write_applied(case: &Case<'_>) -> Proof {
    let (write, delivery) = case.write_and_delivery()?;
    let (writes, done) = (Writes::possible(&write.request), Writes::done(write));
    let idle = write.refused() || (write.answer().is_some() && write.made().is_none());
    demand(idle, "has a write that was neither refused nor without effect")?;
    let found = delivery.changes().iter().any(|change| {
        let (key, value) = (&change.kv.key, &change.kv.value);
        writes.has(key, value)
            && !done.has(key, value)
            && !super::order::others_write(case, write, change, delivery.end())
    });
    demand(found, "shows nothing that this write alone may have written")
}

/// A watch shows a part of a write without the rest, or with something else.
fn torn_transaction(case: &Case<'_>) -> Proof {
    let (write, delivery) = case.write_and_delivery()?;
    let (watch, _) = required(delivery.delivery(), "has no delivery")?;
    let writes = Writes::possible(&write.request);
    let shown = delivery.changes().iter().find(|change| {
        writes.has(&change.kv.key, &change.kv.value)
            && !super::order::others_write(case, write, change, delivery.end())
    });
    let shown = required(shown, "shows nothing that this write alone may have written")?;
    let at = shown.kv.mod_revision;
    let frames = case.context.frames(watch);
    let changes: Vec<&KeyEvent> = frames
        .flat_map(|(event, _)| super::delivered(event))
        .filter(|change| change.kv.mod_revision == at)
        .collect();
    let whole = branches(&write.request)
        .iter()
        .filter(|branch| branch.has(&shown.kv.key, &shown.kv.value))
        .any(|branch| is_whole(branch, &changes) && fits(case, &changes, at));
    demand(!whole, "shows exactly what the write would have done")
}

fn branches(request: &Request) -> Vec<Writes<'_>> {
    match request {
        Request::Txn(txn) if !txn.success.is_empty() || !txn.failure.is_empty() => {
            [&txn.success, &txn.failure]
                .into_iter()
                .map(|ops| {
                    let mut writes = Writes::default();
                    for op in ops {
                        match op {
                            TxnOp::Put(put) => writes.puts.push(put),
                            TxnOp::Delete(one) => writes.deletes.push((&one.key, &one.range_end)),
                            _ => {}
                        }
                    }
                    writes
                })
                .collect()
        }
        other => vec![Writes::possible(other)],
    }
}

/// Whether the changes of a revision are all puts of a branch, and nothing that is not
/// in it.
fn is_whole(branch: &Writes<'_>, changes: &[&KeyEvent]) -> bool {
    let put_shown = branch.puts.iter().all(|put| {
        let mut of_key = changes.iter().filter(|change| change.kv.key == put.key);
        of_key.any(|change| change.kind == KeyEventKind::Put)
    });
    put_shown && changes.iter().all(|change| branch.explain(change))
}

/// Whether the numbers of the changes follow from the state before.
fn fits(case: &Case<'_>, changes: &[&KeyEvent], at: Revision) -> bool {
    let ledger = case.context.ledger(case.preamble);
    changes.iter().all(|change| match (ledger.held(&change.kv.key, at.previous()), change.kind) {
        (Held::Unknown, _) | (Held::Pair(..), KeyEventKind::Delete) => true,
        (Held::Absent, KeyEventKind::Delete) => false,
        (Held::Absent, KeyEventKind::Put) => change.kv.version == 1,
        (Held::Pair(pair, _), KeyEventKind::Put) => {
            change.kv.version == pair.version + 1
                && change.kv.create_revision == pair.create_revision
        }
    })
}

/// A watch shows a value that nobody was asked to write, or a deletion by nobody.
fn phantom_write(case: &Case<'_>) -> Proof {
    let last = required(case.steps.last(), "is empty")?;
    demand(last.delivery().is_some(), "does not end with what a watch delivered")?;
    demand(!case.context.ledger(case.preamble).foreign(), "is about a store of services too")?;
    let puts = last.changes().iter().filter(|change| change.kind == KeyEventKind::Put);
    let before = last.begin();
    if case.steps.len() == 1 && puts.clone().any(|one| !anybody_puts(case, one, before)) {
        return Ok(());
    }
    let gone = last.changes().iter().filter(|change| change.kind == KeyEventKind::Delete);
    let found = gone.clone().any(|change| nobody_deletes(case, last, change));
    demand(found, "shows nothing but what somebody may have done")
}

/// Whether any request that was sent before an event puts this value to this key.
pub(super) fn anybody_puts(case: &Case<'_>, change: &KeyEvent, before: u64) -> bool {
    let (key, value) = (&change.kv.key, &change.kv.value);
    let mut asked = case.context.operations.iter().filter(|one| one.invocation < before);
    // A put that keeps a value repeats what another one was asked to write.
    asked.any(|operation| Writes::possible(&operation.request).has(key, value))
}

/// Whether neither a request nor the end of a lease can have deleted a key.
fn nobody_deletes(case: &Case<'_>, shown: &Step, change: &KeyEvent) -> bool {
    let (key, at) = (&change.kv.key, change.kv.mod_revision);
    let ledger = case.context.ledger(case.preamble);
    let by_request = case.context.operations.iter().any(|operation| {
        operation.made() == Some(at)
            || (operation.in_doubt() && Writes::possible(&operation.request).may_delete(key))
    });
    let previous = case.steps.len() == 2 && shows_last_change(case, key, at.previous());
    if by_request || (case.steps.len() == 2 && !previous) {
        return false;
    }
    match ledger.held(key, at.previous()) {
        Held::Unknown => false,
        // Deleted without having been there; with a witness of one step.
        Held::Absent => case.steps.len() == 1 || previous,
        Held::Pair(pair, _) if pair.lease.is_none() => previous,
        Held::Pair(pair, _) => previous && !ends_lease(case, shown, pair.lease, at),
    }
}

/// Whether the first step shows or made the last change of a key.
fn shows_last_change(case: &Case<'_>, key: &Bytes, at: Revision) -> bool {
    let last = case.context.ledger(case.preamble).changed(key, at);
    case.steps.first().is_some_and(|step| last.is_some_and(|last| shows(step, key, last)))
}

/// Whether a step shows, or is, the change of a key at a revision.
pub(super) fn shows(step: &Step, key: &Bytes, at: Revision) -> bool {
    let watched =
        step.changes().iter().any(|change| change.kv.key == *key && change.kv.mod_revision == at);
    let written = step.operation().is_some_and(|operation| {
        let possible = Writes::possible(&operation.request).may_touch(key);
        possible && (operation.made() == Some(at) || operation.in_doubt())
    });
    watched || written
}

/// Whether a revision deletes exactly the keys of a lease.
fn ends_lease(case: &Case<'_>, shown: &Step, lease: LeaseId, at: Revision) -> bool {
    let ledger = case.context.ledger(case.preamble);
    let every = (&Bytes::from(""), &Bytes::from("\0"));
    let attached = |key: &&Bytes| match ledger.held(key, at.previous()) {
        Held::Pair(pair, _) => pair.lease == lease,
        _ => false,
    };
    let owned: BTreeSet<&Bytes> = ledger.keys_in(every).filter(attached).collect();
    let changes = shown.changes().iter().filter(|change| change.kv.mod_revision == at);
    let gone: BTreeSet<&Bytes> = changes.map(|change| &change.kv.key).collect();
    owned == gone
}

/// A revision that no write can have, or one more than all who may have written can make.
pub(super) fn phantom_revision(case: &Case<'_>) -> Proof {
    let orders: Vec<(Option<&Step>, &Step)> = match case.steps.as_slice() {
        [answer] => vec![(None, answer)],
        [one, other] => vec![(Some(one), other), (Some(other), one)],
        _ => return Err("has other steps than a revision and the one behind it".to_owned()),
    };
    let mut proof = Err("is empty".to_owned());
    for (before, answer) in orders {
        proof = proof.or_else(|_| of_nobody(case, before, answer));
    }
    proof
}

/// Whether an answer is from a revision that needs one of nobody, right behind another.
fn of_nobody(case: &Case<'_>, before: Option<&Step>, answer: &Step) -> Proof {
    let operation = required(answer.operation(), "has no answer")?;
    let header = required(operation.header(), "has an operation without a revision")?;
    let start = Revision(case.preamble.start_revision.0.max(1));
    if operation.made().is_some_and(|made| made <= start) {
        return demand(before.is_none(), "has a step that it does not need");
    }
    let ledger = case.context.ledger(case.preamble);
    demand(!ledger.foreign(), "is about a store of services too")?;
    demand(!ledger.is_shared(), "is about a revision that others may have made")?;
    let holes: Vec<Revision> = (start.0 + 1..=header.0)
        .map(Revision)
        .filter(|at| !ledger.is_whole(*at))
        .take(10_000)
        .collect();
    let follows = |hole: &&Revision| match before {
        None => hole.previous() == start || !anybody_shows(case, hole.previous()),
        Some(before) => makes(before, hole.previous()),
    };
    let first = required(holes.iter().find(follows), "does not lead to a revision of nobody")?;
    let left = holes.iter().filter(|hole| *hole >= first).count();
    let makers = makers(case, operation, *first);
    demand(left > makers, "shows revisions that requests in doubt may have made")
}

fn anybody_shows(case: &Case<'_>, at: Revision) -> bool {
    case.context.operations.iter().any(|operation| operation.made() == Some(at))
}

fn makes(step: &Step, at: Revision) -> bool {
    let delivered = step.changes().iter().any(|change| change.kv.mod_revision == at);
    let doubtful = step.operation().is_some_and(Operation::in_doubt);
    delivered || doubtful || step.operation().and_then(Operation::made) == Some(at)
}

/// How many may have made a revision that nothing shows, from one on.
fn makers(case: &Case<'_>, answered: &Operation, from: Revision) -> usize {
    let ledger = case.context.ledger(case.preamble);
    let doubtful = ledger.doubtful().iter().filter(|operation| {
        operation.invocation < answered.ended() && !is_idle(case, operation, from)
    });
    let puts = case.context.operations.iter().filter(|operation| !operation.refused());
    let leases: BTreeSet<LeaseId> = puts
        .flat_map(|operation| Writes::possible(&operation.request).puts)
        .map(|put| put.lease)
        .filter(|lease| !lease.is_none())
        .collect();
    doubtful.count() + leases.len()
}

/// Whether an operation in doubt certainly changes nothing, because what it deletes was
/// not there and nobody who is in doubt may have put it there, or because a watch shows
/// what it did.
fn is_idle(case: &Case<'_>, operation: &Operation, from: Revision) -> bool {
    let ledger = case.context.ledger(case.preamble);
    let writes = Writes::possible(&operation.request);
    let watched = case.context.watches.iter().flat_map(super::delivered).any(|change| {
        writes.has(&change.kv.key, &change.kv.value) && ledger.is_whole(change.kv.mod_revision)
    });
    let absent = writes.puts.is_empty()
        && writes
            .deletes
            .iter()
            .all(|(key, end)| end.is_empty() && ledger.held(key, from.previous()) == Held::Absent);
    watched || absent
}
