//! Guards of transactions.

use std::cmp::Ordering;

use super::pair::Pair;
use super::view::View;
use crate::history::{Compare, CompareOperator, CompareTarget};
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
    if guard.range_end.is_empty() {
        return match before.get(&guard.key) {
            Some(pair) => satisfies(pair, guard),
            None => holds_on_nothing(guard),
        };
    }
    let range = KeyRange::new(&guard.key, &guard.range_end);
    let mut found = before.stored(&range).peekable();
    if found.peek().is_none() {
        return holds_on_nothing(guard);
    }
    found.all(|(_, pair)| satisfies(pair, guard))
}

fn holds_on_nothing(guard: &Compare) -> bool {
    !matches!(guard.target, CompareTarget::Value(_)) && satisfies(&Pair::default(), guard)
}

fn satisfies(kv: &Pair, guard: &Compare) -> bool {
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
