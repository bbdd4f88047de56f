//! Every revision is somebody's: none is left out.

use std::collections::BTreeMap;

use crate::evidence::{Findings, Place, RevisionSet, finding};
use crate::history::{
    Event, MemberIndex, Preamble, Revision, WatchEvent, WatchFrame, WatchId, WatchKind,
};
use crate::watch::Window;

/// Looks for revisions that no watch shows and nobody claims, where every member's
/// recorder watch would have shown them.
#[derive(Clone, Debug, Default)]
pub(super) struct Density {
    /// Nothing can be said, because others write too or the membership changes.
    undecidable: bool,
    members: usize,
    first: Revision,
    recorders: BTreeMap<WatchId, Recorder>,
    taken: RevisionSet,
}

#[derive(Clone, Copy, Debug)]
struct Recorder {
    member: MemberIndex,
    window: Window,
    place: Place,
}

/// An interval of revisions, both ends included.
type Interval = (Revision, Revision);

impl Density {
    /// For a run.
    pub(super) fn new(preamble: &Preamble) -> Self {
        Self {
            undecidable: !preamble.exclusive || !preamble.prefix.is_empty(),
            members: preamble.members.len(),
            first: preamble.start_revision.next(),
            ..Self::default()
        }
    }

    /// The membership changes: whose watch covers what is no longer clear.
    pub(super) fn give_up(&mut self) {
        self.undecidable = true;
    }

    /// Somebody claims a revision: that its change is shown is for the checker of watches. An
    /// answer that only may have made it, such as a revocation's, claims nothing: had it made the
    /// revision, the watches would show what it changed.
    pub(super) fn claim(&mut self, revision: Revision) {
        self.taken.insert(revision);
    }

    /// A watch's frame came.
    pub(super) fn frame(&mut self, event: &Event, watch: &WatchEvent) {
        if let WatchFrame::Events(events) = &watch.frame {
            for event in &events.events {
                self.taken.insert(event.kv.mod_revision);
            }
        }
        match (&watch.frame, event.member) {
            (WatchFrame::Open(open), Some(member)) if open.kind == WatchKind::Recorder => {
                let window = Window::open(&open.request);
                let place = Place::of(event);
                self.recorders.insert(watch.watch, Recorder { member, window, place });
            }
            (frame, _) => {
                if let Some(recorder) = self.recorders.get_mut(&watch.watch) {
                    recorder.window.observe(frame);
                    if recorder.window.ended() {
                        return;
                    }
                    recorder.place = Place::of(event);
                }
            }
        }
    }

    /// At the end: what is missing.
    pub(super) fn finish(&self, findings: &mut Findings) {
        if self.undecidable || self.members == 0 {
            return;
        }
        for (from, to) in self.covered_by_all() {
            for gap in self.taken.missing(from.max(self.first), to) {
                self.gap(gap, findings);
            }
        }
    }

    /// How many revisions were seen or claimed.
    pub(super) fn count(&self) -> u64 {
        self.taken.count()
    }

    /// What every member's recorder watches cover.
    fn covered_by_all(&self) -> Vec<Interval> {
        let mut members: BTreeMap<MemberIndex, Vec<Interval>> = BTreeMap::new();
        for recorder in self.recorders.values() {
            members.entry(recorder.member).or_default().extend(recorder.window.covered());
        }
        if members.len() < self.members {
            return Vec::new();
        }
        let mut unions = members.into_values().map(union);
        let first = unions.next().unwrap_or_default();
        unions.fold(first, |common, other| intersection(&common, &other))
    }

    fn gap(&self, (from, to): Interval, findings: &mut Findings) {
        findings.add("revision-gap", || {
            let which = if from == to {
                format!("revision {from}")
            } else {
                format!("revisions {from} to {to}")
            };
            let steps = self
                .recorders
                .iter()
                .filter(|(_, recorder)| recorder.window.covers(from))
                .take(3)
                .map(|(watch, recorder)| {
                    let what = format!("watch {watch} on {} passes {to}", recorder.member);
                    recorder.place.step(what, format!("nothing at {which}")).contradicting()
                })
                .collect();
            finding(
                ("revision-gap", "K2"),
                format!("{which} changed nothing: no watch shows it and nobody claims it"),
                "because only a change makes a revision, and the watches on every member passed it",
                "however none of them showed a change there",
                steps,
            )
        });
    }
}

/// Intervals, sorted and joined where they touch.
fn union(mut intervals: Vec<Interval>) -> Vec<Interval> {
    intervals.sort_unstable();
    let mut joined: Vec<Interval> = Vec::new();
    for (from, to) in intervals {
        match joined.last_mut() {
            Some((_, end)) if from <= end.next() => *end = (*end).max(to),
            _ => joined.push((from, to)),
        }
    }
    joined
}

/// What two sorted lists of intervals have in common.
fn intersection(one: &[Interval], other: &[Interval]) -> Vec<Interval> {
    let (mut left, mut right) = (0, 0);
    let mut common = Vec::new();
    while let (Some(first), Some(second)) = (one.get(left), other.get(right)) {
        let both = (first.0.max(second.0), first.1.min(second.1));
        if both.0 <= both.1 {
            common.push(both);
        }
        if first.1 < second.1 {
            left += 1;
        } else {
            right += 1;
        }
    }
    common
}

#[cfg(test)]
mod tests {
    use super::*;

    fn intervals(ends: &[(i64, i64)]) -> Vec<Interval> {
        ends.iter().map(|(from, to)| (Revision(*from), Revision(*to))).collect()
    }

    #[test]
    fn intervals_join_where_they_touch_and_intersect_exactly() {
        let joined = union(intervals(&[(8, 9), (2, 4), (5, 6), (3, 3)]));
        assert_eq!(joined, intervals(&[(2, 6), (8, 9)]));
        let common = intersection(&joined, &intervals(&[(1, 2), (4, 8), (9, 20)]));
        assert_eq!(common, intervals(&[(2, 2), (4, 6), (8, 8), (9, 9)]));
        assert!(intersection(&joined, &[]).is_empty());
    }
}
