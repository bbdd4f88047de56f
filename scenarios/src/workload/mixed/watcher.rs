//! A watcher of `mixed`.

use std::sync::Arc;
use std::time::Duration;

use rand::RngExt as _;
use rand::rngs::ChaCha8Rng;
use stormglass_checkers::history::{
    Body, Event, Header, MemberIndex, Revision, WatchEvents, WatchFrame, WatchRequest,
};

use super::draws::percent;
use super::settings::Settings;
use super::watches::fresh;
use crate::workload::actor::Workload;
use crate::workload::context::Context;
use crate::workload::step::{Step, WatchStep};

/// Pause between two watches, at most, in milliseconds.
const PAUSE_MILLISECONDS: u64 = 300;
/// How long a slow reader takes nothing, in milliseconds.
const STALL_MILLISECONDS: std::ops::Range<u64> = 500..4_000;

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
        let spec = &self.settings.spec.watch;
        if before.compacted || before.next.is_zero() || !percent(spec.resume, &mut self.rng) {
            return None;
        }
        let request = WatchRequest { start_revision: before.next, ..before.request.clone() };
        let moves = percent(spec.resume_elsewhere, &mut self.rng);
        let others = if moves { context.members } else { 1 };
        let member = elsewhere(before.member, others, &mut self.rng);
        Some(self.step(member, request, true))
    }

    fn fresh(&mut self, context: &Context) -> WatchStep {
        let known = (self.newest, self.compacted);
        let request = fresh(&self.settings, known, &mut self.rng);
        self.step(context.member, request, false)
    }

    fn step(&mut self, member: MemberIndex, request: WatchRequest, resumes: bool) -> WatchStep {
        let asks = percent(self.settings.spec.watch.progress_request, &mut self.rng);
        let period = Duration::from_millis(self.rng.random_range(50..500));
        let reads = Duration::from_millis(self.rng.random_range(300..4_000));
        let slow = percent(self.settings.spec.watch.slow, &mut self.rng);
        let stall = slow.then(|| self.rng.random_range(STALL_MILLISECONDS));
        let stall = stall.map(Duration::from_millis);
        WatchStep {
            member,
            request,
            resumes,
            // A member that lags takes this start for one in the future.
            caught_up: !self.settings.triggers.watch_future_start,
            max_events: self.rng.random_range(20..2_000),
            max_time: reads + stall.unwrap_or_default(),
            stall,
            progress_every: (asks && self.settings.triggers.progress_request).then_some(period),
        }
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
        let text = "schema = 1\nname = \"a\"\n[workload.watch]\nresume-elsewhere = 100";
        let scenario = Scenario::parse(text, "a.toml").expect("a scenario");
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
    fn where_starts_in_the_future_are_avoided_a_watch_waits_for_its_member() {
        let avoid = "[[avoid]]\nreleases = \"*\"\ntriggers = [\"watch-future-start\"]";
        for (text, waits) in [("", false), (avoid, true)] {
            let text = format!("schema = 1\nname = \"a\"\n{text}");
            let scenario = Scenario::parse(&text, "a.toml").expect("a scenario");
            let plan = Plan::build(&scenario, 1, "3.5.16").expect("a plan");
            let rng = crate::random::stream(1, "test");
            let mut watcher = Watcher::new(Arc::new(Settings::new(&plan, "")), rng);
            let (process, now) = (ProcessId(0), Nanos(0));
            let context = Context { process, member: MemberIndex(0), members: 3, now };
            assert_eq!(watcher.fresh(&context).caught_up, waits);
        }
    }

    #[test]
    fn a_watch_that_never_began_or_was_compacted_is_not_continued() {
        let canceled = WatchCanceled { compact_revision: Revision(9), ..WatchCanceled::default() };
        assert_eq!(resumed_from(7, &[WatchFrame::Canceled(canceled)]), None);
        assert_eq!(resumed_from(0, &[]), None);
    }
}
