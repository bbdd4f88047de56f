//! What a range selects, and where etcd leaves the selection open.

use std::cmp::Ordering;

use super::view::View;
use crate::history::{KeyValue, Range, RangeResponse, Revision, SortOrder, SortTarget};
use crate::keys::KeyRange;

/// What a range may answer: the candidates in a right order, of which as many as the
/// limit allows are shown. Among candidates that the sort does not tell apart, order
/// and (with a limit) choice are the server's.
#[derive(Clone, Debug)]
pub struct Selection {
    /// What was asked.
    pub(super) range: Range,
    /// The candidates, sorted; ties in the order of their keys.
    pub(super) candidates: Vec<KeyValue>,
    /// How many of them are shown.
    pub(super) shown: usize,
    /// Whether some are cut off.
    pub(super) more: bool,
    /// Number of keys in the range, whatever limit and filters say.
    pub(super) count: i64,
}

impl Selection {
    /// A range on the state of a view; of the past, if the range asks for it.
    pub(super) fn of(view: &View<'_>, range: &Range) -> Self {
        let keys = KeyRange::new(&range.key, &range.range_end);
        let at = (range.revision.0 > 0).then_some(range.revision);
        let mut candidates = view.range(&keys, at);
        let count = i64::try_from(candidates.len()).unwrap_or(i64::MAX);
        if range.count_only {
            let candidates = Vec::new();
            return Self { range: range.clone(), candidates, shown: 0, more: false, count };
        }
        let limit = usize::try_from(range.limit).unwrap_or(0);
        // Without an order and filters etcd fetches only limit + 1 pairs, by key, even
        // where it sorts them afterwards.
        if limit > 0 && range.sort.order == SortOrder::None && !is_filtered(range) {
            candidates.truncate(limit.saturating_add(1));
        }
        candidates.retain(|kv| passes(range, kv));
        candidates.sort_by(|one, other| order(range, one, other));
        let more = limit > 0 && candidates.len() > limit;
        let shown = if more { limit } else { candidates.len() };
        Self { range: range.clone(), candidates, shown, more, count }
    }

    /// One right answer.
    pub(super) fn into_response(self) -> RangeResponse {
        let Self { range, mut candidates, shown, more, count } = self;
        candidates.truncate(shown);
        if range.keys_only {
            for kv in &mut candidates {
                kv.value = crate::history::Bytes::default();
            }
        }
        RangeResponse { header: None, kvs: candidates, more, count }
    }
}

fn is_filtered(range: &Range) -> bool {
    !(range.min_mod_revision.is_zero()
        && range.max_mod_revision.is_zero()
        && range.min_create_revision.is_zero()
        && range.max_create_revision.is_zero())
}

fn passes(range: &Range, kv: &KeyValue) -> bool {
    let within = |low: Revision, high: Revision, found: Revision| {
        (low.is_zero() || low <= found) && (high.is_zero() || found <= high)
    };
    within(range.min_mod_revision, range.max_mod_revision, kv.mod_revision)
        && within(range.min_create_revision, range.max_create_revision, kv.create_revision)
}

/// The order that a range asks for. Equal means: the sort does not tell them apart.
pub(super) fn order(range: &Range, one: &KeyValue, other: &KeyValue) -> Ordering {
    let ascending = match range.sort.target {
        SortTarget::Key => one.key.cmp(&other.key),
        SortTarget::Version => one.version.cmp(&other.version),
        SortTarget::CreateRevision => one.create_revision.cmp(&other.create_revision),
        SortTarget::ModRevision => one.mod_revision.cmp(&other.mod_revision),
        SortTarget::Value => one.value.cmp(&other.value),
    };
    match range.sort.order {
        SortOrder::Descend => ascending.reverse(),
        SortOrder::None | SortOrder::Ascend => ascending,
    }
}
