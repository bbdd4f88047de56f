//! Reads of one key and of several.

use rand::RngExt as _;
use rand::rngs::ChaCha8Rng;
use stormglass_checkers::history::{Range, Revision, Sort, SortOrder, SortTarget};

use super::keys::KeySpace;
use super::knowledge::Knowledge;

/// How far back a read at a past revision goes, in revisions.
const HISTORY_REVISIONS: i64 = 500;
/// The whole key space may be large: read at most so many pairs of it.
const PAIRS_MAX: i64 = 20;

/// A read of one hot key.
pub(super) fn get(keys: &KeySpace, rng: &mut ChaCha8Rng) -> Range {
    Range { key: keys.hot(rng), ..Range::default() }
}

/// A read of several keys, with at most one option, so that what it means is beyond
/// doubt (etcd documents little about options together).
pub(super) fn range(keys: &KeySpace, knowledge: &Knowledge, rng: &mut ChaCha8Rng) -> Range {
    let everything = rng.random_bool(0.05);
    let (key, range_end) = if everything {
        keys.everything()
    } else {
        match rng.random_range(0..10) {
            0..5 => keys.neighbours(5, rng),
            5..9 => keys.all_hot(),
            _ => keys.all_leased(),
        }
    };
    let mut range = Range { key, range_end, ..Range::default() };
    if everything {
        range.count_only = rng.random_bool(0.5);
        range.limit = if range.count_only { 0 } else { rng.random_range(1..=PAIRS_MAX) };
    } else if rng.random_bool(0.5) {
        option(&mut range, knowledge, rng);
    }
    range
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

/// An order by something else than the key; ties are in no promised order, which is
/// why no limit goes with it.
fn sort(rng: &mut ChaCha8Rng) -> Sort {
    let targets = [
        SortTarget::Version,
        SortTarget::CreateRevision,
        SortTarget::ModRevision,
        SortTarget::Value,
    ];
    Sort {
        target: targets[rng.random_range(0..targets.len())],
        order: if rng.random_bool(0.5) { SortOrder::Ascend } else { SortOrder::Descend },
    }
}

/// A read at a past revision; none before anything has been seen.
pub(super) fn history(
    keys: &KeySpace,
    knowledge: &Knowledge,
    rng: &mut ChaCha8Rng,
) -> Option<Range> {
    let revision = past_revision(knowledge, rng)?;
    let mut range = if rng.random_bool(0.5) { get(keys, rng) } else { range(keys, knowledge, rng) };
    range.revision = revision;
    range.serializable = rng.random_bool(0.5);
    Some(range)
}

/// A revision between the newest compact revision that is known and the newest one
/// seen: never in the future.
pub(super) fn past_revision(knowledge: &Knowledge, rng: &mut ChaCha8Rng) -> Option<Revision> {
    let newest = knowledge.newest().0;
    let oldest = knowledge.compacted().0.max(newest - HISTORY_REVISIONS).max(1);
    (oldest <= newest).then(|| Revision(rng.random_range(oldest..=newest)))
}
