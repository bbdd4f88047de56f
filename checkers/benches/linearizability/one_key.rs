//! Histories of one key: half reads, half puts of values that are all different. They
//! are what the prototype and searches for an order can judge too.

use std::fmt::Write as _;
use std::sync::Arc;

use stormglass_checkers::history::{
    Body, Bytes, Doubt, Event, Header, Indefinite, Invoke, KeyEvent, KeyEventKind, KeyValue, Nanos,
    Outcome, ProcessId, Put, PutResponse, Range, RangeResponse, Request, Response, Revision,
    WatchEvent, WatchEvents, WatchFrame, WatchId, WatchKind, WatchOpen, WatchRequest,
};
use stormglass_checkers::search::{Answer, Operation};
use stormglass_checkers::spec::{Register, RegisterOp, RegisterRet};

/// An operation, with the events that began and ended it.
#[derive(Clone, Debug)]
pub(crate) struct Done {
    process: u32,
    /// The value that it puts; a read has none.
    put: Option<i64>,
    call: u64,
    end: Option<u64>,
    revision: i64,
    seen: Option<i64>,
}

/// A history, as events and as operations.
#[derive(Clone, Debug, Default)]
pub(crate) struct OneKey {
    pub(crate) events: Vec<Arc<Event>>,
    operations: Vec<Done>,
    /// The values, by the revisions from 2 on that made them.
    values: Vec<i64>,
    /// How many of them the watch has shown.
    shown: usize,
    random: u64,
}

/// What a client is doing with its operation.
#[derive(Clone, Copy, Debug)]
enum Stage {
    Idle,
    Sent(usize),
    Applied(usize),
}

impl OneKey {
    /// So many operations of so many clients that overlap; of a thousand puts so many
    /// have an unknown outcome, and half of these take effect.
    pub(crate) fn new(operations: usize, clients: u32, unknown_mille: u64) -> Self {
        let mut history = Self { random: 7, ..Self::default() };
        history.open();
        let mut stages: Vec<(u32, Stage)> = (0..clients).map(|id| (id, Stage::Idle)).collect();
        let (mut processes, mut idle) = (clients, stages.len());
        while history.operations.len() < operations || idle < stages.len() {
            if history.below(1000) < 400 {
                history.deliver();
            }
            let at = usize::try_from(history.below(stages.len() as u64)).unwrap_or(0);
            let (process, stage) = stages[at];
            stages[at].1 = match stage {
                Stage::Idle if history.operations.len() >= operations => Stage::Idle,
                Stage::Idle => {
                    idle -= 1;
                    Stage::Sent(history.send(process))
                }
                Stage::Sent(number) if history.is_lost(number, unknown_mille) => {
                    history.lose(number);
                    stages[at].0 = processes;
                    (processes, idle) = (processes + 1, idle + 1);
                    Stage::Idle
                }
                Stage::Sent(number) => {
                    history.apply(number);
                    Stage::Applied(number)
                }
                Stage::Applied(number) => {
                    history.answer(number);
                    idle += 1;
                    Stage::Idle
                }
            };
        }
        history.deliver();
        history
    }

    /// Random numbers from a seed (splitmix64).
    fn below(&mut self, bound: u64) -> u64 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.random ^ (self.random >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }

    fn push(&mut self, process: Option<u32>, body: Body) -> u64 {
        let index = self.events.len() as u64;
        let (at, process) = (Nanos((index + 1) * 1000), process.map(ProcessId));
        self.events.push(Arc::new(Event { index, at, process, member: None, body }));
        index
    }

    fn watch(&mut self, frame: WatchFrame) {
        self.push(None, Body::Watch(WatchEvent { watch: WatchId(1), frame }));
    }

    fn open(&mut self) {
        let everything = Bytes::from(&b"\0"[..]);
        let request = WatchRequest {
            key: everything.clone(),
            range_end: everything,
            start_revision: Revision(2),
            ..WatchRequest::default()
        };
        let kind = WatchKind::Recorder;
        self.watch(WatchFrame::Open(WatchOpen { kind, request, resumes: None }));
    }

    /// The watch shows what it has not shown yet.
    fn deliver(&mut self) {
        for number in self.shown..self.values.len() {
            let (kv, kind) = (self.pair(number), KeyEventKind::Put);
            let header = Some(header(kv.mod_revision.0));
            let events = vec![KeyEvent { kind, kv, prev_kv: None }];
            self.watch(WatchFrame::Events(WatchEvents { header, fragment: false, events }));
        }
        self.shown = self.values.len();
    }

    /// The pair that the put with this number in the order of revisions made.
    fn pair(&self, number: usize) -> KeyValue {
        let version = i64::try_from(number + 1).unwrap_or(i64::MAX);
        KeyValue {
            key: "k0".into(),
            create_revision: Revision(2),
            mod_revision: Revision(version + 1),
            version,
            value: self.values[number].to_string().into(),
            ..KeyValue::default()
        }
    }

    fn send(&mut self, process: u32) -> usize {
        let number = self.operations.len();
        let put = (self.below(2) == 0).then(|| i64::try_from(number + 1).unwrap_or(i64::MAX));
        let request = match put {
            Some(value) => Request::Put(Put {
                key: "k0".into(),
                value: value.to_string().into(),
                ..Put::default()
            }),
            None => Request::Range(Range { key: "k0".into(), ..Range::default() }),
        };
        let body = Body::Invoke(Invoke { intended: Nanos(0), request });
        let call = self.push(Some(process), body);
        self.operations.push(Done { process, put, call, end: None, revision: 0, seen: None });
        number
    }

    fn is_lost(&mut self, number: usize, unknown_mille: u64) -> bool {
        self.operations[number].put.is_some() && self.below(1000) < unknown_mille
    }

    fn lose(&mut self, number: usize) {
        if self.below(2) == 0 {
            self.apply(number);
        }
        let doubt = Indefinite { reason: Doubt::Timeout, message: String::new() };
        let process = self.operations[number].process;
        self.push(Some(process), Body::Complete(Outcome::Unknown(doubt)));
    }

    fn apply(&mut self, number: usize) {
        match self.operations[number].put {
            Some(value) => self.values.push(value),
            None => self.operations[number].seen = self.values.last().copied(),
        }
        self.operations[number].revision = self.revision();
    }

    fn revision(&self) -> i64 {
        i64::try_from(self.values.len() + 1).unwrap_or(i64::MAX)
    }

    fn answer(&mut self, number: usize) {
        let Done { process, put, revision, .. } = self.operations[number];
        let header = Some(header(revision));
        let response = if put.is_some() {
            Response::Put(PutResponse { header, prev_kv: None })
        } else {
            let last = usize::try_from(revision - 2).ok();
            let kvs: Vec<KeyValue> = last.map(|last| self.pair(last)).into_iter().collect();
            let count = i64::try_from(kvs.len()).unwrap_or(0);
            Response::Range(RangeResponse { header, kvs, more: false, count })
        };
        let end = self.push(Some(process), Body::Complete(Outcome::Ok(response)));
        self.operations[number].end = Some(end);
    }

    /// The operations for a search of their order.
    pub(crate) fn register(&self) -> Vec<Operation<Register>> {
        let operation = |(number, done): (usize, &Done)| {
            let (op, ret) = match done.put {
                Some(value) => (RegisterOp::Write(value), RegisterRet::Written),
                None => (RegisterOp::Read, RegisterRet::Value(done.seen)),
            };
            let process = ProcessId(u32::try_from(number).unwrap_or(0));
            let answer = done.end.map(|at| Answer { at, ret });
            Operation { process, call: done.call, op, answer }
        };
        self.operations.iter().enumerate().map(operation).collect()
    }

    /// The operations, and what the watch showed, in the prototype's form.
    pub(crate) fn prototype(&self) -> (String, String) {
        let (mut operations, mut evidence) = (String::new(), String::new());
        for Done { process, put, call, end, revision, seen } in &self.operations {
            let number = |number: Option<i64>| number.map_or("null".to_owned(), |n| n.to_string());
            let what = match put {
                Some(value) => format!(r#""f":"w","k":"k0","v":{value}"#),
                None => format!(r#""f":"r","k":"k0","out":{}"#, number(*seen)),
            };
            let ret = end.map_or("null".to_owned(), |end| end.to_string());
            let revision = end.map_or(0, |_| *revision);
            let _ = writeln!(
                operations,
                r#"{{"p":{process},{what},"call":{call},"ret":{ret},"rev":{revision}}}"#
            );
        }
        for (value, revision) in self.values.iter().zip(2..) {
            let _ = writeln!(evidence, r#"{{"rev":{revision},"k":"k0","v":{value}}}"#);
        }
        (operations, evidence)
    }
}

fn header(revision: i64) -> Header {
    Header { revision: Revision(revision), ..Header::default() }
}
