//! Locks: fences that hold or do not, and tokens that fall.

use crate::history::{
    Bytes, CompareOperator, CompareTarget, KeyEvent, KeyEventKind, Request, Response, Revision,
    Txn, TxnOp,
};
use crate::witness::case::{Case, Step};
use crate::witness::operation::Operation;
use crate::witness::proof::{Proof, demand, required};
use crate::witness::rule::{Needs, Rule};

pub(super) const RULES: &[Rule] = &[
    Rule::new("stale-fence-accepted", WATCHES, stale_fence_accepted),
    Rule::new("held-lock-taken", WATCHES, held_lock_taken),
    Rule::new("valid-fence-refused", WATCHES, valid_fence_refused),
    Rule::new("lock-revision-fell", WATCHES, revision_fell),
];

const WATCHES: Needs = Needs { watches: true, ..Needs::STEPS };

/// A transaction and whether its guards were said to hold.
fn transaction(operation: &Operation) -> Option<(&Txn, bool)> {
    match (&operation.request, operation.answer()?) {
        (Request::Txn(txn), Response::Txn(answer)) => Some((txn, answer.succeeded)),
        _ => None,
    }
}

/// The creation revisions that the guards of a transaction name, by key.
fn fences(txn: &Txn) -> Vec<(&Bytes, Revision)> {
    let named = txn.compare.iter().filter_map(|guard| match (guard.operator, &guard.target) {
        (CompareOperator::Equal, CompareTarget::CreateRevision(token)) => {
            guard.range_end.is_empty().then_some((&guard.key, *token))
        }
        _ => None,
    });
    named.collect()
}

/// The creation revision that a change leaves a key with; 0 for none.
fn created(change: &KeyEvent) -> Revision {
    match change.kind {
        KeyEventKind::Put => change.kv.create_revision,
        KeyEventKind::Delete => Revision(0),
    }
}

/// The creation revision that a step's delivery leaves a key with at a revision, if no
/// watch shows that it became another one after it.
fn state(case: &Case<'_>, shown: &Step, key: &Bytes, at: Revision) -> Option<Revision> {
    let mut changes: Vec<&KeyEvent> = shown.changes().iter().collect();
    changes.retain(|one| one.kv.key == *key && one.kv.mod_revision <= at);
    let last = changes.into_iter().max_by_key(|one| one.kv.mod_revision)?;
    let token = created(last);
    let mut all = case.context.watches.iter().flat_map(super::delivered);
    let moved = all.any(|one| {
        let later = last.kv.mod_revision < one.kv.mod_revision && one.kv.mod_revision <= at;
        one.kv.key == *key && later && created(one) != token
    });
    (!moved).then_some(token)
}

fn delivery_and_transaction<'a>(
    case: &'a Case<'_>,
) -> Result<(&'a Step, &'a Txn, bool, Revision), String> {
    let (operation, delivery) = case.write_and_delivery()?;
    let (txn, accepted) = required(transaction(operation), "has no answered transaction")?;
    let seen = required(operation.seen(), "has a transaction without a revision")?;
    demand(!operation.local(), "has a transaction that a member decided alone")?;
    Ok((delivery, txn, accepted, seen))
}

fn accepted(case: &Case<'_>, wanted: fn(Revision) -> bool) -> Proof {
    let (delivery, txn, accepted, seen) = delivery_and_transaction(case)?;
    demand(accepted, "has a transaction whose guards did not hold")?;
    let wrong = fences(txn).into_iter().any(|(key, token)| {
        wanted(token) && state(case, delivery, key, seen).is_some_and(|state| state != token)
    });
    demand(wrong, "has a transaction whose guards held")
}

fn stale_fence_accepted(case: &Case<'_>) -> Proof {
    accepted(case, |token| !token.is_zero())
}

fn held_lock_taken(case: &Case<'_>) -> Proof {
    accepted(case, |token| token.is_zero())
}

fn valid_fence_refused(case: &Case<'_>) -> Proof {
    let (delivery, txn, accepted, seen) = delivery_and_transaction(case)?;
    demand(!accepted, "has a transaction whose guards held")?;
    let fences = fences(txn);
    let alone = !fences.is_empty() && fences.len() == txn.compare.len();
    demand(alone, "has a transaction with other guards too")?;
    let shown = |key: &Bytes| state(case, delivery, key, seen);
    let first = fences.iter().any(|(key, token)| shown(key) == Some(*token));
    let all = fences
        .iter()
        .all(|(key, token)| shown(key).or_else(|| latest(case, key, seen)) == Some(*token));
    demand(first && all, "has a guard that may not have held")
}

/// The creation revision of a key at a revision, by all watches.
fn latest(case: &Case<'_>, key: &Bytes, at: Revision) -> Option<Revision> {
    let all = case.context.watches.iter().flat_map(super::delivered);
    let of_key = all.filter(|one| one.kv.key == *key && one.kv.mod_revision <= at);
    of_key.max_by_key(|one| one.kv.mod_revision).map(created)
}

fn revision_fell(case: &Case<'_>) -> Proof {
    let [one, other] = case.exactly::<2>()?;
    if let (Some(first), Some(second)) = (one.operation(), other.operation()) {
        demand(first.precedes(second), "has two acquisitions that overlap in time")?;
        let found = tokens(first).iter().any(|(lock, before)| {
            tokens(second).iter().any(|(other, token)| lock == other && token <= before)
        });
        return demand(found, "has tokens that rise");
    }
    let found = one.changes().iter().any(|old| {
        other.changes().iter().any(|new| {
            let (before, now) = (created(old), created(new));
            let later = old.kv.mod_revision < new.kv.mod_revision;
            let both = !before.is_zero() && !now.is_zero();
            let again = now <= before && is_new(case, old, new);
            old.kv.key == new.kv.key && both && later && again
        })
    });
    demand(found, "has creations whose revisions rise")
}

/// Whether the later change created the key anew: it has another creation revision, or a
/// watch shows that the key was gone between.
fn is_new(case: &Case<'_>, old: &KeyEvent, new: &KeyEvent) -> bool {
    let (from, to) = (old.kv.mod_revision, new.kv.mod_revision);
    let mut all = case.context.watches.iter().flat_map(super::delivered);
    let gone = all.any(|one| {
        let between = from < one.kv.mod_revision && one.kv.mod_revision < to;
        one.kv.key == old.kv.key && one.kind == KeyEventKind::Delete && between
    });
    new.kv.create_revision < old.kv.create_revision || gone
}

/// The locks that an operation took by creating their key, each with its token.
fn tokens(operation: &Operation) -> Vec<(&Bytes, Revision)> {
    let Some((txn, true)) = transaction(operation) else { return Vec::new() };
    let Some(token) = operation.seen().map(Revision::next) else { return Vec::new() };
    let free = fences(txn).into_iter().filter(|(_, token)| token.is_zero());
    let taken = free.filter(|(key, _)| {
        txn.success
            .iter()
            .any(|op| matches!(op, TxnOp::Put(put) if put.key == **key && !put.lease.is_none()))
    });
    taken.map(|(key, _)| (key, token)).collect()
}
