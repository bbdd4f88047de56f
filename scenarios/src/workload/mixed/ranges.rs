//! Reads of one key and of several.

use rand::RngExt as _;
use rand::rngs::ChaCha8Rng;
use stormglass_checkers::history::{Range, Revision, Sort, SortOrder, SortTarget};

use super::draws::any;
use super::keys::KeySpace;
use super::knowledge::Knowledge;

/// How far back a read at a past revision goes, in revisions.
const HISTORY_REVISIONS: i64 = 500;
/// How far ahead a read of the future goes, in revisions: under load the near future has
/// come when the request arrives.
const FUTURE_REVISIONS: i64 = 2_000;
/// How far below the compact revision a read of what is compacted goes.
const COMPACTED_REVISIONS: i64 = 50;
/// The whole key space may be large: read at most so many pairs of it.
const PAIRS_MAX: i64 = 20;
/// How often a range with options has several.
const SEVERAL: f64 = 0.3;
/// Most options of a range that has several; the same one may be drawn again.
const OPTIONS_MAX: usize = 4;

/// A read of one hot key.
pub(super) fn get(keys: &KeySpace, rng: &mut ChaCha8Rng) -> Range {
    Range { key: keys.hot(rng), ..Range::default() }
}

/// A read of several keys; half of them plain, most others with one option.
pub(super) fn range(keys: &KeySpace, knowledge: &Knowledge, rng: &mut ChaCha8Rng) -> Range {
    if rng.random_bool(0.05) {
        return wide(keys, rng);
    }
    let (key, range_end) = match rng.random_range(0..10) {
        0..5 => keys.neighbours(5, rng),
        5..9 => keys.all_hot(),
        _ => keys.all_leased(),
    };
    let mut range = Range { key, range_end, ..Range::default() };
    if rng.random_bool(0.5) {
        let several = rng.random_bool(SEVERAL);
        let options = if several { rng.random_range(2..=OPTIONS_MAX) } else { 1 };
        for _ in 0..options {
            option(&mut range, knowledge, rng);
        }
    }
    range
}

/// A read of everything, or of everything from a key on, that answers with little.
fn wide(keys: &KeySpace, rng: &mut ChaCha8Rng) -> Range {
    let (key, range_end) = if rng.random_bool(0.5) { keys.everything() } else { keys.onwards(rng) };
    let count_only = rng.random_bool(0.5);
    let limit = if count_only { 0 } else { rng.random_range(1..=PAIRS_MAX) };
    Range { key, range_end, count_only, limit, ..Range::default() }
}

fn option(range: &mut Range, knowledge: &Knowledge, rng: &mut ChaCha8Rng) {
    let recent = Revision((knowledge.newest().0 - rng.random_range(0..200)).max(1));
    match rng.random_range(0..9) {
        0 => range.limit = rng.random_range(1..=5),
        1 => range.sort = Sort { target: SortTarget::Key, order: SortOrder::Descend },
        2 => range.keys_only = true,
        3 => range.count_only = true,
        4 => range.min_mod_revision = recent,
        5 => range.max_mod_revision = recent,
        6 => range.min_create_revision = recent,
        7 => range.max_create_revision = recent,
        _ => range.sort = sort(rng),
    }
}

/// Any order. Ties are in no promised order, and with a limit any of them may be left
/// out; without an order etcd cuts by key before it sorts.
fn sort(rng: &mut ChaCha8Rng) -> Sort {
    let targets = [
        SortTarget::Key,
        SortTarget::Version,
        SortTarget::CreateRevision,
        SortTarget::ModRevision,
        SortTarget::Value,
    ];
    let orders = [SortOrder::Ascend, SortOrder::Descend, SortOrder::None];
    Sort { target: any(&targets, rng), order: any(&orders, rng) }
}

/// A read at a past revision; none before anything has been seen.
pub(super) fn history(
    keys: &KeySpace,
    knowledge: &Knowledge,
    rng: &mut ChaCha8Rng,
) -> Option<Range> {
    let revision = past_revision(knowledge, rng)?;
    Some(at(revision, keys, knowledge, rng))
}

/// A read at a revision that the store should refuse.
pub(super) fn refused(keys: &KeySpace, knowledge: &Knowledge, rng: &mut ChaCha8Rng) -> Range {
    let revision = refused_revision(knowledge, rng);
    at(revision, keys, knowledge, rng)
}

fn at(revision: Revision, keys: &KeySpace, known: &Knowledge, rng: &mut ChaCha8Rng) -> Range {
    let range = if rng.random_bool(0.5) { get(keys, rng) } else { range(keys, known, rng) };
    Range { revision, serializable: rng.random_bool(0.5), ..range }
}

/// A revision between the newest compact revision that is known and the newest one
/// seen: never in the future.
pub(super) fn past_revision(knowledge: &Knowledge, rng: &mut ChaCha8Rng) -> Option<Revision> {
    let newest = knowledge.newest().0;
    let oldest = knowledge.compacted().0.max(newest - HISTORY_REVISIONS).max(1);
    (oldest <= newest).then(|| Revision(rng.random_range(oldest..=newest)))
}

/// A revision below the newest compact one that is known, or one that is yet to come as
/// far as the client knows.
pub(super) fn refused_revision(knowledge: &Knowledge, rng: &mut ChaCha8Rng) -> Revision {
    let compacted = knowledge.compacted().0;
    if compacted > 1 && rng.random_bool(0.5) {
        return Revision(rng.random_range((compacted - COMPACTED_REVISIONS).max(1)..compacted));
    }
    Revision(knowledge.newest().0.max(1) + rng.random_range(1..=FUTURE_REVISIONS))
}
