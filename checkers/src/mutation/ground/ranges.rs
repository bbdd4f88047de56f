//! Ranges of keys, as requests write them.

use crate::history::{Bytes, Range, Revision, Sort};

/// Whether a key belongs to a range.
pub(in crate::mutation) fn contains(first: &Bytes, range_end: &Bytes, key: &Bytes) -> bool {
    match range_end.as_slice() {
        b"" => key == first,
        b"\0" => key >= first,
        _ => key >= first && key < range_end,
    }
}

/// Whether a range asks for all pairs of its keys as they are: no limit, order, filter,
/// and everything of each pair. Its revision may be any.
pub(in crate::mutation) fn is_plain(range: &Range) -> bool {
    let bounds = [
        range.min_mod_revision,
        range.max_mod_revision,
        range.min_create_revision,
        range.max_create_revision,
    ];
    range.limit == 0
        && range.sort == Sort::default()
        && !range.keys_only
        && !range.count_only
        && bounds.iter().all(Revision::is_zero)
}
