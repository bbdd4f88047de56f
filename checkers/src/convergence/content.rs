//! What a member holds, and how two members differ.

use std::collections::BTreeMap;

use crate::evidence::{PairMark, Place};
use crate::history::{Bytes, Range, RangeResponse, Revision};
use crate::keys::KeyRange;

/// The pairs of a store.
pub(super) type Pairs = BTreeMap<Bytes, PairMark>;

/// What a member answered to a final read of the whole key space.
#[derive(Clone, Debug)]
pub(super) struct Content {
    /// The operation.
    pub(super) place: Place,
    /// What was read.
    pub(super) range: KeyRange,
    /// At which revision.
    pub(super) revision: Revision,
    /// The pairs.
    pub(super) pairs: Pairs,
}

impl Content {
    /// The content that an answer shows, if the read asked for everything of its range.
    pub(super) fn of(place: Place, range: &Range, answer: &RangeResponse) -> Option<Self> {
        let plain = Range {
            key: range.key.clone(),
            range_end: range.range_end.clone(),
            serializable: range.serializable,
            sort: range.sort,
            ..Range::default()
        };
        if *range != plain || range.range_end.is_empty() || answer.more {
            return None;
        }
        let revision = answer.header?.revision;
        let pairs = answer.kvs.iter().map(|pair| (pair.key.clone(), PairMark::of(pair, true)));
        Some(Self {
            place,
            range: KeyRange::new(&range.key, &range.range_end),
            revision,
            pairs: pairs.collect(),
        })
    }
}

/// How two contents differ: the first key, what each has there, and how many keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Difference {
    /// The first key that differs.
    pub(super) key: Bytes,
    /// What the first content has.
    pub(super) first: Option<PairMark>,
    /// What the second content has.
    pub(super) second: Option<PairMark>,
    /// How many keys differ.
    pub(super) keys: usize,
}

impl Difference {
    fn note(
        found: &mut Option<Self>,
        key: &Bytes,
        first: Option<&PairMark>,
        second: Option<&PairMark>,
    ) {
        if let Some(difference) = found {
            difference.keys += 1;
            return;
        }
        let (key, first, second) = (key.clone(), first.cloned(), second.cloned());
        *found = Some(Self { key, first, second, keys: 1 });
    }
}

/// How two contents of one revision differ.
pub(super) fn difference(first: &Pairs, second: &Pairs) -> Option<Difference> {
    let mut found = None;
    for (key, pair) in first {
        let other = second.get(key);
        if other != Some(pair) {
            Difference::note(&mut found, key, Some(pair), other);
        }
    }
    for (key, pair) in second.iter().filter(|(key, _)| !first.contains_key(*key)) {
        Difference::note(&mut found, key, None, Some(pair));
    }
    found
}

/// How an older content and a newer one differ beyond what changes between the two can
/// explain: a pair of the newer one that was last put before must be in the older one.
pub(super) fn unexplained(older: &Pairs, at: Revision, newer: &Pairs) -> Option<Difference> {
    let mut found = None;
    for (key, pair) in newer.iter().filter(|(_, pair)| pair.modified <= at) {
        let other = older.get(key);
        if other != Some(pair) {
            Difference::note(&mut found, key, other, Some(pair));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::KeyValue;

    fn pairs(pairs: &[(&str, i64)]) -> Pairs {
        let pair = |(key, modified): &(&str, i64)| {
            let mod_revision = Revision(*modified);
            let pair = KeyValue { mod_revision, ..KeyValue::default() };
            ((*key).into(), PairMark::of(&pair, true))
        };
        pairs.iter().map(pair).collect()
    }

    #[test]
    fn the_first_key_that_differs_is_named_and_the_rest_counted() {
        let one = pairs(&[("a", 2), ("b", 3), ("c", 4)]);
        assert_eq!(difference(&one, &one), None);
        let found = difference(&one, &pairs(&[("a", 2), ("b", 5), ("d", 6)])).expect("different");
        assert_eq!((found.key, found.keys), ("b".into(), 3));
        let found = difference(&one, &pairs(&[("a", 2), ("b", 3), ("c", 4), ("e", 5)]));
        assert_eq!(found.expect("different").first, None);
    }

    #[test]
    fn later_changes_explain_what_they_can() {
        let older = pairs(&[("a", 2), ("b", 3)]);
        assert_eq!(unexplained(&older, Revision(3), &pairs(&[("b", 5), ("c", 4)])), None);
        let found = unexplained(&older, Revision(3), &pairs(&[("a", 2), ("x", 3)]));
        assert_eq!(found.expect("unexplained").key, "x".into());
    }
}
