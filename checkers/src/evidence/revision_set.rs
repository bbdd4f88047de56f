//! Sets of revisions that are whole but for a few gaps.

use std::collections::BTreeMap;

use crate::history::Revision;

/// A set of revisions, kept as the runs of those that follow each other: a store that
/// works has one run, however long its history is.
#[derive(Clone, Debug, Default)]
pub(crate) struct RevisionSet {
    /// The last revision of each run, by its first.
    runs: BTreeMap<Revision, Revision>,
    count: u64,
}

impl RevisionSet {
    /// Takes a revision in. Whether it is new.
    pub(crate) fn insert(&mut self, revision: Revision) -> bool {
        let before = self.runs.range_mut(..=revision).next_back();
        let (first, last) = match before {
            Some((_, last)) if *last >= revision => return false,
            Some((first, last)) if last.next() == revision => {
                *last = revision;
                (*first, revision)
            }
            _ => {
                self.runs.insert(revision, revision);
                (revision, revision)
            }
        };
        self.count += 1;
        if let Some(end) = self.runs.remove(&last.next()) {
            self.runs.insert(first, end);
        }
        true
    }

    /// Takes all from one to another in, both included.
    pub(crate) fn insert_all(&mut self, from: Revision, to: Revision) {
        if from > to {
            return;
        }
        let many = |(first, last): (Revision, Revision)| (last.0 - first.0).unsigned_abs() + 1;
        self.count += self.missing(from, to).into_iter().map(many).sum::<u64>();
        let (mut first, mut end) = (from, to);
        // Runs that begin up to right behind it are joined with it, unless they end before it.
        while let Some((begin, last)) = self.runs.range(..=end.next()).next_back()
            && last.next() >= first
        {
            let (begin, last) = (*begin, *last);
            self.runs.remove(&begin);
            (first, end) = (first.min(begin), end.max(last));
        }
        self.runs.insert(first, end);
    }

    /// Whether it is one of them.
    pub(crate) fn contains(&self, revision: Revision) -> bool {
        self.contains_all(revision, revision)
    }

    /// Whether all from one to another are, both included.
    pub(crate) fn contains_all(&self, from: Revision, to: Revision) -> bool {
        from > to || self.runs.range(..=from).next_back().is_some_and(|(_, last)| *last >= to)
    }

    /// How many there are.
    pub(crate) fn count(&self) -> u64 {
        self.count
    }

    /// The runs of those that are missing between two revisions, both included.
    pub(crate) fn missing(&self, from: Revision, to: Revision) -> Vec<(Revision, Revision)> {
        let mut missing = Vec::new();
        let mut next = from;
        let begun = self.runs.range(..from).next_back().into_iter();
        for (first, last) in begun.chain(self.runs.range(from..=to.max(from))) {
            if next < *first {
                missing.push((next, first.previous()));
            }
            next = next.max(last.next());
        }
        if next <= to {
            missing.push((next, to));
        }
        missing
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::RevisionSet;
    use crate::history::Revision;

    proptest! {
        #[test]
        fn it_holds_what_a_set_holds(inserted in prop::collection::vec(1_i64..40, 0..60),
                                     from in 1_i64..40, length in 0_i64..40) {
            let mut set = RevisionSet::default();
            let mut plain = BTreeSet::new();
            for one in inserted {
                prop_assert_eq!(set.insert(Revision(one)), plain.insert(one));
            }
            prop_assert_eq!(set.count(), plain.len() as u64);
            let to = from + length;
            let missing: Vec<i64> = set
                .missing(Revision(from), Revision(to))
                .into_iter()
                .flat_map(|(first, last)| first.0..=last.0)
                .collect();
            let expected: Vec<i64> = (from..=to).filter(|one| !plain.contains(one)).collect();
            prop_assert_eq!(set.contains_all(Revision(from), Revision(to)), expected.is_empty());
            prop_assert_eq!(set.contains(Revision(from)), plain.contains(&from));
            prop_assert_eq!(missing, expected);
        }
    }
}
