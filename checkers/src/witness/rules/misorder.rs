//! The changes of a transaction against the order of its operations.

use crate::history::{KeyEvent, KeyEventKind, Request, Response, TxnOp};
use crate::witness::case::Case;
use crate::witness::proof::{Proof, demand, required};
use crate::witness::rule::{Needs, Rule};
use crate::witness::span::holds;

pub(super) const RULES: &[Rule] = &[Rule::new("watch-misordered", Needs::STEPS, misordered)];

/// A transaction, and two of its changes on one watch, the later operation's first.
fn misordered(case: &Case<'_>) -> Proof {
    let [write, one, other] = case.exactly::<3>()?;
    let write = required(write.operation(), "does not begin with an operation")?;
    let answer = required(write.answer(), "has a write that was not acknowledged")?;
    let (Request::Txn(txn), Response::Txn(answer)) = (&write.request, answer) else {
        return Err("does not begin with a transaction".to_owned());
    };
    let header = required(answer.header, "has a transaction without a header")?;
    let branch = if answer.succeeded { &txn.success } else { &txn.failure };
    let (watch, _) = required(one.delivery(), "has a step that is no delivery of a watch")?;
    let (same, _) = required(other.delivery(), "has a step that is no delivery of a watch")?;
    demand(watch == same && one.begin() <= other.begin(), "is not about one watch in order")?;
    let in_one = one.begin() == other.begin();
    let mut firsts = one.changes().iter().enumerate();
    let found = firsts.any(|(at, first)| {
        let mut later = other.changes().iter().skip(if in_one { at + 1 } else { 0 });
        later.any(|second| {
            let operations = operation_of(branch, first).zip(operation_of(branch, second));
            first.kv.mod_revision == header.revision
                && second.kv.mod_revision == header.revision
                && operations.is_some_and(|(first, second)| second < first)
        })
    });
    demand(found, "shows no change before that of an earlier operation")
}

/// The number of the one operation that can have made a change. Nested transactions promise
/// no order, so that nothing is said of a branch with one.
fn operation_of(branch: &[TxnOp], change: &KeyEvent) -> Option<usize> {
    let key = &change.kv.key;
    let touches = |op: &TxnOp| match op {
        TxnOp::Put(put) => put.key == *key,
        TxnOp::Delete(delete) => holds((&delete.key, &delete.range_end), key),
        TxnOp::Range(_) => false,
        TxnOp::Txn(_) => true,
    };
    if branch.iter().any(|op| matches!(op, TxnOp::Txn(_))) {
        return None;
    }
    let mut touching = branch.iter().enumerate().filter(|(_, op)| touches(op));
    let (number, op) = touching.next()?;
    let made = match op {
        TxnOp::Put(put) => {
            change.kind == KeyEventKind::Put && (put.ignore_value || put.value == change.kv.value)
        }
        _ => change.kind == KeyEventKind::Delete,
    };
    (made && touching.next().is_none()).then_some(number)
}
