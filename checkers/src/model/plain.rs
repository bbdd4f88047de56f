//! Answers to plain reads, compared without building the right one.

use super::index::Index;
use super::pair::Pair;
use crate::history::{
    Bytes, KeyValue, Range, RangeResponse, Request, Response, Revision, SortOrder, SortTarget,
};
use crate::keys::KeyRange;

/// Whether an answer is certainly right on the state at a revision. If not, building the
/// right answer tells more: see [`super::evaluate`].
pub fn is_right(index: &Index, at: Revision, request: &Request, response: &Response) -> bool {
    match (request, response) {
        (Request::Range(range), Response::Range(found)) => {
            is_plain(range) && range.revision <= at && shows_all(index, at, range, found)
        }
        _ => false,
    }
}

/// Whether a range is answered by all its pairs, in the order of their keys.
pub(super) fn is_plain(range: &Range) -> bool {
    range.limit == 0
        && !range.keys_only
        && !range.count_only
        && range.sort.target == SortTarget::Key
        && range.sort.order != SortOrder::Descend
        && range.min_mod_revision.is_zero()
        && range.max_mod_revision.is_zero()
        && range.min_create_revision.is_zero()
        && range.max_create_revision.is_zero()
}

/// Whether an answer shows exactly the pairs of a plain range at a revision.
pub(super) fn shows_all(index: &Index, at: Revision, range: &Range, found: &RangeResponse) -> bool {
    let at = if range.revision.0 > 0 { range.revision } else { at };
    if found.more || usize::try_from(found.count).ok() != Some(found.kvs.len()) {
        return false;
    }
    if range.range_end.is_empty() {
        return shows(&range.key, index.get(&range.key, at), &found.kvs);
    }
    let keys = KeyRange::new(&range.key, &range.range_end);
    let mut left = found.kvs.iter();
    let all = index
        .range(&keys, at)
        .all(|(key, pair)| left.next().is_some_and(|kv| kv.key == *key && pair.is(kv)));
    all && left.next().is_none()
}

/// Whether an answer shows exactly the pair that a key has, or nothing where it has none.
pub(super) fn shows(key: &Bytes, pair: Option<&Pair>, found: &[KeyValue]) -> bool {
    match (pair, found) {
        (Some(pair), [kv]) => kv.key == *key && pair.is(kv),
        (None, []) => true,
        _ => false,
    }
}
