//! The survey of one history, made once and shared by all classes.

use std::collections::{BTreeMap, BTreeSet};

use super::changes::Changes;
use super::lives::Lives;
use super::operations::{Operation, operations};
use super::ranges::contains;
use super::watches::{Watch, watches};
use crate::history::{
    Body, Bytes, Environment, Event, History, KeyValue, MemberIndex, Outcome, Phase, ProcessId,
    Put, Range, RangeResponse, Request, Revision, TxnOp, WatchEvent, WatchEvents, WatchFrame,
    WatchHeader, WatchKind,
};

/// What all classes know of a history.
pub struct Ground<'a> {
    /// The history.
    pub(in crate::mutation) history: &'a History,
    /// Every operation that ended.
    pub(in crate::mutation) operations: Vec<Operation<'a>>,
    /// Every watch.
    pub(in crate::mutation) watches: Vec<Watch<'a>>,
    /// Every change that a watch shows.
    pub(in crate::mutation) changes: Changes<'a>,
    lives: Lives,
    /// Index of the invocation that asks for a value of a key first, and how many do.
    asked: BTreeMap<(&'a Bytes, &'a Bytes), (usize, u32)>,
    /// Keys of puts that keep whatever value there is.
    kept: BTreeSet<&'a Bytes>,
    /// Completions of writes, and the newest revision acknowledged up to each.
    floors: Vec<(usize, Revision)>,
    by_completion: BTreeMap<usize, usize>,
    /// Requests that nobody answered or refused, with their invocations.
    unanswered: Vec<(usize, &'a Request)>,
    writers: BTreeMap<Revision, usize>,
    unwritten: Bytes,
    fresh: ProcessId,
}

impl<'a> Ground<'a> {
    /// Surveys a history that is valid.
    pub fn of(history: &'a History) -> Self {
        let operations = operations(&history.events);
        let watches = watches(&history.events);
        let changes = Changes::of(&watches, &history.preamble);
        let mut ground = Self {
            history,
            floors: floors(&operations),
            by_completion: by_completion(&operations),
            writers: writers(&operations),
            unanswered: unanswered(&history.events, &operations),
            operations,
            watches,
            changes,
            lives: Lives::of(&history.events),
            asked: BTreeMap::new(),
            kept: BTreeSet::new(),
            unwritten: Bytes::default(),
            fresh: fresh(history),
        };
        for (index, event) in history.events.iter().enumerate() {
            if let Body::Invoke(invoke) = &event.body {
                ground.ask(index, &invoke.request);
            }
        }
        ground.unwritten = unwritten(&ground.asked);
        ground
    }

    /// A value that nobody ever asked to be written.
    pub(in crate::mutation) fn unwritten(&self) -> Bytes {
        self.unwritten.clone()
    }

    /// A process that the history does not have.
    pub(in crate::mutation) fn fresh_process(&self) -> ProcessId {
        self.fresh
    }

    /// Index of the one invocation that can have written a value of a key; nothing where
    /// there are several, or where a put may have repeated the value.
    pub(in crate::mutation) fn only_writer(&self, key: &Bytes, value: &Bytes) -> Option<usize> {
        let (invocation, times) = self.asked.get(&(key, value))?;
        (*times == 1 && !self.kept.contains(key) && !value.is_empty()).then_some(*invocation)
    }

    /// The newest revision whose write was acknowledged before an event.
    pub(in crate::mutation) fn acknowledged_before(&self, at: usize) -> Revision {
        let count = self.floors.partition_point(|(completion, _)| *completion < at);
        count.checked_sub(1).map_or(Revision(0), |last| self.floors[last].1)
    }

    /// The operation that completes at an event.
    pub(in crate::mutation) fn completed_at(&self, at: usize) -> Option<&Operation<'a>> {
        self.by_completion.get(&at).and_then(|number| self.operations.get(*number))
    }

    /// Requests that nobody answered or refused, in the order of their invocations.
    pub(in crate::mutation) fn unanswered(&self) -> impl Iterator<Item = (usize, &'a Request)> {
        self.unanswered.iter().copied()
    }

    /// The one acknowledged write of a revision.
    pub(in crate::mutation) fn writer_of(&self, revision: Revision) -> Option<&Operation<'a>> {
        self.writers.get(&revision).and_then(|number| self.operations.get(*number))
    }

    /// A number that is the same at two events if the member's process lived between.
    pub(in crate::mutation) fn life(&self, member: MemberIndex, at: usize) -> usize {
        self.lives.life(member, at)
    }

    /// Whether the state at a revision is known: nobody else writes, and every revision
    /// from the empty store on is shown by watches.
    pub(in crate::mutation) fn knows(&self, revision: Revision) -> bool {
        let empty = self.history.preamble.territory().empty_at();
        empty.is_some_and(|empty| empty <= revision) && revision <= self.changes.known()
    }

    /// A key of the run's own.
    pub(in crate::mutation) fn own_key(&self, name: &str) -> Bytes {
        Bytes::from(format!("{}{name}", self.history.preamble.prefix))
    }

    /// The newest revision that a progress notification names.
    pub(in crate::mutation) fn passed(&self) -> Revision {
        let frames = self.watches.iter().flat_map(|watch| &watch.frames);
        let notified = frames.filter_map(|(_, frame)| match frame {
            WatchFrame::Progress(WatchHeader { header }) => Some(header.as_ref()?.revision),
            _ => None,
        });
        notified.max().unwrap_or_default()
    }

    /// Whether others use the store too.
    pub(in crate::mutation) fn is_shared(&self) -> bool {
        self.history.preamble.territory().is_shared()
    }

    /// The answer of a store in the state at a revision to a plain range of one key.
    pub(in crate::mutation) fn read_one(&self, key: &Bytes, at: Revision) -> Vec<KeyValue> {
        self.changes.pair(key, at).cloned().into_iter().collect()
    }

    /// The pairs of a plain range in the state at a revision.
    pub(in crate::mutation) fn read(&self, range: &Range, at: Revision) -> Vec<KeyValue> {
        let keys = self.changes.keys().filter(|key| contains(&range.key, &range.range_end, key));
        keys.filter_map(|key| self.changes.pair(key, at)).cloned().collect()
    }

    /// Every response with events, of watches that have ended too.
    pub(in crate::mutation) fn all_deliveries(
        &self,
    ) -> impl Iterator<Item = (usize, &'a WatchEvents)> {
        self.history.events.iter().enumerate().filter_map(|(index, event)| match &event.body {
            Body::Watch(WatchEvent { frame: WatchFrame::Events(events), .. }) => {
                Some((index, events))
            }
            _ => None,
        })
    }

    /// Index of the beginning of a phase.
    pub(in crate::mutation) fn phase(&self, phase: Phase) -> Option<usize> {
        let begins = Body::Environment(Environment::Phase(phase));
        self.history.events.iter().rposition(|event| event.body == begins)
    }

    /// The final reads of every key: plain, answered.
    pub(in crate::mutation) fn final_reads(
        &self,
    ) -> Vec<(&Operation<'a>, &'a Range, &'a RangeResponse)> {
        let Some(begin) = self.phase(Phase::Final) else { return Vec::new() };
        let territory = self.history.preamble.territory();
        let late = self.operations.iter().filter(|operation| operation.invocation > begin);
        late.filter_map(|operation| {
            let (range, answer) = super::super::shape::plain_read(operation)?;
            let all = territory.is_covered_by(&range.key, &range.range_end);
            all.then_some((operation, range, answer))
        })
        .collect()
    }

    /// The place right after the last event of which clients and watches know, and a
    /// recorder watch that is open there: more can be made to happen at that place
    /// without anything that comes later and contradicts it.
    pub(in crate::mutation) fn tail(&self) -> Option<(usize, &Watch<'a>)> {
        let end = self.phase(Phase::Done)?;
        let territory = self.history.preamble.territory();
        let watch = self.watches.iter().rev().find(|watch| {
            watch.open.kind == WatchKind::Recorder
                && watch.is_whole(&territory)
                && watch.deliveries().next().is_some()
                && watch.opened < end
                && watch.ended.is_none_or(|ended| ended > end)
        })?;
        Some((end, watch))
    }

    fn ask(&mut self, index: usize, request: &'a Request) {
        match request {
            Request::Put(put) => self.ask_put(index, put),
            Request::Txn(txn) => {
                txn.success.iter().chain(&txn.failure).for_each(|op| self.ask_op(index, op));
            }
            _ => {}
        }
    }

    fn ask_op(&mut self, index: usize, op: &'a TxnOp) {
        match op {
            TxnOp::Put(put) => self.ask_put(index, put),
            TxnOp::Txn(txn) => {
                txn.success.iter().chain(&txn.failure).for_each(|op| self.ask_op(index, op));
            }
            TxnOp::Range(_) | TxnOp::Delete(_) => {}
        }
    }

    fn ask_put(&mut self, index: usize, put: &'a Put) {
        if put.ignore_value {
            self.kept.insert(&put.key);
        } else {
            self.asked.entry((&put.key, &put.value)).or_insert((index, 0)).1 += 1;
        }
    }
}

fn floors(operations: &[Operation<'_>]) -> Vec<(usize, Revision)> {
    let written =
        operations.iter().filter_map(|one| one.wrote().map(|made| (one.completion, made)));
    let mut floors: Vec<(usize, Revision)> = written.collect();
    floors.sort_unstable();
    let mut newest = Revision(0);
    for (_, revision) in &mut floors {
        newest = newest.max(*revision);
        *revision = newest;
    }
    floors
}

fn unanswered<'a>(events: &'a [Event], ended: &[Operation<'_>]) -> Vec<(usize, &'a Request)> {
    let certain = ended.iter().filter(|one| !matches!(one.outcome, Outcome::Unknown(_)));
    let certain: BTreeSet<usize> = certain.map(|operation| operation.invocation).collect();
    let sent = events.iter().enumerate().filter_map(|(index, event)| match &event.body {
        Body::Invoke(invoke) => Some((index, &invoke.request)),
        _ => None,
    });
    sent.filter(|(index, _)| !certain.contains(index)).collect()
}

fn by_completion(operations: &[Operation<'_>]) -> BTreeMap<usize, usize> {
    operations.iter().enumerate().map(|(number, one)| (one.completion, number)).collect()
}

fn writers(operations: &[Operation<'_>]) -> BTreeMap<Revision, usize> {
    let all = operations.iter().enumerate();
    all.filter_map(|(number, one)| one.wrote().map(|revision| (revision, number))).collect()
}

fn fresh(history: &History) -> ProcessId {
    let highest = history.events.iter().filter_map(|event| event.process).max();
    ProcessId(highest.map_or(0, |process| process.0.saturating_add(1)))
}

fn unwritten(asked: &BTreeMap<(&Bytes, &Bytes), (usize, u32)>) -> Bytes {
    let values: BTreeSet<&Bytes> = asked.keys().map(|(_, value)| *value).collect();
    let mut candidate = Bytes::from("nobody wrote this");
    while values.contains(&candidate) {
        candidate = Bytes::from(format!("{candidate}!"));
    }
    candidate
}
