//! Measurements over time: of each member, and of the harness.

use std::collections::BTreeMap;

use stormglass_checkers::history::{
    Body, Event, Header, HexId, MemberIndex, Nanos, ProcessSample, Revision, Sample,
    StatusResponse, WatchEvent, WatchFrame, WatchId, WatchKind,
};

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Measure {
    /// How many revisions the recorder's watch on a member is behind the newest known one.
    WatchLag,
    /// Whom a member takes for the leader: its place, counted from 1, or 0 for nobody.
    Leader,
    /// A member's raft term.
    Term,
    /// Size of a member's database file, in MiB.
    Database,
    /// Processors that a member keeps busy.
    Processors,
    /// A member's resident memory, in MiB.
    Memory,
    /// A member's open files.
    Files,
    /// A member's data, in MiB.
    Disk,
    /// By how much a member's wall clock differs from the harness's at least, in seconds.
    Clock,
    /// How late the harness's timers fire, in seconds.
    TimerLag,
}

/// Whose a measurement is: a member's, or the harness's.
pub(crate) type Subject = Option<MemberIndex>;
/// Measurements in the order of their times.
pub(crate) type Points = Vec<(Nanos, f64)>;

/// Every measurement of a run.
#[derive(Debug, Default)]
pub(crate) struct Series {
    all: BTreeMap<Measure, BTreeMap<Subject, Points>>,
    /// The members' places by etcd's own IDs of them.
    places: BTreeMap<HexId, MemberIndex>,
    /// The newest revision that anybody has shown.
    newest: Revision,
    /// Recorder watches that are open, and the revision up to which each member's has come.
    recorders: BTreeMap<WatchId, MemberIndex>,
    watched: BTreeMap<MemberIndex, Revision>,
    /// What a member's process had used when it was last looked at.
    used: BTreeMap<MemberIndex, (Nanos, u64)>,
}

impl Measure {
    /// Whether it goes from one value to another without those between them.
    pub(crate) fn jumps(self) -> bool {
        matches!(self, Self::Leader | Self::Term | Self::Clock)
    }
}

impl Series {
    /// What was measured of one kind.
    pub(crate) fn of(&self, measure: Measure) -> Option<&BTreeMap<Subject, Points>> {
        self.all.get(&measure)
    }

    /// Takes the next event.
    pub(crate) fn observe(&mut self, event: &Event) {
        match (&event.body, event.member) {
            (Body::Watch(watch), Some(member)) => self.watch(member, watch),
            (Body::Sample(Sample::Status(status)), Some(member)) => {
                self.status(event.at, member, status);
            }
            (Body::Sample(Sample::Process(process)), Some(member)) => {
                self.process(event.at, member, process);
            }
            (Body::Sample(Sample::Clock { off_by_ms }), Some(member)) => {
                self.add(Measure::Clock, Some(member), event.at, seconds(*off_by_ms));
            }
            (Body::Sample(Sample::TimerLag { lag }), _) => {
                self.add(Measure::TimerLag, None, event.at, lag.seconds());
            }
            _ => {}
        }
    }

    fn add(&mut self, measure: Measure, subject: Subject, at: Nanos, value: f64) {
        self.all.entry(measure).or_default().entry(subject).or_default().push((at, value));
    }

    fn watch(&mut self, member: MemberIndex, watch: &WatchEvent) {
        match &watch.frame {
            WatchFrame::Open(open) if open.kind == WatchKind::Recorder => {
                self.recorders.insert(watch.watch, member);
            }
            WatchFrame::Events(frame) if self.recorders.contains_key(&watch.watch) => {
                let last = frame.events.iter().map(|change| change.kv.mod_revision).max();
                self.came(member, last.unwrap_or_default());
            }
            WatchFrame::Progress(frame) if self.recorders.contains_key(&watch.watch) => {
                self.came(member, revision(frame.header.as_ref()));
            }
            _ => {}
        }
    }

    fn came(&mut self, member: MemberIndex, revision: Revision) {
        let watched = self.watched.entry(member).or_default();
        *watched = revision.max(*watched);
        self.newest = revision.max(self.newest);
    }

    fn status(&mut self, at: Nanos, member: MemberIndex, status: &StatusResponse) {
        self.newest = revision(status.header.as_ref()).max(self.newest);
        if let Some(header) = &status.header {
            self.places.insert(header.member_id, member);
        }
        let leader = self.places.get(&status.leader).map_or(0, |place| place.0 + 1);
        self.add(Measure::Leader, Some(member), at, f64::from(leader));
        self.add(Measure::Term, Some(member), at, number(status.raft_term));
        let size = u64::try_from(status.db_size_bytes).unwrap_or_default();
        self.add(Measure::Database, Some(member), at, mebibytes(size));
        let watched = self.watched.iter().map(|(member, watched)| (*member, *watched));
        for (member, watched) in watched.collect::<Vec<_>>() {
            let behind = u64::try_from(self.newest.0 - watched.0).unwrap_or_default();
            self.add(Measure::WatchLag, Some(member), at, number(behind));
        }
    }

    fn process(&mut self, at: Nanos, member: MemberIndex, process: &ProcessSample) {
        let before = self.used.insert(member, (at, process.cpu_ms));
        // Another process has used less than the one before it.
        if let Some((since, used)) = before.filter(|(_, used)| *used <= process.cpu_ms) {
            let spent = number(process.cpu_ms - used) / 1e3;
            let time = Nanos(at.0.saturating_sub(since.0)).seconds().max(1e-3);
            self.add(Measure::Processors, Some(member), at, spent / time);
        }
        self.add(Measure::Memory, Some(member), at, mebibytes(process.resident_bytes));
        self.add(Measure::Files, Some(member), at, number(process.open_files));
        if process.disk_bytes > 0 {
            self.add(Measure::Disk, Some(member), at, mebibytes(process.disk_bytes));
        }
    }
}

fn revision(header: Option<&Header>) -> Revision {
    header.map(|header| header.revision).unwrap_or_default()
}

#[expect(clippy::cast_precision_loss, reason = "a place in a plot")]
fn seconds(millis: i64) -> f64 {
    millis as f64 / 1e3
}

#[expect(clippy::cast_precision_loss, reason = "a place in a plot")]
fn number(value: u64) -> f64 {
    value as f64
}

fn mebibytes(bytes: u64) -> f64 {
    number(bytes) / f64::from(1 << 20)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(at: u64, cpu_ms: u64) -> Event {
        let process = ProcessSample { cpu_ms, resident_bytes: 7, open_files: 3, disk_bytes: 0 };
        let body = Body::Sample(Sample::Process(process));
        let member = Some(MemberIndex(0));
        Event { index: 0, at: Nanos(at * 1_000_000_000), process: None, member, body }
    }

    #[test]
    fn processors_are_told_by_what_was_used_since_and_not_across_a_restart() {
        let mut series = Series::default();
        for event in [sample(1, 500), sample(3, 1_500), sample(4, 100), sample(5, 350)] {
            series.observe(&event);
        }
        let points = &series.of(Measure::Processors).expect("measured")[&Some(MemberIndex(0))];
        let values: Vec<f64> = points.iter().map(|(_, value)| *value).collect();
        assert_eq!(values, [0.5, 0.25]);
        assert_eq!(series.of(Measure::Files).expect("measured")[&Some(MemberIndex(0))].len(), 4);
        assert!(series.of(Measure::Disk).is_none(), "nobody told it");
    }
}
