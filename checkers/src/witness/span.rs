//! Ranges of keys, as requests name them.

use crate::history::Bytes;

/// A key and the end of a range, as a request has them.
pub(super) type Span<'a> = (&'a Bytes, &'a Bytes);

/// Whether a key is in a range: an empty end means the one key, a zero byte no end.
pub(super) fn holds((from, end): Span<'_>, key: &Bytes) -> bool {
    match end.as_slice() {
        b"" => key == from,
        b"\0" => key >= from,
        _ => key >= from && key < end,
    }
}
