//! Guards of transactions, from what the client last saw.

use rand::RngExt as _;
use rand::rngs::ChaCha8Rng;
use stormglass_checkers::history::{
    Bytes, Compare, CompareOperator, CompareTarget, LeaseId, Revision,
};

use super::draws::{any, percent};
use super::keys::KeySpace;
use super::knowledge::{Knowledge, Known};
use crate::scenario::TxnSpec;

/// How often a guard is deliberately out of date.
const OLD: f64 = 0.1;
/// How often a guard holds whoever wrote last, where the key is shared: under load a
/// strict guard on a hot key is nearly always too late.
const LOOSE: f64 = 0.4;
/// Every operator.
const OPERATORS: [CompareOperator; 4] = [
    CompareOperator::Equal,
    CompareOperator::NotEqual,
    CompareOperator::Greater,
    CompareOperator::Less,
];

type Condition = (CompareOperator, CompareTarget);

/// A guard on the key.
pub(super) fn guard(
    key: Bytes,
    knowledge: &Knowledge,
    spec: &TxnSpec,
    rng: &mut ChaCha8Rng,
) -> Compare {
    let (operator, target) = match knowledge.of(&key) {
        known if percent(spec.any_guard, rng) => near(known, rng),
        Some(_) if rng.random_bool(LOOSE) => loose(knowledge, rng),
        Some(known) if rng.random_bool(OLD) => old(known),
        Some(known) => strict(known, rng),
        None => loose(knowledge, rng),
    };
    Compare { key, range_end: Bytes::default(), operator, target }
}

/// A guard that every key of a range must satisfy, or nothing where it has none.
pub(super) fn guard_of_range(
    keys: &KeySpace,
    knowledge: &Knowledge,
    rng: &mut ChaCha8Rng,
) -> Compare {
    let (key, range_end) = match rng.random_range(0..4) {
        0..2 => keys.neighbours(4, rng),
        2 => keys.all_hot(),
        _ => keys.onwards(rng),
    };
    let (operator, target) = if rng.random_bool(0.5) {
        loose(knowledge, rng)
    } else {
        let newest = Known { mod_revision: knowledge.newest(), ..Known::default() };
        near(Some(&newest), rng)
    };
    Compare { key, range_end, operator, target }
}

/// A guard that every key satisfies: a member must look at all of them.
pub(super) fn guard_of_all(
    keys: &KeySpace,
    knowledge: &Knowledge,
    rng: &mut ChaCha8Rng,
) -> Compare {
    let (key, range_end) = keys.everything();
    let (operator, target) = loose(knowledge, rng);
    Compare { key, range_end, operator, target }
}

/// Holds only if nobody has changed the key since.
fn strict(known: &Known, rng: &mut ChaCha8Rng) -> Condition {
    let mut targets = vec![CompareTarget::ModRevision(known.mod_revision)];
    targets.extend(known.version.map(CompareTarget::Version));
    targets.extend(known.create_revision.map(CompareTarget::CreateRevision));
    // On a missing key every guard on a value is false: there is nothing to compare.
    targets.extend(known.value.clone().map(CompareTarget::Value));
    let chosen = rng.random_range(0..targets.len());
    (CompareOperator::Equal, targets.swap_remove(chosen))
}

/// Held once, and surely does not any more if the key has been written since.
fn old(known: &Known) -> Condition {
    let target = if known.is_absent() {
        CompareTarget::ModRevision(Revision(1))
    } else {
        CompareTarget::ModRevision(known.mod_revision.previous())
    };
    (CompareOperator::Equal, target)
}

/// Holds nearly always, or depends on no more than whether the key exists.
fn loose(knowledge: &Knowledge, rng: &mut ChaCha8Rng) -> Condition {
    let future = Revision(knowledge.newest().0.saturating_add(1_000_000));
    match rng.random_range(0..6) {
        0 => (CompareOperator::Greater, CompareTarget::Version(0)),
        1 => (CompareOperator::Greater, CompareTarget::CreateRevision(Revision(0))),
        2 => (CompareOperator::NotEqual, CompareTarget::Value(Bytes::from("never written"))),
        3 => (CompareOperator::Less, CompareTarget::Version(1_000_000)),
        4 => (CompareOperator::NotEqual, CompareTarget::ModRevision(future)),
        _ => (CompareOperator::Less, CompareTarget::ModRevision(future)),
    }
}

/// Any target with any operator, at what the client saw or one beside it: there each
/// operator says something else. What it never saw counts as an absent key's.
fn near(known: Option<&Known>, rng: &mut ChaCha8Rng) -> Condition {
    let absent = Known::default();
    let known = known.unwrap_or(&absent);
    let aside = rng.random_range(-1..=1);
    let beside = |number: i64| number.saturating_add(aside).max(0);
    let created = known.create_revision.unwrap_or(known.mod_revision);
    let target = match rng.random_range(0..5) {
        0 => CompareTarget::Version(beside(known.version.unwrap_or(0))),
        1 => CompareTarget::CreateRevision(Revision(beside(created.0))),
        2 => CompareTarget::ModRevision(Revision(beside(known.mod_revision.0))),
        3 => CompareTarget::Value(value_beside(known.value.as_ref(), aside)),
        _ => CompareTarget::Lease(LeaseId(beside(known.lease.unwrap_or_default().0))),
    };
    (any(&OPERATORS, rng), target)
}

/// The value, or one right before or behind it in the order of bytes.
fn value_beside(value: Option<&Bytes>, aside: i64) -> Bytes {
    let mut bytes = value.map(|value| value.as_slice().to_vec()).unwrap_or_default();
    if aside < 0 {
        bytes.pop();
    } else if aside > 0 {
        bytes.push(0);
    }
    Bytes::from(bytes)
}
