//! Revisions that watches of all our keys went past: on shared ground, where one of them
//! shows nothing at a revision, others made it.

use std::collections::{BTreeMap, VecDeque};

use crate::history::{Revision, WatchId};

/// What watches went past, as far as the model has not come.
#[derive(Clone, Debug, Default)]
pub(super) struct Passages {
    watches: BTreeMap<WatchId, Passage>,
}

/// How far one watch is.
#[derive(Clone, Debug)]
struct Passage {
    /// The first revision that it shows.
    start: Revision,
    /// How far it went, and the event that shows it: those that the model has not reached.
    marks: VecDeque<(Revision, u64)>,
    last: Revision,
    open: bool,
}

impl Passages {
    /// A watch from a revision on was opened.
    pub(super) fn open(&mut self, watch: WatchId, start: Revision) {
        let (marks, last) = (VecDeque::new(), start.previous());
        self.watches.insert(watch, Passage { start, marks, last, open: true });
    }

    /// An event shows that a watch has delivered everything up to a revision.
    pub(super) fn reach(&mut self, watch: WatchId, revision: Revision, event: u64) {
        let Some(passage) = self.watches.get_mut(&watch).filter(|passage| passage.open) else {
            return;
        };
        if revision > passage.last {
            passage.last = revision;
            passage.marks.push_back((revision, event));
        }
    }

    /// A watch has ended.
    pub(super) fn close(&mut self, watch: WatchId) {
        if let Some(passage) = self.watches.get_mut(&watch) {
            passage.open = false;
        }
    }

    /// The first event that shows that a watch went past a revision, which is the next one
    /// of the model.
    pub(super) fn passed(&mut self, next: Revision) -> Option<u64> {
        self.watches.retain(|_, passage| {
            while passage.marks.front().is_some_and(|(reached, _)| *reached < next) {
                passage.marks.pop_front();
            }
            passage.open || !passage.marks.is_empty()
        });
        let within = self.watches.values().filter(|passage| passage.start <= next);
        within.filter_map(|passage| Some(passage.marks.front()?.1)).min()
    }

    /// Whether a watch went past a revision that the model has not reached.
    pub(super) fn have_passed(&self, revision: Revision) -> bool {
        self.watches.values().any(|one| one.start <= revision && revision <= one.last)
    }

    /// Whether a revision that some watch has passed was passed by every one that is open.
    pub(super) fn by_all(&self, revision: Revision) -> bool {
        self.watches.values().all(|passage| !passage.open || passage.last >= revision)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_revision_is_passed_by_what_reached_it_from_before() {
        let (one, other) = (WatchId(1), WatchId(2));
        let mut passages = Passages::default();
        passages.open(one, Revision(5));
        passages.open(other, Revision(9));
        passages.reach(one, Revision(7), 20);
        passages.reach(other, Revision(12), 15);
        assert_eq!(passages.passed(Revision(5)), Some(20));
        assert!(passages.by_all(Revision(7)) && !passages.by_all(Revision(8)));
        assert_eq!(passages.passed(Revision(8)), None, "the second watch began later");
        assert!(passages.have_passed(Revision(9)) && !passages.have_passed(Revision(8)));
        assert_eq!(passages.passed(Revision(9)), Some(15));
        passages.close(one);
        passages.reach(one, Revision(20), 30);
        assert_eq!(passages.passed(Revision(12)), Some(15));
        assert_eq!(passages.passed(Revision(13)), None);
        assert!(passages.by_all(Revision(12)), "one that has ended is not waited for");
    }
}
