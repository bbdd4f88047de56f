//! Guards of transactions.

use std::cmp::Ordering;

use super::view::View;
use crate::history::{Compare, CompareOperator, CompareTarget, KeyValue};
use crate::keys::KeyRange;

/// Whether all guards hold on the state before the transaction (nested ones too:
/// etcd decides every branch before it changes anything).
pub(super) fn all_hold(before: &View<'_>, guards: &[Compare]) -> bool {
    guards.iter().all(|guard| holds(before, guard))
}

/// A guard over a range must hold for every key in it. Where there is none, a VALUE
/// guard is false, whatever its operator (a missing value cannot be written down); the
/// other targets compare with zero.
fn holds(before: &View<'_>, guard: &Compare) -> bool {
    let found = before.range(&KeyRange::new(&guard.key, &guard.range_end), None);
    if found.is_empty() {
        return !matches!(guard.target, CompareTarget::Value(_))
            && satisfies(&KeyValue::default(), guard);
    }
    found.iter().all(|kv| satisfies(kv, guard))
}

fn satisfies(kv: &KeyValue, guard: &Compare) -> bool {
    let order = match &guard.target {
        CompareTarget::Version(version) => kv.version.cmp(version),
        CompareTarget::CreateRevision(revision) => kv.create_revision.cmp(revision),
        CompareTarget::ModRevision(revision) => kv.mod_revision.cmp(revision),
        CompareTarget::Value(value) => kv.value.cmp(value),
        CompareTarget::Lease(lease) => kv.lease.cmp(lease),
    };
    match guard.operator {
        CompareOperator::Equal => order == Ordering::Equal,
        CompareOperator::NotEqual => order != Ordering::Equal,
        CompareOperator::Greater => order == Ordering::Greater,
        CompareOperator::Less => order == Ordering::Less,
    }
}
