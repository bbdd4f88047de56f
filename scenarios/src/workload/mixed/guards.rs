//! Guards of transactions, from what the client last saw.

use rand::RngExt as _;
use rand::rngs::ChaCha8Rng;
use stormglass_checkers::history::{Bytes, Compare, CompareOperator, CompareTarget, Revision};

use super::knowledge::{Knowledge, Known};

/// How often a guard is deliberately out of date.
const OLD: f64 = 0.1;
/// How often a guard holds whoever wrote last, where the key is shared: under load a
/// strict guard on a hot key is nearly always too late.
const LOOSE: f64 = 0.4;

/// A guard on the key.
pub(super) fn guard(key: Bytes, knowledge: &Knowledge, rng: &mut ChaCha8Rng) -> Compare {
    let (operator, target) = match knowledge.of(&key) {
        Some(_) if rng.random_bool(LOOSE) => loose(knowledge, rng),
        Some(known) if rng.random_bool(OLD) => old(known),
        Some(known) => strict(known, rng),
        None => loose(knowledge, rng),
    };
    Compare { key, range_end: Bytes::default(), operator, target }
}

/// Holds only if nobody has changed the key since.
fn strict(known: &Known, rng: &mut ChaCha8Rng) -> (CompareOperator, CompareTarget) {
    let mut targets = vec![CompareTarget::ModRevision(known.mod_revision)];
    targets.extend(known.version.map(CompareTarget::Version));
    targets.extend(known.create_revision.map(CompareTarget::CreateRevision));
    // On a missing key every guard on a value is false: there is nothing to compare.
    targets.extend(known.value.clone().map(CompareTarget::Value));
    let chosen = rng.random_range(0..targets.len());
    (CompareOperator::Equal, targets.swap_remove(chosen))
}

/// Held once, and surely does not any more if the key has been written since.
fn old(known: &Known) -> (CompareOperator, CompareTarget) {
    let target = if known.is_absent() {
        CompareTarget::ModRevision(Revision(1))
    } else {
        CompareTarget::ModRevision(known.mod_revision.previous())
    };
    (CompareOperator::Equal, target)
}

/// Holds nearly always, or depends on no more than whether the key exists.
fn loose(knowledge: &Knowledge, rng: &mut ChaCha8Rng) -> (CompareOperator, CompareTarget) {
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
