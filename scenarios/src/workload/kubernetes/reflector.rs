//! A reflector: it lists a resource and watches it from there, as every controller does, and
//! lists again only when it is told that what it wants is compacted.

use std::sync::Arc;
use std::time::Duration;

use rand::RngExt as _;
use rand::rngs::ChaCha8Rng;
use stormglass_checkers::history::{
    Body, Bytes, Event, MemberIndex, Outcome, Request, Response, Revision, WatchEvents, WatchFrame,
    WatchRequest,
};

use super::listing::{Listing, Page};
use super::settings::Settings;
use crate::workload::actor::Workload;
use crate::workload::context::Context;
use crate::workload::step::{Step, WatchStep};

/// API servers end watches themselves after a while, in milliseconds.
const STAYS_MILLISECONDS: std::ops::Range<u64> = 1_000..8_000;
/// Pause before the next list or watch, at most, in milliseconds.
const PAUSE_MILLISECONDS: u64 = 200;

/// A reflector.
pub(super) struct Reflector {
    settings: Arc<Settings>,
    rng: ChaCha8Rng,
    followed: (Bytes, Bytes),
    state: State,
    /// Whether its list is under way.
    asked: bool,
    rested: bool,
    /// The member of the last watch, once there was one.
    watched: Option<MemberIndex>,
}

enum State {
    Listing(Listing),
    /// It has seen everything below this revision.
    Watching(Revision),
}

impl Reflector {
    pub(super) fn new(settings: Arc<Settings>, number: u32, rng: ChaCha8Rng) -> Self {
        let followed = settings.objects.followed(number);
        let state = State::Listing(Listing::of(followed.clone()));
        Self { settings, rng, followed, state, asked: false, rested: false, watched: None }
    }

    fn list_again(&mut self) {
        self.state = State::Listing(Listing::of(self.followed.clone()));
        self.watched = None;
    }

    /// Any member will do: what was seen is told by its revision.
    fn watch(&mut self, context: &Context, from: Revision) -> WatchStep {
        let member = match self.watched {
            None => context.member,
            Some(_) => MemberIndex(self.rng.random_range(0..context.members.max(1))),
        };
        let (key, range_end) = self.followed.clone();
        WatchStep {
            member,
            request: WatchRequest {
                key,
                range_end,
                start_revision: from,
                prev_kv: true,
                progress_notify: true,
                ..WatchRequest::default()
            },
            resumes: self.watched.is_some(),
            caught_up: !self.settings.future_start,
            max_events: 5_000,
            max_time: Duration::from_millis(self.rng.random_range(STAYS_MILLISECONDS)),
            stall: None,
            progress_every: None,
        }
    }

    /// Everything up to this revision was delivered.
    fn delivered(&mut self, revision: Revision) {
        if let State::Watching(next) = &mut self.state {
            *next = (*next).max(revision.next());
        }
    }

    fn events(&mut self, frame: &WatchEvents) {
        let last = frame.events.iter().map(|event| event.kv.mod_revision).max();
        if let Some(last) = last {
            self.delivered(if frame.fragment { last.previous() } else { last });
        }
    }

    fn completed(&mut self, outcome: &Outcome) {
        self.asked = false;
        let State::Listing(listing) = &mut self.state else { return };
        match outcome {
            Outcome::Ok(Response::Range(answer)) => {
                if let Page::Last(revision) = listing.take(answer)
                    && !revision.is_zero()
                {
                    self.state = State::Watching(revision.next());
                }
            }
            _ => self.list_again(),
        }
    }

    fn frame(&mut self, frame: &WatchFrame, member: Option<MemberIndex>) {
        match frame {
            WatchFrame::Open(_) => self.watched = Some(member.unwrap_or_default()),
            WatchFrame::Events(frame) => self.events(frame),
            WatchFrame::Progress(frame) => {
                let revision = frame.header.as_ref().map(|header| header.revision);
                if let Some(revision) = revision.filter(|revision| !revision.is_zero()) {
                    self.delivered(revision);
                }
            }
            WatchFrame::Canceled(frame) if !frame.compact_revision.is_zero() => self.list_again(),
            _ => {}
        }
    }
}

impl Workload for Reflector {
    fn next(&mut self, context: &Context) -> Step {
        if !std::mem::replace(&mut self.rested, true) {
            let pause = self.rng.random_range(0..PAUSE_MILLISECONDS);
            return Step::Wait(Duration::from_millis(pause));
        }
        match &self.state {
            State::Listing(listing) => {
                self.asked = true;
                Step::Invoke(Request::Range(listing.next()))
            }
            State::Watching(from) => {
                let from = *from;
                self.rested = false;
                Step::Watch(self.watch(context, from))
            }
        }
    }

    fn observe(&mut self, event: &Event) {
        match &event.body {
            Body::Complete(outcome) if self.asked => self.completed(outcome),
            Body::Watch(watch) => self.frame(&watch.frame, event.member),
            _ => {}
        }
    }
}
