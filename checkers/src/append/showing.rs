//! Which versions of lists a read shows.

use std::collections::BTreeMap;

use super::recognition::{ListKeys, behind};
use super::version::{KeyId, VersionId, Versions};
use crate::history::{Bytes, KeyValue, Range, RangeResponse, Revision};
use crate::keys::KeyRange;

/// The versions that a read shows, one for each list; nothing where it does not show
/// them whole and as they are now.
pub(super) fn shown(
    keys: &ListKeys,
    range: &Range,
    answer: &RangeResponse,
    versions: &mut Versions,
) -> Vec<VersionId> {
    if !whole(range) || answer.more || !keys.touched(&range.key, &range.range_end) {
        return Vec::new();
    }
    let asked = KeyRange::new(&range.key, &range.range_end);
    let (values, elements) = sort_out(keys, answer, versions);
    if let Some(key) = asked.single().filter(|key| keys.element(key).is_none()) {
        versions.list(key);
    }
    let known: Vec<KeyId> = versions.within(&asked).collect();
    let mut shown = Vec::with_capacity(known.len());
    for key in known {
        if !versions.name(key).as_slice().ends_with(b"/") {
            shown.push(match values.get(&key) {
                Some(pair) => versions.version(key, &pair.value),
                None => versions.empty(key),
            });
        } else if holds_all_of(range, versions.name(key)) {
            let texts = elements.get(&key).map_or(&[][..], Vec::as_slice);
            shown.push(versions.version_of(key, texts));
        }
    }
    shown
}

/// Lists in one value, and lists in many keys, whose elements are in the order of
/// their creation; those of one transaction in the order of their keys.
fn sort_out<'a>(
    keys: &ListKeys,
    answer: &'a RangeResponse,
    versions: &mut Versions,
) -> (BTreeMap<KeyId, &'a KeyValue>, BTreeMap<KeyId, Vec<Bytes>>) {
    let mut pairs: Vec<&KeyValue> =
        answer.kvs.iter().filter(|pair| keys.contains(&pair.key)).collect();
    pairs.sort_by(|one, other| {
        (one.create_revision, &one.key).cmp(&(other.create_revision, &other.key))
    });
    let (mut values, mut elements) = (BTreeMap::new(), BTreeMap::<KeyId, Vec<Bytes>>::new());
    for pair in pairs {
        match keys.element(&pair.key) {
            Some((name, text)) => elements.entry(versions.list(&name)).or_default().push(text),
            None => {
                values.insert(versions.list(&pair.key), pair);
            }
        }
    }
    (values, elements)
}

/// Whether a range has every key below a name that is in it.
fn holds_all_of(range: &Range, name: &Bytes) -> bool {
    match range.range_end.as_slice() {
        b"" => false,
        b"\0" => true,
        _ => range.range_end >= behind(name),
    }
}

/// Whether a read shows every pair of its range as it is now.
fn whole(range: &Range) -> bool {
    let newest = range.revision.is_zero() && range.limit == 0;
    let filters = [
        range.min_mod_revision,
        range.max_mod_revision,
        range.min_create_revision,
        range.max_create_revision,
    ];
    newest && !range.keys_only && !range.count_only && filters.iter().all(Revision::is_zero)
}
