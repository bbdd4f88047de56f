//! A history as it would be if others had used the store at the same time: under a prefix,
//! between revisions of others.
//!
//! Others who keep away from a run's keys change nothing for it but the numbers of its
//! revisions. So a history of a store of our own is turned into one of a shared store: every
//! key gets the prefix, revisions are moved apart, the store is old when the run begins, and
//! answers that changed nothing have any revision before the next one of ours. What was right
//! before is right then, and what was wrong stays wrong.

use std::collections::BTreeMap;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::dice::Dice;
use crate::history::{
    Body, Bytes, Environment, Event, Header, History, KeyEventKind, LeaseId, MemberIndex, Outcome,
    Phase, ProcessId, Request, Response, Revision, Sample, WatchEvent, WatchFrame, WatchHeader,
    WatchId, WatchKind,
};
use crate::model::{Claim, claim};

/// The prefix of such a run.
pub const PREFIX: &str = "run/";

/// The first key beyond it.
const BEYOND: &str = "run0";

/// The range end for "no end", and the key for "from the first key on".
const NUL: &str = "\0";

/// The history as if others, chosen by a seed, had used the store at the same time.
pub fn beside_others(history: &History, seed: u64) -> History {
    let others = Others::of(history, seed);
    let mut dice = Dice(seed ^ 0x5eed);
    let mut shared = history.clone();
    PREFIX.clone_into(&mut shared.preamble.prefix);
    shared.preamble.exclusive = false;
    shared.preamble.start_revision = others.place(history.preamble.start_revision);
    shared.events.clear();
    let mut recorders = Recorders::default();
    for event in &history.events {
        // Every fifth harness forgets to ask for progress when all is over.
        if event.body == Body::Environment(Environment::Phase(Phase::Done))
            && !seed.is_multiple_of(5)
        {
            shared.events.extend(recorders.at_rest(event, &others));
        }
        shared.events.push(others.event(event));
        let passed = recorders.frame(event).filter(|_| dice.mille(200));
        shared.events.extend(passed.and_then(|watch| recorders.progress(watch, event, &others)));
    }
    for (index, event) in (0..).zip(&mut shared.events) {
        event.index = index;
    }
    shared
}

/// The recorder's watches that are open, each with its member and what it has shown last.
#[derive(Default)]
struct Recorders(BTreeMap<WatchId, (Option<MemberIndex>, Revision)>);

impl Recorders {
    /// An event; the watch of the recorder that it is a whole response of.
    fn frame(&mut self, event: &Event) -> Option<WatchId> {
        let Body::Watch(WatchEvent { watch, frame }) = &event.body else { return None };
        match frame {
            WatchFrame::Open(open) if open.kind == WatchKind::Recorder => {
                let before = open.request.start_revision.previous();
                self.0.insert(*watch, (event.member, before));
                None
            }
            WatchFrame::Events(events) if !events.fragment => {
                let (_, last) = self.0.get_mut(watch)?;
                *last = events.events.last()?.kv.mod_revision;
                Some(*watch)
            }
            WatchFrame::Canceled(_) | WatchFrame::Broken { .. } => {
                self.0.remove(watch);
                None
            }
            _ => None,
        }
    }

    /// A notification of a watch: what others did since its last response is passed, too.
    fn progress(&self, watch: WatchId, event: &Event, others: &Others) -> Option<Event> {
        let (member, last) = *self.0.get(&watch)?;
        let revision = others.between(last, event.index);
        let header = Header { revision, ..Header::default() };
        let frame = WatchFrame::Progress(WatchHeader { header: Some(header) });
        let body = Body::Watch(WatchEvent { watch, frame });
        Some(Event { index: event.index, at: event.at, process: None, member, body })
    }

    fn at_rest(&self, event: &Event, others: &Others) -> Vec<Event> {
        self.0.keys().filter_map(|watch| self.progress(*watch, event, others)).collect()
    }
}

/// What others did: where their revisions are.
struct Others {
    /// Where each revision of ours is, from 0 on.
    places: Vec<i64>,
    events: u64,
    requests: BTreeMap<u64, Request>,
    /// Revisions that the end of this lease made.
    ends: BTreeMap<Revision, LeaseId>,
}

impl Others {
    fn of(history: &History, seed: u64) -> Self {
        let mut others = Self {
            places: vec![0],
            events: history.events.len() as u64,
            requests: BTreeMap::new(),
            ends: BTreeMap::new(),
        };
        let (mut open, mut newest) = (BTreeMap::<ProcessId, Request>::new(), 1);
        for event in &history.events {
            match (&event.body, event.process) {
                (Body::Invoke(invoke), Some(process)) => {
                    open.insert(process, invoke.request.clone());
                }
                (Body::Complete(_), Some(process)) => {
                    let request = open.remove(&process);
                    others.requests.extend(request.map(|request| (event.index, request)));
                }
                (Body::Watch(WatchEvent { frame: WatchFrame::Events(events), .. }), _) => {
                    for one in &events.events {
                        newest = newest.max(one.kv.mod_revision.0);
                        let lease = one.prev_kv.as_ref().map(|pair| pair.lease);
                        if one.kind == KeyEventKind::Delete {
                            others.ends.extend(lease.map(|lease| (one.kv.mod_revision, lease)));
                        }
                    }
                }
                _ => {}
            }
        }
        let mut dice = Dice(seed);
        let mut place = 2 + i64::try_from(dice.below(1000)).unwrap_or(0);
        for _ in 0..newest.min(1_000_000) + 2 {
            others.places.push(place);
            let many = match dice.below(8) {
                0..=2 => 0,
                3..=6 => dice.below(5),
                _ => dice.below(60),
            };
            place += 1 + i64::try_from(many).unwrap_or(0);
        }
        others
    }

    /// Where a revision of ours is.
    fn place(&self, revision: Revision) -> Revision {
        let Ok(at) = usize::try_from(revision.0) else { return revision };
        let last = self.places.len() - 1;
        let beyond = revision.0.saturating_sub(i64::try_from(last).unwrap_or(0)).max(0);
        Revision(self.places[at.min(last)].saturating_add(beyond))
    }

    /// A revision of others after one of ours and before the next, or that one: the later
    /// the event, the later.
    fn between(&self, revision: Revision, event: u64) -> Revision {
        let (from, to) = (self.place(revision).0, self.place(revision.next()).0 - 1);
        let share = i128::from(to - from) * i128::from(event) / i128::from(self.events.max(1));
        Revision(from + i64::try_from(share).unwrap_or(0))
    }

    fn event(&self, event: &Event) -> Event {
        let mut moved = event.clone();
        match &mut moved.body {
            Body::Invoke(invoke) => invoke.request = self.moved(&invoke.request, None),
            Body::Complete(Outcome::Ok(response)) => {
                let exact = self.makes_its_revision(event.index, response);
                *response = self.moved(response, (!exact).then_some(event.index));
            }
            Body::Watch(watch) => {
                let start = match &watch.frame {
                    WatchFrame::Open(open) if open.kind == WatchKind::Recorder => {
                        Some(open.request.start_revision).filter(|start| start.0 > 0)
                    }
                    _ => None,
                };
                watch.frame = self.moved(&watch.frame, Some(event.index));
                if let (WatchFrame::Open(open), Some(start)) = (&mut watch.frame, start) {
                    // A recorder misses nothing: it begins right behind the revision before.
                    open.request.start_revision = self.place(start.previous()).next();
                }
            }
            Body::Sample(Sample::Status(status)) => {
                if let Some(header) = &mut status.header {
                    header.revision = self.between(header.revision, event.index);
                }
            }
            _ => {}
        }
        moved
    }

    /// Whether an answer's header is the revision that the operation made.
    fn makes_its_revision(&self, completion: u64, response: &Response) -> bool {
        let Some(request) = self.requests.get(&completion) else { return false };
        match (request, claim(request, response)) {
            (_, Claim::Writer(_)) => true,
            (Request::LeaseRevoke(revoke), Claim::Revoke(revision)) => {
                self.ends.get(&revision).is_some_and(|lease| *lease == revoke.lease)
            }
            _ => false,
        }
    }

    /// Keys and revisions in anything that a history has; headers are between revisions of
    /// ours where an event is named, and exact otherwise.
    fn moved<T: Serialize + DeserializeOwned + Clone>(&self, what: &T, event: Option<u64>) -> T {
        let Ok(mut value) = serde_json::to_value(what) else { return what.clone() };
        self.walk(&mut value, event);
        serde_json::from_value(value).unwrap_or_else(|_| what.clone())
    }

    fn walk(&self, value: &mut Value, event: Option<u64>) {
        match value {
            Value::Array(all) => all.iter_mut().for_each(|one| self.walk(one, event)),
            Value::Object(fields) => {
                let unbounded = fields.get("range_end").and_then(Value::as_str) == Some(NUL);
                for (name, value) in fields.iter_mut() {
                    match name.as_str() {
                        "key" if unbounded && value.as_str().is_none_or(|key| key <= NUL) => {
                            *value = PREFIX.into();
                        }
                        "range_end" => move_end(value),
                        "key" | "name" => move_key(value),
                        "keys" => value.as_array_mut().into_iter().flatten().for_each(move_key),
                        "members" => {}
                        "header" => self.header(value, event),
                        name if name.ends_with("revision") => self.number(value),
                        _ => self.walk(value, event),
                    }
                }
            }
            _ => {}
        }
    }

    fn header(&self, header: &mut Value, event: Option<u64>) {
        let Some(revision) = header.get_mut("revision") else { return };
        let Some(number) = revision.as_i64().filter(|number| *number > 0) else { return };
        let number = Revision(number);
        let moved = event.map_or_else(|| self.place(number), |event| self.between(number, event));
        *revision = moved.0.into();
    }

    fn number(&self, value: &mut Value) {
        if let Some(number) = value.as_i64() {
            *value = self.place(Revision(number)).0.into();
        }
    }
}

fn move_key(value: &mut Value) {
    with_bytes(value, |key| [PREFIX.as_bytes(), key].concat());
}

fn move_end(value: &mut Value) {
    with_bytes(value, |end| match end {
        b"" => Vec::new(),
        b"\0" => BEYOND.into(),
        end => [PREFIX.as_bytes(), end].concat(),
    });
}

fn with_bytes(value: &mut Value, change: impl FnOnce(&[u8]) -> Vec<u8>) {
    if let Ok(bytes) = serde_json::from_value::<Bytes>(value.clone()) {
        let changed = Bytes::from(change(bytes.as_slice()));
        *value = serde_json::to_value(changed).unwrap_or_default();
    }
}
