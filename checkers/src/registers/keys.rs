//! What is asked of each key, as far as it is a register's.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::cell::{Cell, CellOp, CellRet};
use crate::evidence::Sent;
use crate::history::{Bytes, Event, Outcome, ProcessId, Put, Range, Request, Response};
use crate::keys::KeyRange;
use crate::model::{can_mutate, touched};
use crate::search::{Answer, Object, Operation};
use crate::verdict::WitnessStep;
use crate::wording;

/// The operations on one key.
#[derive(Debug, Default)]
pub(super) struct Register {
    pub(super) operations: Vec<Operation<Cell>>,
    /// The same, with the event of their end.
    said: Vec<(Sent, Option<Arc<Event>>)>,
}

impl Register {
    /// An operation as a step of a witness.
    pub(super) fn step(&self, number: usize) -> WitnessStep {
        let (sent, ended) = &self.said[number];
        if let (Some(event), Some(answer)) = (ended, &self.operations[number].answer) {
            sent.step(event, Cell::answer_in_words(&answer.ret))
        } else {
            let request = wording::request(sent.request());
            WitnessStep::of(sent.event(), request, "nobody knows its outcome")
        }
    }
}

/// All keys.
#[derive(Debug, Default)]
pub(super) struct Keys {
    registers: BTreeMap<Bytes, Register>,
    /// Where each process's open operation is.
    open: BTreeMap<ProcessId, (Bytes, usize)>,
    /// Keys and ranges that other requests may write, or that leases may end.
    ranges: Vec<KeyRange>,
    written: BTreeSet<Bytes>,
    /// Requests that are none of a register's.
    pub(super) left_out: u64,
    /// Something may write that says not where.
    pub(super) anywhere: bool,
}

impl Keys {
    /// A request goes to the wire.
    pub(super) fn invoke(&mut self, event: &Arc<Event>, request: &Request) {
        let asked = event.process.zip(Sent::of(event)).zip(operation(request));
        let Some(((process, sent), (key, op))) = asked else {
            self.leave_out(request);
            return;
        };
        let register = self.registers.entry(key.clone()).or_default();
        self.open.insert(process, (key.clone(), register.operations.len()));
        register.operations.push(Operation { process, call: event.index, op, answer: None });
        register.said.push((sent, None));
    }

    /// An operation ends.
    pub(super) fn complete(&mut self, event: &Arc<Event>, outcome: &Outcome) {
        let open = event.process.and_then(|process| self.open.remove(&process));
        let Some((key, number)) = open else { return };
        let Some(register) = self.registers.get_mut(&key) else { return };
        let operation = &mut register.operations[number];
        match outcome {
            Outcome::Unknown(_) => {}
            // Without effect: as a read that says nothing.
            Outcome::Failed(_) => operation.op = CellOp::Get,
            Outcome::Ok(response) => {
                let ret = answer(&operation.op, &key, response);
                operation.answer = ret.map(|ret| Answer { at: event.index, ret });
                register.said[number].1 = Some(Arc::clone(event));
            }
        }
    }

    fn leave_out(&mut self, request: &Request) {
        self.left_out += 1;
        if !can_mutate(request) {
            return;
        }
        let ranges = touched(request);
        // A revocation takes keys that were put with a lease, which are no registers.
        let elsewhere = ranges.is_empty() && !matches!(request, Request::LeaseRevoke(_));
        self.anywhere |= elsewhere;
        for range in ranges {
            match range.single() {
                Some(key) => drop(self.written.insert(key.clone())),
                None => self.ranges.push(range),
            }
        }
    }

    /// The keys that are registers, with their operations.
    pub(super) fn registers(&self) -> impl Iterator<Item = (&Bytes, &Register)> {
        self.registers.iter().filter(|(key, _)| {
            let other = |range: &KeyRange| range.contains(key);
            !self.anywhere && !self.written.contains(*key) && !self.ranges.iter().any(other)
        })
    }

    /// How many keys there are, registers or not.
    pub(super) fn many(&self) -> usize {
        let others = self.written.iter().filter(|key| !self.registers.contains_key(*key));
        self.registers.len() + others.count()
    }
}

/// What a request asks of one key as a register, if it does nothing else.
fn operation(request: &Request) -> Option<(&Bytes, CellOp)> {
    match request {
        Request::Put(put) if is_plain_put(put) => Some((&put.key, CellOp::Put(put.value.clone()))),
        Request::Delete(delete) if delete.range_end.is_empty() => {
            Some((&delete.key, CellOp::Delete))
        }
        Request::Range(range) if is_plain_get(range) => Some((&range.key, CellOp::Get)),
        _ => None,
    }
}

fn is_plain_put(put: &Put) -> bool {
    put.lease.is_none() && !put.ignore_value && !put.ignore_lease
}

fn is_plain_get(range: &Range) -> bool {
    let plain = Range { key: range.key.clone(), sort: range.sort, ..Range::default() };
    *range == plain || *range == Range { limit: 1, ..plain }
}

/// What an answer says; nothing where it does not fit what was asked.
fn answer(op: &CellOp, key: &Bytes, response: &Response) -> Option<CellRet> {
    match (op, response) {
        (CellOp::Put(_), Response::Put(_)) => Some(CellRet::Done),
        (CellOp::Delete, Response::Delete(answer)) => Some(CellRet::Deleted(answer.deleted > 0)),
        (CellOp::Get, Response::Range(answer)) => match answer.kvs.as_slice() {
            [] => Some(CellRet::Value(None)),
            [pair] if pair.key == *key => Some(CellRet::Value(Some(pair.value.clone()))),
            _ => None,
        },
        _ => None,
    }
}
