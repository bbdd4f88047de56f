//! Clients that overlap, and the stream of events that they and the watches make.

use std::collections::VecDeque;

use super::dice::Dice;
use super::mix::{Bursts, Mix};
use super::requests::Requests;
use super::store::Store;
use crate::history::{
    Body, Bytes, Definite, Doubt, Event, Header, Indefinite, Invoke, KeyEvent, KeyValue,
    MemberIndex, Nanos, Outcome, ProcessId, Range, RangeResponse, Refusal, Request, Response,
    Revision, WatchEvent, WatchEvents, WatchFrame, WatchId, WatchKind, WatchOpen, WatchRequest,
};

/// Nanoseconds between two events.
const TICK: u64 = 1000;

/// Of so many operations the first ones are in doubt, where doubt comes in bursts.
const PERIOD: u64 = 2000;

/// What a client is doing.
#[derive(Clone, Debug)]
enum Stage {
    Idle,
    Sent(Request),
    Answered(Result<Response, Refusal>),
}

/// A change, and what it replaced.
#[derive(Clone, Debug)]
struct Replaced {
    key: Bytes,
    before: Option<KeyValue>,
    revision: Revision,
}

/// The events of a synthetic history, in order.
#[derive(Clone, Debug)]
pub struct Events {
    mix: Mix,
    dice: Dice,
    store: Store,
    requests: Requests,
    clients: Vec<(ProcessId, Stage)>,
    processes: u32,
    invoked: u64,
    idle: usize,
    /// Requests that were given up and will still take effect.
    late: Vec<Request>,
    /// Revisions and their changes, from the first that some watch has not shown.
    log: VecDeque<(Revision, Vec<KeyEvent>)>,
    /// The next revision that each member's watch shows.
    cursors: Vec<Revision>,
    /// Events that are ready.
    ready: VecDeque<Event>,
    index: u64,
    /// The last put, while a stale read is wanted. The read is sent when a watch showed it.
    replaced: Option<Replaced>,
    planted: bool,
}

impl Events {
    pub(super) fn new(mix: Mix) -> Self {
        let clients = mix.clients.max(1);
        let mut events = Self {
            mix,
            dice: Dice(mix.seed),
            store: Store::new(mix.keys),
            requests: Requests::new(),
            clients: (0u32..).take(clients).map(|id| (ProcessId(id), Stage::Idle)).collect(),
            processes: u32::try_from(clients).unwrap_or(u32::MAX),
            invoked: 0,
            idle: clients,
            late: Vec::new(),
            log: VecDeque::new(),
            cursors: vec![Revision(2); mix.members.into()],
            ready: VecDeque::new(),
            index: 0,
            replaced: None,
            planted: false,
        };
        (0..mix.members).for_each(|member| events.open(member));
        events
    }

    /// Whether the stale read that was asked for has been planted.
    pub fn planted(&self) -> bool {
        self.planted
    }

    fn push(&mut self, process: Option<ProcessId>, member: Option<u16>, body: Body) {
        let index = self.index;
        self.index += 1;
        let (at, member) = (Nanos((index + 1) * TICK), member.map(MemberIndex));
        self.ready.push_back(Event { index, at, process, member, body });
    }

    fn open(&mut self, member: u16) {
        let everything = Bytes::from(&b"\0"[..]);
        let request = WatchRequest {
            key: everything.clone(),
            range_end: everything,
            start_revision: Revision(2),
            prev_kv: true,
            ..WatchRequest::default()
        };
        let frame =
            WatchFrame::Open(WatchOpen { kind: WatchKind::Recorder, request, resumes: None });
        self.push(None, Some(member), Body::Watch(WatchEvent { watch: watch(member), frame }));
    }

    /// Something happens; false when nothing more can.
    fn step(&mut self) -> bool {
        for member in 0..self.mix.members {
            if self.dice.mille(400) {
                self.deliver(member);
            }
        }
        if !self.late.is_empty() && self.dice.mille(20) {
            let at = self.dice.place(self.late.len());
            let request = self.late.swap_remove(at);
            let _ = self.take_effect(&request);
        }
        let over = self.invoked >= self.mix.operations;
        if over && self.idle == self.clients.len() {
            return self.drain();
        }
        let at = self.dice.place(self.clients.len());
        match std::mem::replace(&mut self.clients[at].1, Stage::Idle) {
            Stage::Idle if over => {}
            Stage::Idle => self.invoke(at),
            Stage::Sent(request) => self.proceed(at, request),
            Stage::Answered(answer) => self.answer(at, answer),
        }
        true
    }

    /// The rest, when every client has ended.
    fn drain(&mut self) -> bool {
        let behind = self.cursors.iter().any(|cursor| *cursor <= self.newest());
        (0..self.mix.members).for_each(|member| self.deliver(member));
        behind
    }

    fn newest(&self) -> Revision {
        self.log.back().map(|(revision, _)| *revision).unwrap_or_default()
    }

    fn member_of(&self, at: usize) -> Option<u16> {
        u16::try_from(at % usize::from(self.mix.members.max(1))).ok()
    }

    fn invoke(&mut self, at: usize) {
        self.invoked += 1;
        self.idle -= 1;
        let wanted = self.mix.stale_read.is_some_and(|from| self.invoked > from) && !self.planted;
        let shown = |replaced: &Replaced| self.cursors.iter().any(|at| *at > replaced.revision);
        let stale = self.replaced.as_ref().filter(|replaced| wanted && shown(replaced)).cloned();
        let request = match &stale {
            Some(replaced) => {
                Request::Range(Range { key: replaced.key.clone(), ..Range::default() })
            }
            None => self.requests.draw(&mut self.dice, &self.store),
        };
        let intended = Nanos((self.index + 1) * TICK);
        let invoke = Body::Invoke(Invoke { intended, request: request.clone() });
        self.push(Some(self.clients[at].0), self.member_of(at), invoke);
        self.clients[at].1 = match stale {
            Some(replaced) => {
                self.planted = true;
                Stage::Answered(Ok(stale_answer(replaced)))
            }
            None => Stage::Sent(request),
        };
    }

    /// A request takes effect, or its client gives up.
    fn proceed(&mut self, at: usize, request: Request) {
        let doubtful = match self.mix.bursts {
            Bursts::Spread => self.dice.mille(self.mix.unknown_mille),
            Bursts::Together => self.invoked % PERIOD < PERIOD * self.mix.unknown_mille / 1000,
        };
        if !doubtful {
            let answer = self.take_effect(&request);
            self.clients[at].1 = Stage::Answered(answer);
            return;
        }
        match self.dice.below(4) {
            0 => drop(self.take_effect(&request)),
            1 => self.late.push(request),
            _ => {}
        }
        let doubt = Indefinite { reason: Doubt::Timeout, message: String::new() };
        self.complete(at, Outcome::Unknown(doubt));
        self.clients[at].0 = ProcessId(self.processes);
        self.processes += 1;
    }

    fn take_effect(&mut self, request: &Request) -> Result<Response, Refusal> {
        let mut changes = Vec::new();
        let before = self.wants_replaced(request).then(|| self.replaced_by(request)).flatten();
        let answer = self.store.apply(request, &mut changes);
        if let Some(change) = changes.first() {
            let revision = change.kv.mod_revision;
            if self.mix.members > 0 {
                self.log.push_back((revision, changes));
            }
            if let Some(before) = before {
                self.replaced = Some(Replaced { revision, ..before });
            }
        }
        answer
    }

    fn wants_replaced(&self, request: &Request) -> bool {
        let near = self.mix.stale_read.is_some_and(|from| self.invoked + 10_000 > from);
        near && !self.planted && matches!(request, Request::Put(_))
    }

    fn replaced_by(&self, request: &Request) -> Option<Replaced> {
        let Request::Put(put) = request else { return None };
        let before = self.store.pair(&put.key).cloned();
        Some(Replaced { key: put.key.clone(), before, revision: Revision(0) })
    }

    fn answer(&mut self, at: usize, answer: Result<Response, Refusal>) {
        let outcome = match answer {
            Ok(response) => Outcome::Ok(response),
            Err(reason) => Outcome::Failed(Definite { reason, message: String::new() }),
        };
        self.complete(at, outcome);
    }

    fn complete(&mut self, at: usize, outcome: Outcome) {
        self.idle += 1;
        self.push(Some(self.clients[at].0), self.member_of(at), Body::Complete(outcome));
    }

    /// A member's watch shows the next revisions, each in a response of its own.
    fn deliver(&mut self, member: u16) {
        let Some((first, _)) = self.log.front() else { return };
        let (first, newest) = (*first, self.newest());
        let mut next = self.cursors[usize::from(member)];
        while next <= newest {
            let at = usize::try_from(next.0 - first.0).unwrap_or(0);
            let events = self.log[at].1.clone();
            let header = Some(Header { revision: newest, ..Header::default() });
            let frame = WatchFrame::Events(WatchEvents { header, fragment: false, events });
            self.push(None, Some(member), Body::Watch(WatchEvent { watch: watch(member), frame }));
            next = next.next();
        }
        self.cursors[usize::from(member)] = next;
        let oldest = self.cursors.iter().min().copied().unwrap_or_default();
        while self.log.front().is_some_and(|(revision, _)| *revision < oldest) {
            self.log.pop_front();
        }
    }
}

impl Iterator for Events {
    type Item = Event;

    fn next(&mut self) -> Option<Event> {
        while self.ready.is_empty() {
            if !self.step() && self.ready.is_empty() {
                return None;
            }
        }
        self.ready.pop_front()
    }
}

fn watch(member: u16) -> WatchId {
    WatchId(u32::from(member) + 1)
}

/// The answer that a read would have had before a change that is acknowledged.
fn stale_answer(replaced: Replaced) -> Response {
    let kvs: Vec<KeyValue> = replaced.before.into_iter().collect();
    let count = i64::try_from(kvs.len()).unwrap_or(0);
    let revision = replaced.revision.previous();
    let header = Some(Header { revision, ..Header::default() });
    Response::Range(RangeResponse { header, kvs, more: false, count })
}
