//! Which keys deletions of ranges took last, without asking every deletion for every key.

use std::collections::BTreeMap;
use std::ops::Bound;

use crate::history::{Bytes, Revision};
use crate::keys::KeyRange;

/// The newest deletion of a range over each key: a step function over the keys.
#[derive(Clone, Debug, Default)]
pub(super) struct Sweep {
    /// From this key on, up to the next one; before the first nothing was deleted.
    steps: BTreeMap<Bytes, Option<Revision>>,
}

impl Sweep {
    /// The deletions up to a revision.
    pub(super) fn up_to(to: Revision, deletions: &BTreeMap<Revision, Vec<KeyRange>>) -> Self {
        let mut sweep = Self::default();
        for (revision, ranges) in deletions.range(..=to) {
            for range in ranges {
                sweep.delete(range, *revision);
            }
        }
        sweep
    }

    /// The newest deletion of a range that a key lies in.
    pub(super) fn newest(&self, key: &Bytes) -> Option<Revision> {
        self.steps.range(..=key).next_back().and_then(|(_, revision)| *revision)
    }

    /// Revisions come in order, so a deletion covers what earlier ones left. Each removes
    /// the steps inside it for good, which keeps the whole near linear.
    fn delete(&mut self, range: &KeyRange, revision: Revision) {
        let end = range.beyond();
        if end.is_some_and(|end| end <= range.first()) {
            return;
        }
        let beyond = end.map(|end| (end.clone(), self.newest(end)));
        let upper = end.map_or(Bound::Unbounded, Bound::Excluded);
        let inside: Vec<Bytes> = self
            .steps
            .range::<Bytes, _>((Bound::Included(range.first()), upper))
            .map(|(key, _)| key.clone())
            .collect();
        for key in inside {
            self.steps.remove(&key);
        }
        self.steps.insert(range.first().clone(), Some(revision));
        self.steps.extend(beyond);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A key, or an end of a range, of which there are few, so that ranges meet.
    fn key() -> impl Strategy<Value = String> {
        "[a-c]{1,2}"
    }

    proptest! {
        #[test]
        fn a_sweep_says_what_asking_every_deletion_says(
            ranges in prop::collection::vec((key(), prop_oneof![Just("\0".to_owned()), key()]), 0..30),
            to in 0_i64..32,
            asked in key(),
        ) {
            let range = |(key, end): (String, String)| KeyRange::new(&key.into(), &end.into());
            let deletions: BTreeMap<Revision, Vec<KeyRange>> =
                (1..).map(Revision).zip(ranges.into_iter().map(|one| vec![range(one)])).collect();
            let asked = Bytes::from(asked);
            let mut newest_first = deletions.range(..=Revision(to)).rev();
            let expected = newest_first.find(|(_, ranges)| ranges[0].contains(&asked));
            let swept = Sweep::up_to(Revision(to), &deletions);
            prop_assert_eq!(swept.newest(&asked), expected.map(|(at, _)| *at));
        }
    }
}
