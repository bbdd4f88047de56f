//! A builder of histories: a cluster that behaves, unless a test edits what it recorded.

mod ending;
mod parts;

use stormglass_checkers::history::{
    Body, Bytes, Doubt, Environment, Event, FaultBegin, FaultEnd, FaultId, FaultRecord, History,
    Incarnation, Indefinite, Invoke, KeyEvent, KeyEventKind, KeyValue, LeaseId, MemberExit,
    MemberIndex, Nanos, Outcome, Phase, Preamble, ProcessId, Refusal, Request, Response, Revision,
    SCHEMA, Span, WatchEvent, WatchFrame, WatchHeader, WatchId, WatchKind, WatchOpen, WatchRequest,
};

pub use parts::outcome;
use parts::{events_frame, header, is_local, member_preamble};

use super::requests::everything;
use super::store::Store;

/// Nanoseconds between two events.
const TICK: u64 = 1_000_000;

/// What the store says to a request.
pub type Answer = Result<Response, Refusal>;

/// An operation that was invoked and is still open.
#[derive(Clone, Debug)]
pub struct Op {
    /// Whose.
    pub process: ProcessId,
    /// Who was asked.
    pub member: u16,
    /// What.
    pub request: Request,
    /// The invocation's index.
    pub index: u64,
}

/// What the builder knows of one member.
#[derive(Clone, Debug, Default)]
struct Member {
    /// Its incarnation; its process is gone while `down`.
    incarnation: u32,
    down: bool,
    /// It does not hear of anything new.
    lagging: bool,
    /// The newest revision that it has.
    applied: i64,
    /// Its recorder watch, and the last revision that the watch delivered.
    recorder: WatchId,
    delivered: i64,
}

/// A cluster that behaves and records everything, as the harness does.
#[derive(Clone, Debug)]
pub struct Cluster {
    /// What was recorded so far.
    pub history: History,
    /// The store's state.
    pub store: Store,
    members: Vec<Member>,
    pinned: Vec<u16>,
    watches: u32,
    faults: u32,
    compacted: i64,
    /// Nanoseconds in which nothing happened.
    idle: u64,
}

impl Cluster {
    /// A cluster in the traffic phase, its recorder watches open.
    pub fn new(members: u16) -> Self {
        let preamble = Preamble {
            stormglass_history: SCHEMA,
            scenario: "test".to_owned(),
            seed: 1,
            target: "local".to_owned(),
            members: (1..=members).map(member_preamble).collect(),
            prefix: String::new(),
            start_revision: Revision(1),
            exclusive: true,
            revisions: true,
            started: String::new(),
            written_by: String::new(),
        };
        let history = History { preamble, events: Vec::new(), torn: None, broken: None };
        let mut cluster = Self {
            history,
            store: Store::default(),
            members: vec![Member { applied: 1, delivered: 1, ..Member::default() }; members.into()],
            pinned: Vec::new(),
            watches: 0,
            faults: 0,
            compacted: 0,
            idle: 0,
        };
        cluster.phase(Phase::Prepare);
        (0..members).for_each(|member| cluster.start(member));
        cluster.phase(Phase::Traffic);
        cluster
    }

    /// A new client, pinned to a member.
    pub fn client(&mut self, member: u16) -> ProcessId {
        self.pinned.push(member);
        ProcessId(u32::try_from(self.pinned.len() - 1).unwrap_or(u32::MAX))
    }

    /// Appends an event; its index.
    pub fn record(&mut self, process: Option<ProcessId>, member: Option<u16>, body: Body) -> u64 {
        let index = self.history.events.len() as u64;
        let (at, member) = (self.now(), member.map(MemberIndex));
        self.history.events.push(Event { index, at, process, member, body });
        index
    }

    /// A request goes to the wire.
    pub fn invoke(&mut self, process: ProcessId, request: Request) -> Op {
        let member = self.pinned[process.0 as usize];
        let invoke = Body::Invoke(Invoke { intended: self.now(), request: request.clone() });
        let index = self.record(Some(process), Some(member), invoke);
        Op { process, member, request, index }
    }

    /// The request takes effect, and the members that are up and not lagging hear of it.
    ///
    /// # Errors
    /// When the store refuses.
    pub fn take_effect(&mut self, op: &Op) -> Result<Response, Refusal> {
        let applied = self.members[usize::from(op.member)].applied;
        let response = if is_local(&op.request) && applied < self.store.revision() {
            self.store.read_old(&op.request, applied)
        } else {
            // Whoever answers it has applied it, and all before it.
            let response = self.store.apply(&op.request);
            self.members[usize::from(op.member)].applied = self.store.revision();
            response
        };
        if let (Request::Compact(compact), Ok(_)) = (&op.request, &response) {
            self.compacted = compact.revision.0;
        }
        self.spread();
        response
    }

    /// The operation's end is recorded.
    pub fn complete(&mut self, op: &Op, outcome: Outcome) -> u64 {
        self.record(Some(op.process), Some(op.member), Body::Complete(outcome))
    }

    /// The operation ends as the store said.
    pub fn answer(&mut self, op: &Op, answer: Result<Response, Refusal>) -> u64 {
        self.complete(op, outcome(answer))
    }

    /// The client gives up; nobody knows what happened.
    pub fn give_up(&mut self, op: &Op) -> u64 {
        let doubt = Indefinite { reason: Doubt::Timeout, message: "deadline".to_owned() };
        self.complete(op, Outcome::Unknown(doubt))
    }

    /// Invokes, takes effect, answers.
    ///
    /// # Errors
    /// When the store refuses (which is recorded too).
    pub fn call(&mut self, process: ProcessId, request: Request) -> Result<Response, Refusal> {
        let op = self.invoke(process, request);
        let answer = self.take_effect(&op);
        self.answer(&op, answer.clone());
        answer
    }

    /// Invokes on a new client of a member, takes effect, answers.
    ///
    /// # Errors
    /// When the store refuses (which is recorded too).
    pub fn at(&mut self, member: u16, request: Request) -> Result<Response, Refusal> {
        let process = self.client(member);
        self.call(process, request)
    }

    /// A put on a new client of a member; its revision.
    pub fn put(&mut self, member: u16, key: &str, value: &str) -> i64 {
        let _ = self.at(member, super::requests::put(key, value));
        self.store.revision()
    }

    /// A delete on a new client of a member; the revision after it.
    pub fn delete(&mut self, member: u16, key: &str) -> i64 {
        let _ = self.at(member, super::requests::delete(key));
        self.store.revision()
    }

    /// A linearizable read on a new client of a member; its completion's index.
    pub fn get(&mut self, member: u16, key: &str) -> u64 {
        let _ = self.at(member, super::requests::get(key));
        self.history.events.len() as u64 - 1
    }

    /// An operation that takes effect while its client learns nothing.
    pub fn lose_answer(&mut self, member: u16, request: Request) -> Op {
        let process = self.client(member);
        let op = self.invoke(process, request);
        let _ = self.take_effect(&op);
        self.give_up(&op);
        op
    }

    /// An operation that takes no effect while its client learns nothing; it may still
    /// do so later, by [`Cluster::take_effect`].
    pub fn lose_request(&mut self, member: u16, request: Request) -> Op {
        let process = self.client(member);
        let op = self.invoke(process, request);
        self.give_up(&op);
        op
    }

    /// A lease ends by itself.
    pub fn expire(&mut self, lease: i64) {
        self.store.end_lease(LeaseId(lease));
        self.spread();
    }

    /// A member hears of nothing new, until it catches up.
    pub fn lag(&mut self, member: u16) {
        self.members[usize::from(member)].lagging = true;
    }

    /// A lagging member hears of everything.
    pub fn catch_up(&mut self, member: u16) {
        self.members[usize::from(member)].lagging = false;
        self.spread();
    }

    /// A member's process is killed.
    pub fn kill(&mut self, member: u16) {
        self.members[usize::from(member)].down = true;
        let exit =
            MemberExit { status: "signal 9".to_owned(), expected: true, log_tail: Vec::new() };
        self.record(None, Some(member), Body::Environment(Environment::MemberExited(exit)));
        let error = "connection reset".to_owned();
        self.recorder_frame(member, WatchFrame::Broken { error });
    }

    /// A member's process is started again; its recorder watch resumes.
    pub fn restart(&mut self, member: u16) {
        self.members[usize::from(member)].down = false;
        self.start(member);
        self.spread();
    }

    /// Whether a member's process runs.
    pub fn is_up(&self, member: u16) -> bool {
        !self.members[usize::from(member)].down
    }

    /// A phase begins.
    pub fn phase(&mut self, phase: Phase) {
        self.record(None, None, Body::Environment(Environment::Phase(phase)));
    }

    /// A fault begins.
    pub fn fault_begin(&mut self, kind: &str, members: &[u16]) -> FaultId {
        self.faults += 1;
        let id = FaultId(self.faults);
        let members = members.iter().copied().map(MemberIndex).collect();
        let kind = kind.to_owned();
        let fault = FaultRecord { kind, members, params: std::collections::BTreeMap::new() };
        let planned = Span::default();
        self.record(None, None, Body::FaultBegin(FaultBegin { id, fault, planned }));
        id
    }

    /// A fault ends, having held since `from`.
    pub fn fault_end(&mut self, id: FaultId, from: Nanos) {
        let landed = Some(Span { from, to: self.now() });
        let evidence = std::collections::BTreeMap::new();
        self.record(None, None, Body::FaultEnd(FaultEnd { id, landed, evidence, error: None }));
    }

    /// Index of the last event so far.
    pub fn last(&self) -> u64 {
        self.history.events.len() as u64 - 1
    }

    /// A member's recorder watch shows a change of one key (or, without a value, its
    /// deletion) that the store never made.
    pub fn forge(&mut self, member: u16, revision: i64, key: &str, value: Option<&str>) {
        let kv = KeyValue {
            key: key.into(),
            mod_revision: Revision(revision),
            create_revision: Revision(if value.is_some() { revision } else { 0 }),
            version: i64::from(value.is_some()),
            value: value.map_or_else(Bytes::default, Bytes::from),
            ..KeyValue::default()
        };
        let kind = if value.is_some() { KeyEventKind::Put } else { KeyEventKind::Delete };
        let event = KeyEvent { kind, kv, prev_kv: None };
        self.recorder_frame(member, events_frame(revision, vec![event]));
    }

    /// The history as it is: a harness that was killed leaves one like it.
    pub fn stop(self) -> History {
        self.history
    }

    fn size(&self) -> u16 {
        u16::try_from(self.members.len()).unwrap_or(u16::MAX)
    }

    fn start(&mut self, member: u16) {
        let state = &mut self.members[usize::from(member)];
        state.incarnation += 1;
        let incarnation = Incarnation {
            number: state.incarnation,
            version: "3.5.16".to_owned(),
            pid: i64::from(member) * 100 + i64::from(state.incarnation),
            data_generation: 1,
        };
        let resumes = (state.incarnation > 1).then_some(state.recorder);
        let from = state.delivered + 1;
        let started = Body::Environment(Environment::MemberStarted(incarnation));
        self.record(None, Some(member), started);
        self.record(None, Some(member), Body::Environment(Environment::MemberReady {}));
        let watch = self.open_watch(member, WatchKind::Recorder, from, resumes);
        self.members[usize::from(member)].recorder = watch;
    }

    fn open_watch(
        &mut self,
        member: u16,
        kind: WatchKind,
        from: i64,
        resumes: Option<WatchId>,
    ) -> WatchId {
        self.watches += 1;
        let watch = WatchId(self.watches);
        let everything = everything();
        let request = WatchRequest {
            key: everything.key,
            range_end: everything.range_end,
            start_revision: Revision(from),
            prev_kv: true,
            progress_notify: true,
            ..WatchRequest::default()
        };
        self.frame(member, watch, WatchFrame::Open(WatchOpen { kind, request, resumes }));
        let header = Some(header(self.members[usize::from(member)].applied));
        self.frame(member, watch, WatchFrame::Created(WatchHeader { header }));
        watch
    }

    /// What is new goes to every member that can hear it, and out of its watch.
    fn spread(&mut self) {
        let newest = self.store.revision();
        for member in 0..self.size() {
            let state = &mut self.members[usize::from(member)];
            if state.down || state.lagging {
                continue;
            }
            state.applied = newest;
            let from = state.delivered + 1;
            state.delivered = newest;
            for revision in from..=newest {
                let events = self.visible(revision);
                self.recorder_frame(member, events_frame(revision, events));
            }
        }
    }

    /// The changes of a revision, as a watch shows them now: what came before the
    /// compacted revision is forgotten.
    fn visible(&self, revision: i64) -> Vec<KeyEvent> {
        let mut events = self.store.changes(revision).to_vec();
        if revision <= self.compacted {
            for event in &mut events {
                event.prev_kv = None;
            }
        }
        events
    }

    fn recorder_frame(&mut self, member: u16, frame: WatchFrame) {
        let watch = self.members[usize::from(member)].recorder;
        self.frame(member, watch, frame);
    }

    /// Records a frame of a watch, unless it is one of events without events.
    pub fn frame(&mut self, member: u16, watch: WatchId, frame: WatchFrame) {
        match &frame {
            WatchFrame::Events(events) if events.events.is_empty() => {}
            _ => {
                self.record(None, Some(member), Body::Watch(WatchEvent { watch, frame }));
            }
        }
    }
}
