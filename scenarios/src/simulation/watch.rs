//! Watches: what the member has to send, and what it sends.

use rand::RngExt as _;
use stormglass_checkers::history::{
    KeyEvent, KeyEventKind, MemberIndex, ProcessId, Put, Revision, WatchCanceled, WatchEvents,
    WatchFrame, WatchHeader, WatchId, WatchRequest,
};
use stormglass_checkers::keys::KeyRange;

use super::agenda::{MICROSECOND, MILLISECOND, SECOND};
use super::bug::Bug;
use super::world::{Task, World};
use crate::workload::WatchStep;

/// Revisions that a member sends in one response at most.
const REVISIONS_MAX: usize = 64;
/// Events that a fragment holds, where the client allows fragments.
const FRAGMENT_EVENTS: usize = 2;
/// Frames that wait for a reader before the member keeps the rest.
const BACKLOG: u64 = 4;
/// How often a member sends progress notifications to watches that want them.
const PROGRESS_EVERY: u64 = SECOND;

/// Whose a watch is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WatchOwner {
    /// An actor's.
    Actor(usize),
    /// The recorder's.
    Recorder,
    /// A final one.
    Final,
}

/// How long a client stays with a watch.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Wanted {
    pub(super) max_events: Option<u64>,
    pub(super) max_time: Option<u64>,
    /// How long nothing is taken once the watch exists.
    pub(super) stall: Option<u64>,
    pub(super) progress_every: Option<u64>,
}

impl Wanted {
    pub(super) fn of(step: &WatchStep) -> Self {
        let nanos = |time: std::time::Duration| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        Self {
            max_events: Some(step.max_events),
            max_time: Some(nanos(step.max_time)),
            stall: step.stall.map(nanos),
            progress_every: step.progress_every.map(nanos),
        }
    }
}

/// How far the client's side of a watch is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    Opening,
    Open,
    Cancelling,
    Ended,
}

/// The member's side of a watch.
#[derive(Clone, Debug)]
pub(super) struct Feed {
    incarnation: u32,
    /// The next revision to send.
    next: Revision,
    /// Whether everything was sent at some time: from then on a compaction takes nothing.
    synced: bool,
    flushing: bool,
}

/// A watch.
pub(super) struct Watch {
    pub(super) owner: WatchOwner,
    pub(super) process: ProcessId,
    pub(super) member: MemberIndex,
    pub(super) request: WatchRequest,
    pub(super) wanted: Wanted,
    pub(super) stage: Stage,
    /// Events that came.
    pub(super) seen: u64,
    /// Frames that came.
    pub(super) frames: u64,
    /// Everything up to here was delivered.
    pub(super) reached: Revision,
    feed: Option<Feed>,
    /// When the last frame under way arrives: frames never overtake each other.
    last_arrival: u64,
    /// Until when a slow reader takes nothing.
    stalled_until: u64,
    /// Frames that were sent.
    sent: u64,
}

impl Watch {
    pub(super) fn new(
        owner: WatchOwner,
        (process, member): (ProcessId, MemberIndex),
        request: WatchRequest,
        wanted: Wanted,
    ) -> Self {
        Self {
            owner,
            process,
            member,
            request,
            wanted,
            stage: Stage::Opening,
            seen: 0,
            frames: 0,
            reached: Revision(0),
            feed: None,
            last_arrival: 0,
            stalled_until: 0,
            sent: 0,
        }
    }

    /// From now on the reader takes nothing for a while.
    pub(super) fn stall(&mut self, now: u64) {
        let Some(stall) = self.wanted.stall else { return };
        self.stalled_until = now.saturating_add(stall);
        self.last_arrival = self.last_arrival.max(self.stalled_until);
    }

    /// Whether so much waits for a slow reader that the member keeps the rest.
    fn is_clogged(&self, now: u64) -> bool {
        now < self.stalled_until && self.sent.saturating_sub(self.frames) >= BACKLOG
    }

    fn wants(&self, event: &KeyEvent) -> bool {
        let kind = match event.kind {
            KeyEventKind::Put => !self.request.no_put,
            KeyEventKind::Delete => !self.request.no_delete,
        };
        let range = KeyRange::new(&self.request.key, &self.request.range_end);
        kind && range.contains(&event.kv.key)
    }
}

impl World<'_> {
    /// A watch reaches its member.
    pub(super) fn watch_arrive(&mut self, id: WatchId) {
        let now = self.agenda.now();
        let Some(watch) = self.watches.get(&id).filter(|watch| watch.stage == Stage::Opening)
        else {
            return;
        };
        let (request, member) = (watch.request.clone(), watch.member);
        let place = self.member(member);
        if !place.up {
            let error = "simulated: connection refused".to_owned();
            self.send_frame(id, WatchFrame::Broken { error });
            return;
        }
        if !place.serves(now) {
            self.agenda.after(10 * MILLISECOND, Task::WatchArrive(id));
            return;
        }
        let (incarnation, header) = (place.incarnation, place.header());
        let (revision, compacted) = (place.store.revision(), place.store.compacted());
        let asked = request.start_revision;
        let mut next = if asked.is_zero() { revision.next() } else { asked };
        let synced = next > revision;
        self.send_frame(id, WatchFrame::Created(WatchHeader { header: Some(header) }));
        if next < compacted {
            if !self.mischief.strikes(Bug::MissingCompactionCancel) {
                self.cancel_compacted(id, compacted);
                return;
            }
            next = compacted.next();
        } else if !asked.is_zero() && asked.0 > 5 && self.mischief.strikes(Bug::WatchBeforeStart) {
            next = Revision(asked.0 - 4);
        }
        let feed = Feed { incarnation, next, synced, flushing: false };
        if let Some(watch) = self.watches.get_mut(&id) {
            watch.feed = Some(feed);
        }
        self.flush(id);
        if request.progress_notify {
            self.agenda.after(PROGRESS_EVERY, Task::Progress(id, true));
        }
    }

    fn cancel_compacted(&mut self, id: WatchId, compacted: Revision) {
        let Some(watch) = self.watches.get_mut(&id) else { return };
        watch.feed = None;
        let member = watch.member;
        let canceled = WatchCanceled {
            header: Some(self.member(member).header()),
            compact_revision: compacted,
            reason: "etcdserver: mvcc: required revision has been compacted".to_owned(),
        };
        self.send_frame(id, WatchFrame::Canceled(canceled));
    }

    /// The member has applied something: its watches get it in a moment.
    pub(super) fn flush_later(&mut self, member: MemberIndex) {
        for id in self.watches_of(member) {
            let delay = self.rng.random_range(20 * MICROSECOND..2 * MILLISECOND);
            let Some(feed) = self.watches.get_mut(&id).and_then(|watch| watch.feed.as_mut()) else {
                continue;
            };
            if !std::mem::replace(&mut feed.flushing, true) {
                self.agenda.after(delay, Task::Flush(id));
            }
        }
    }

    /// The member goes on after a pause.
    pub(super) fn flush_all(&mut self, member: MemberIndex) {
        for id in self.watches_of(member) {
            self.agenda.after(0, Task::Flush(id));
        }
    }

    fn watches_of(&self, member: MemberIndex) -> Vec<WatchId> {
        let open = self.watches.iter();
        let open = open.filter(|(_, watch)| watch.member == member && watch.feed.is_some());
        open.map(|(id, _)| *id).collect()
    }

    /// Sends what a watch has not got yet.
    pub(super) fn flush(&mut self, id: WatchId) {
        let now = self.agenda.now();
        let Some(watch) = self.watches.get_mut(&id) else { return };
        let place = &self.members[usize::from(watch.member.0)];
        let (clogged, later) = (watch.is_clogged(now), watch.stalled_until);
        let Some(feed) = watch.feed.as_mut() else { return };
        feed.flushing = false;
        if !place.serves(now) || place.incarnation != feed.incarnation {
            return;
        }
        if clogged {
            // What is kept may be compacted meanwhile.
            feed.synced &= feed.next > place.store.revision();
            feed.flushing = true;
            self.agenda.at(later, Task::Flush(id));
            return;
        }
        let compacted = place.store.compacted();
        if !feed.synced && feed.next < compacted {
            self.cancel_compacted(id, compacted);
            return;
        }
        let events = self.next_events(id);
        if !events.is_empty() {
            self.send_events(id, events);
        }
    }

    /// Takes the events that a watch gets next; more than a response holds come later.
    fn next_events(&mut self, id: WatchId) -> Vec<KeyEvent> {
        let Some(watch) = self.watches.get_mut(&id) else { return Vec::new() };
        let store = &self.members[usize::from(watch.member.0)].store;
        let (from, revision) = (watch.feed.as_ref().map(|feed| feed.next), store.revision());
        let Some(mut next) = from else { return Vec::new() };
        let (mut events, mut revisions) = (Vec::new(), 0);
        while next <= revision && revisions < REVISIONS_MAX {
            let before = events.len();
            for mut event in store.events(next) {
                let wanted = watch.wants(&event);
                if wanted || self.mischief.strikes(Bug::WatchOutsideRange) {
                    event.prev_kv = event.prev_kv.filter(|_| watch.request.prev_kv);
                    events.push(event);
                }
            }
            revisions += usize::from(events.len() > before);
            next = next.next();
        }
        let Some(feed) = watch.feed.as_mut() else { return events };
        (feed.next, feed.flushing) = (next, next <= revision);
        feed.synced |= next > revision;
        if feed.flushing {
            self.agenda.after(MILLISECOND, Task::Flush(id));
        }
        events
    }

    fn send_events(&mut self, id: WatchId, mut events: Vec<KeyEvent>) {
        let Some(watch) = self.watches.get(&id) else { return };
        let header = Some(self.member(watch.member).header());
        let fragments = watch.request.fragment && events.len() > FRAGMENT_EVENTS;
        self.tamper_events(&mut events);
        if events.is_empty() {
            return;
        }
        if fragments {
            let last = events.len().div_ceil(FRAGMENT_EVENTS) - 1;
            for (number, part) in events.chunks(FRAGMENT_EVENTS).enumerate() {
                let (fragment, events) = (number < last, part.to_vec());
                let frame = WatchEvents { header, fragment, events };
                self.send_frame(id, WatchFrame::Events(frame));
            }
            return;
        }
        if let Some(at) = self.split_place(&events) {
            let rest = events.split_off(at);
            let first = WatchEvents { header, fragment: false, events };
            self.send_frame(id, WatchFrame::Events(first));
            let rest = WatchEvents { header, fragment: false, events: rest };
            self.send_frame(id, WatchFrame::Events(rest));
            return;
        }
        let frame = WatchFrame::Events(WatchEvents { header, fragment: false, events });
        if self.mischief.strikes(Bug::WatchDuplicate) {
            self.send_frame(id, frame.clone());
        }
        if self.mischief.strikes(Bug::WatchReorder) {
            // Overtaken by whatever follows.
            self.agenda.after(60 * MILLISECOND, Task::Frame(id, Box::new(frame)));
        } else {
            self.send_frame(id, frame);
        }
    }

    /// A progress notification, behind everything that there is to send.
    pub(super) fn progress(&mut self, id: WatchId, again: bool) {
        self.flush(id);
        let now = self.agenda.now();
        let Some(watch) = self.watches.get(&id) else { return };
        let Some(feed) = &watch.feed else { return };
        let place = self.member(watch.member);
        let revision = place.store.revision();
        // Not before the start is reached, and not while something is left to send.
        let due = feed.next == revision.next() && revision >= watch.request.start_revision;
        let lives = place.incarnation == feed.incarnation && place.up;
        let mut header = place.header();
        if lives && due && place.serves(now) {
            if self.mischief.strikes(Bug::ProgressEarly) {
                header.revision.0 += 8;
            }
            self.send_frame(id, WatchFrame::Progress(WatchHeader { header: Some(header) }));
        }
        if again && lives {
            self.agenda.after(PROGRESS_EVERY, Task::Progress(id, true));
        }
    }

    pub(super) fn cancel_arrive(&mut self, id: WatchId) {
        self.flush(id);
        let Some(watch) = self.watches.get_mut(&id) else { return };
        if watch.feed.take().is_none() {
            return;
        }
        let member = watch.member;
        let header = Some(self.member(member).header());
        let canceled = WatchCanceled { header, ..WatchCanceled::default() };
        self.send_frame(id, WatchFrame::Canceled(canceled));
    }

    /// A member's process ends, and its watches with it.
    pub(super) fn break_watches(&mut self, member: MemberIndex) {
        for id in self.watches_of(member) {
            if let Some(watch) = self.watches.get_mut(&id) {
                watch.feed = None;
            }
            let error = "simulated: the connection broke".to_owned();
            self.send_frame(id, WatchFrame::Broken { error });
        }
    }

    /// Shows a put to the member's watches as if it were committed.
    pub(super) fn show_uncommitted(&mut self, member: MemberIndex, put: &Put) {
        let Some(event) = self.member(member).store.foreseen(put) else { return };
        let header = Some(self.member(member).header());
        for id in self.watches_of(member) {
            let Some(watch) = self.watches.get(&id) else { continue };
            let synced = watch.feed.as_ref().is_some_and(|feed| feed.next == event.kv.mod_revision);
            if !synced || !watch.wants(&event) {
                continue;
            }
            let prev_kv = event.prev_kv.clone().filter(|_| watch.request.prev_kv);
            let events = vec![KeyEvent { prev_kv, ..event.clone() }];
            let frame = WatchEvents { header, fragment: false, events };
            self.send_frame(id, WatchFrame::Events(frame));
        }
    }

    /// Puts a frame on its way, behind those before it.
    fn send_frame(&mut self, id: WatchId, frame: WatchFrame) {
        let latency = self.rng.random_range(50 * MICROSECOND..600 * MICROSECOND);
        let now = self.agenda.now();
        let Some(watch) = self.watches.get_mut(&id) else { return };
        watch.last_arrival = watch.last_arrival.max(now + latency);
        watch.sent += 1;
        self.agenda.at(watch.last_arrival, Task::Frame(id, Box::new(frame)));
    }
}
