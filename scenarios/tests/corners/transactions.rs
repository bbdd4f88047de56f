//! Corners of transactions.

use stormglass_checkers::history::{Compare, CompareTarget, Request, Txn, TxnOp};
use stormglass_checkers::model::{can_mutate, is_local};

use crate::Corners;
use crate::ranges::{self, place};
use crate::support::Taken;

pub(crate) fn see(txn: &Txn, taken: &Taken, found: &mut Corners) {
    let request = Request::Txn(txn.clone());
    let writes = can_mutate(&request);
    let depth = depth(txn);
    let kind = match (writes, depth) {
        _ if is_local(&request) => "local transaction",
        (true, 0) => "writing transaction",
        (false, 0) => "reading transaction",
        (true, _) => "nested transaction",
        (false, _) => "nested transaction that only reads",
    };
    found.see(kind);
    found.see_if(depth > 1, "nested transaction of three levels");
    found.see_if(txn.success.len() > 1, format!("{kind} of several operations"));
    let written = |branch: &[TxnOp]| branch.iter().any(writing);
    let both = depth == 0 && written(&txn.success) && written(&txn.failure);
    found.see_if(both, "transaction that writes in both branches");
    let inner = |branch: &[TxnOp]| branch.iter().any(|op| matches!(op, TxnOp::Txn(_)));
    found.see_if(inner(&txn.failure), "transaction inside a branch of failure");
    see_level(txn, (0, writes), taken, found);
}

fn see_level(txn: &Txn, (level, writes): (u32, bool), taken: &Taken, found: &mut Corners) {
    for guard in &txn.compare {
        see_guard(guard, found);
        found.see_if(level > 0, "guard of an inner transaction");
    }
    for op in txn.success.iter().chain(&txn.failure) {
        match op {
            TxnOp::Txn(inner) => see_level(inner, (level + 1, writes), taken, found),
            TxnOp::Range(range) => {
                ranges::see("transaction's range", range, taken, found);
                if let Some(place) = place(range, taken) {
                    let kind = if writes { "writing" } else { "reading" };
                    found.see(format!("{kind} transaction with a range at a {place} revision"));
                }
            }
            TxnOp::Put(put) => {
                found.see_if(!put.lease.is_none(), "transaction that attaches a lease");
            }
            TxnOp::Delete(delete) => {
                let range = !delete.range_end.is_empty();
                found.see_if(range, "transaction that deletes a range");
            }
        }
    }
}

fn writing(op: &TxnOp) -> bool {
    matches!(op, TxnOp::Put(_) | TxnOp::Delete(_))
}

fn depth(txn: &Txn) -> u32 {
    let inner = txn.success.iter().chain(&txn.failure).filter_map(|op| match op {
        TxnOp::Txn(inner) => Some(1 + depth(inner)),
        _ => None,
    });
    inner.max().unwrap_or(0)
}

fn see_guard(guard: &Compare, found: &mut Corners) {
    let target = match &guard.target {
        CompareTarget::Version(_) => "version",
        CompareTarget::CreateRevision(_) => "create revision",
        CompareTarget::ModRevision(_) => "mod revision",
        CompareTarget::Value(_) => "value",
        CompareTarget::Lease(_) => "lease",
    };
    found.see(format!("compare {target} {:?}", guard.operator));
    found.see_if(!guard.range_end.is_empty(), "guard on a range");
}

pub(crate) fn expected() -> Vec<String> {
    let mut expected = Vec::new();
    for target in ["version", "create revision", "mod revision", "value", "lease"] {
        for operator in ["Equal", "NotEqual", "Greater", "Less"] {
            expected.push(format!("compare {target} {operator}"));
        }
    }
    for place in ["past", "future", "compacted"] {
        for kind in ["writing", "reading"] {
            expected.push(format!("{kind} transaction with a range at a {place} revision"));
        }
    }
    let others = [
        "guard on a range",
        "guard of an inner transaction",
        "local transaction of several operations",
        "writing transaction of several operations",
        "reading transaction of several operations",
        "nested transaction of several operations",
        "nested transaction that only reads",
        "nested transaction of three levels",
        "transaction that writes in both branches",
        "transaction inside a branch of failure",
        "transaction that attaches a lease",
        "transaction that deletes a range",
    ];
    expected.extend(others.into_iter().map(str::to_owned));
    expected
}
