//! A watcher of `mixed`.

use std::sync::Arc;
use std::time::Duration;

use rand::RngExt as _;
use rand::rngs::ChaCha8Rng;
use stormglass_checkers::history::{
    Body, Event, Header, MemberIndex, Revision, WatchEvents, WatchFrame, WatchRequest,
};

use super::keys::Interval;
use super::settings::Settings;
use crate::workload::actor::Workload;
use crate::workload::context::Context;
use crate::workload::step::{Step, WatchStep};

/// How often a watch continues the one before.
const RESUME: f64 = 0.6;
/// How far back a watch of the past starts, in revisions.
const PAST_REVISIONS: i64 = 150;
/// How far ahead a watch of the future starts, in revisions.
const FUTURE_REVISIONS: i64 = 300;
/// Pause between two watches, at most, in milliseconds.
const PAUSE_MILLISECONDS: u64 = 300;

/// A watcher: opens watches of every kind one after the other, stays with each for a
/// while, and continues many of them on another member.
pub(super) struct Watcher {
    settings: Arc<Settings>,
    rng: ChaCha8Rng,
    newest: Revision,
    compacted: Revision,
    watch: Option<Progress>,
    rested: bool,
}

/// How far the watch before came.
struct Progress {
    member: MemberIndex,
    request: WatchRequest,
    /// Where to go on; 0 where nothing is known, which begins with the present.
    next: Revision,
    /// Whether the server ended it because its start was compacted.
    compacted: bool,
}

impl Watcher {
    pub(super) fn new(settings: Arc<Settings>, rng: ChaCha8Rng) -> Self {
        Self {
            settings,
            rng,
            newest: Revision(0),
            compacted: Revision(0),
            watch: None,
            rested: false,
        }
    }

    fn resumed(&mut self, context: &Context) -> Option<WatchStep> {
        let before = self.watch.as_ref()?;
        if before.compacted || before.next.is_zero() || !self.rng.random_bool(RESUME) {
            return None;
        }
        let request = WatchRequest { start_revision: before.next, ..before.request.clone() };
        let member = elsewhere(before.member, context.members, &mut self.rng);
        let mut step = self.step(member, request, true);
        // A member that lags takes this start for one in the future, and with #20221 it
        // reports progress below it.
        if !self.settings.triggers.watch_future_start {
            step.request.progress_notify = false;
            step.progress_every = None;
        }
        Some(step)
    }

    fn fresh(&mut self, context: &Context) -> WatchStep {
        let (key, range_end) = self.interval();
        let filter = self.rng.random_range(0..10);
        let request = WatchRequest {
            key,
            range_end,
            start_revision: self.start(),
            prev_kv: self.rng.random_bool(0.4),
            progress_notify: self.rng.random_bool(0.3),
            fragment: self.rng.random_bool(0.3),
            no_put: filter == 0,
            no_delete: filter == 1,
        };
        self.step(context.member, request, false)
    }

    fn step(&mut self, member: MemberIndex, request: WatchRequest, resumes: bool) -> WatchStep {
        let asks = self.rng.random_bool(0.2);
        let period = Duration::from_millis(self.rng.random_range(50..500));
        WatchStep {
            member,
            request,
            resumes,
            max_events: self.rng.random_range(20..2_000),
            max_time: Duration::from_millis(self.rng.random_range(300..4_000)),
            progress_every: (asks && self.settings.triggers.progress_request).then_some(period),
        }
    }

    fn interval(&mut self) -> Interval {
        let keys = &self.settings.keys;
        match self.rng.random_range(0..10) {
            0..2 => (keys.hot(&mut self.rng), stormglass_checkers::history::Bytes::default()),
            2..4 => keys.neighbours(5, &mut self.rng),
            4..7 => keys.all_hot(),
            7 => keys.all_leased(),
            _ => keys.everything(),
        }
    }

    /// From now on, from a past revision, or from a corner that is a known bug's
    /// trigger.
    fn start(&mut self) -> Revision {
        let triggers = self.settings.triggers;
        let newest = self.newest.0;
        let start = match self.rng.random_range(0..20) {
            _ if newest == 0 => 0,
            0..10 => 0,
            // Compacted long ago: the server must say so, and say what is left.
            10 => 1,
            11 | 12 if triggers.watch_compacted_start => self.compacted.0,
            13 | 14 if triggers.watch_future_start => {
                newest + self.rng.random_range(1..=FUTURE_REVISIONS)
            }
            _ => {
                let oldest = (newest - PAST_REVISIONS).max(self.compacted.0 + 1).max(1);
                self.rng.random_range(oldest.min(newest)..=newest)
            }
        };
        self.off_compacted(Revision(start))
    }

    /// Moves a start that happens to be the compact revision, where that is a trigger
    /// which is left out.
    fn off_compacted(&self, start: Revision) -> Revision {
        let there = !start.is_zero() && start == self.compacted;
        if there && !self.settings.triggers.watch_compacted_start { start.next() } else { start }
    }

    fn opened(&mut self, member: MemberIndex, request: &WatchRequest) {
        let next = request.start_revision;
        self.watch = Some(Progress { member, request: request.clone(), next, compacted: false });
    }

    fn seen(&mut self, header: Option<&Header>) -> Revision {
        let revision = header.map_or(Revision(0), |header| header.revision);
        self.newest = self.newest.max(revision);
        revision
    }

    /// Everything up to this revision was delivered.
    fn delivered(&mut self, revision: Revision) {
        if let Some(watch) = &mut self.watch {
            watch.next = watch.next.max(revision.next());
        }
    }

    fn events(&mut self, frame: &WatchEvents) {
        self.seen(frame.header.as_ref());
        let last = frame.events.iter().map(|event| event.kv.mod_revision).max();
        let Some(last) = last else { return };
        // Of a fragment's last revision more may come.
        self.delivered(if frame.fragment { last.previous() } else { last });
    }
}

impl Workload for Watcher {
    fn next(&mut self, context: &Context) -> Step {
        if !std::mem::replace(&mut self.rested, true) {
            let pause = self.rng.random_range(0..PAUSE_MILLISECONDS);
            return Step::Wait(Duration::from_millis(pause));
        }
        self.rested = false;
        let step = self.resumed(context);
        Step::Watch(step.unwrap_or_else(|| self.fresh(context)))
    }

    fn observe(&mut self, event: &Event) {
        let Body::Watch(watch) = &event.body else { return };
        match &watch.frame {
            WatchFrame::Open(open) => {
                self.opened(event.member.unwrap_or_default(), &open.request);
            }
            WatchFrame::Created(frame) => {
                let revision = self.seen(frame.header.as_ref());
                let present = self.watch.as_ref().is_some_and(|watch| watch.next.is_zero());
                if present && !revision.is_zero() {
                    self.delivered(revision);
                }
            }
            WatchFrame::Events(frame) => self.events(frame),
            WatchFrame::Progress(frame) => {
                let revision = self.seen(frame.header.as_ref());
                if !revision.is_zero() {
                    self.delivered(revision);
                }
            }
            WatchFrame::Canceled(frame) => {
                self.seen(frame.header.as_ref());
                self.compacted = self.compacted.max(frame.compact_revision);
                if let Some(watch) = &mut self.watch {
                    watch.compacted |= !frame.compact_revision.is_zero();
                }
            }
            WatchFrame::RequestProgress {} | WatchFrame::Cancel {} | WatchFrame::Broken { .. } => {}
        }
    }
}

/// Another member than the one before, where there is one.
fn elsewhere(before: MemberIndex, members: u16, rng: &mut ChaCha8Rng) -> MemberIndex {
    if members < 2 {
        return before;
    }
    MemberIndex((before.0 + rng.random_range(1..members)) % members)
}

#[cfg(test)]
mod tests {
    use stormglass_checkers::history::{
        KeyEvent, KeyEventKind, KeyValue, Nanos, ProcessId, WatchCanceled, WatchEvent, WatchHeader,
        WatchId, WatchKind, WatchOpen,
    };

    use super::*;
    use crate::plan::Plan;
    use crate::scenario::Scenario;

    fn header(revision: i64) -> Header {
        Header { revision: Revision(revision), ..Header::default() }
    }

    fn events(revisions: &[i64], fragment: bool) -> WatchFrame {
        let event = |revision: &i64| KeyEvent {
            kind: KeyEventKind::Put,
            kv: KeyValue { mod_revision: Revision(*revision), ..KeyValue::default() },
            prev_kv: None,
        };
        let events = revisions.iter().map(event).collect();
        WatchFrame::Events(WatchEvents { header: Some(header(99)), fragment, events })
    }

    /// Where a watch that got these frames is continued; none where it never is.
    fn resumed_from(start: i64, frames: &[WatchFrame]) -> Option<i64> {
        let scenario = Scenario::parse("schema = 1\nname = \"a\"", "a.toml").expect("a scenario");
        let plan = Plan::build(&scenario, 1, "3.5.30").expect("a plan");
        let rng = crate::random::stream(1, "test");
        let mut watcher = Watcher::new(Arc::new(Settings::new(&plan, "")), rng);
        let request = WatchRequest { start_revision: Revision(start), ..WatchRequest::default() };
        let open = WatchOpen { kind: WatchKind::Workload, request, resumes: None };
        let member = Some(MemberIndex(1));
        for frame in std::iter::once(&WatchFrame::Open(open)).chain(frames) {
            let body = Body::Watch(WatchEvent { watch: WatchId(0), frame: frame.clone() });
            watcher.observe(&Event { index: 0, at: Nanos(0), process: None, member, body });
        }
        let (process, now) = (ProcessId(0), Nanos(0));
        let context = Context { process, member: MemberIndex(0), members: 3, now };
        let steps = (0..64).filter_map(|_| watcher.resumed(&context));
        let starts: Vec<i64> = steps
            .map(|step| {
                assert!(step.resumes && step.member != MemberIndex(1));
                step.request.start_revision.0
            })
            .collect();
        assert!(starts.windows(2).all(|pair| pair[0] == pair[1]));
        starts.first().copied()
    }

    #[test]
    fn a_watch_goes_on_behind_what_was_delivered_whole() {
        let created = WatchFrame::Created(WatchHeader { header: Some(header(40)) });
        let progress = WatchFrame::Progress(WatchHeader { header: Some(header(60)) });
        assert_eq!(resumed_from(0, std::slice::from_ref(&created)), Some(41));
        assert_eq!(resumed_from(7, &[created.clone(), events(&[7, 9, 9], false)]), Some(10));
        assert_eq!(resumed_from(7, &[created.clone(), events(&[7, 9], true)]), Some(9));
        assert_eq!(resumed_from(7, &[created.clone(), progress]), Some(61));
        assert_eq!(resumed_from(7, &[created]), Some(7));
    }

    #[test]
    fn a_watch_that_never_began_or_was_compacted_is_not_continued() {
        let canceled = WatchCanceled { compact_revision: Revision(9), ..WatchCanceled::default() };
        assert_eq!(resumed_from(7, &[WatchFrame::Canceled(canceled)]), None);
        assert_eq!(resumed_from(0, &[]), None);
    }
}
