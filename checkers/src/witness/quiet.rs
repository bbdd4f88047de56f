//! Revisions that watches of all the run's keys went past: where others write too, one of
//! them that shows nothing there changed nothing of the run's.

use std::collections::BTreeMap;

use super::context::Context;
use crate::history::{Body, Revision, Territory, WatchEvent, WatchFrame, WatchHeader, WatchId};

/// Intervals of revisions, both ends included, sorted and apart from each other.
#[derive(Clone, Debug, Default)]
pub(super) struct Quiet {
    passed: Vec<(Revision, Revision)>,
}

impl Quiet {
    /// What the watches of a history went past. Nothing, where every revision is the run's.
    pub(super) fn of(context: &Context, territory: &Territory) -> Self {
        let mut windows: BTreeMap<WatchId, (Revision, Revision)> = BTreeMap::new();
        let mut ended = Vec::new();
        for event in context.watches.iter().filter(|_| territory.is_shared()) {
            let Body::Watch(WatchEvent { watch, frame }) = &event.body else { continue };
            let mut reach = |revision: Revision| {
                if let Some((_, last)) = windows.get_mut(watch) {
                    *last = revision.max(*last);
                }
            };
            match frame {
                WatchFrame::Open(open) => {
                    let request = &open.request;
                    let covers = territory.is_covered_by(&request.key, &request.range_end);
                    let from = request.start_revision;
                    if covers && !request.no_put && !request.no_delete && !from.is_zero() {
                        windows.insert(*watch, (from, from.previous()));
                    }
                }
                WatchFrame::Events(events) if !events.fragment => {
                    events.events.last().into_iter().for_each(|one| reach(one.kv.mod_revision));
                }
                WatchFrame::Progress(WatchHeader { header: Some(header) }) => {
                    reach(header.revision);
                }
                WatchFrame::Canceled(_) | WatchFrame::Broken { .. } => {
                    ended.extend(windows.remove(watch));
                }
                _ => {}
            }
        }
        Self { passed: joined(windows.into_values().chain(ended)) }
    }

    /// The last of the revisions in a row, from one on, that were passed; nothing if that
    /// one was not.
    pub(super) fn through(&self, from: Revision) -> Option<Revision> {
        let after = self.passed.partition_point(|(first, _)| *first <= from);
        let (_, last) = self.passed.get(after.checked_sub(1)?)?;
        (*last >= from).then_some(*last)
    }
}

fn joined(windows: impl Iterator<Item = (Revision, Revision)>) -> Vec<(Revision, Revision)> {
    let mut windows: Vec<_> = windows.filter(|(from, to)| from <= to).collect();
    windows.sort_unstable();
    let mut joined: Vec<(Revision, Revision)> = Vec::new();
    for (from, to) in windows {
        match joined.last_mut() {
            Some((_, end)) if from <= end.next() => *end = to.max(*end),
            _ => joined.push((from, to)),
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_join_and_tell_how_far_they_go() {
        let windows = [(7, 9), (2, 4), (5, 5), (12, 11), (3, 4)];
        let windows = windows.map(|(from, to)| (Revision(from), Revision(to)));
        let quiet = Quiet { passed: joined(windows.into_iter()) };
        assert_eq!(quiet.through(Revision(2)), Some(Revision(5)));
        assert_eq!(quiet.through(Revision(5)), Some(Revision(5)));
        assert_eq!(quiet.through(Revision(6)), None);
        assert_eq!(quiet.through(Revision(8)), Some(Revision(9)));
        assert_eq!(quiet.through(Revision(1)), None);
        assert_eq!(quiet.through(Revision(12)), None);
    }
}
