//! The transactions over lists of a history, as it goes on.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::inside::{Inside, Part};
use super::phenomena;
use super::recognition::ListKeys;
use super::showing::shown;
use super::transaction::{Fate, Transaction};
use super::version::{KeyId, TransactionId, VersionId, Versions};
use crate::evidence::{Epochs, Findings, Operation, Operations, Place};
use crate::history::{
    Body, Bytes, Event, MemberIndex, Outcome, Preamble, ProcessId, Put, Range, RangeResponse,
    Request, Response, TxnOp,
};
use crate::model::is_local;

/// What a version and a transaction take of memory, about, in bytes.
const VERSION_BYTES: u64 = 240;
const TRANSACTION_BYTES: u64 = 200;

/// The transactions over lists of a history.
pub(super) struct Log {
    keys: ListKeys,
    /// Whether everything in the store was written by this run.
    ours: bool,
    pub(super) versions: Versions,
    transactions: Vec<Transaction>,
    open: Operations<Option<TransactionId>>,
    epochs: Epochs,
    ended: u32,
    processes: BTreeMap<ProcessId, Session>,
    /// Pairs of transactions of one process, the earlier first.
    pub(super) sessions: Vec<(TransactionId, TransactionId)>,
    strangers: Option<String>,
    appends: u64,
    bytes_max: u64,
}

/// The last transactions of a process.
#[derive(Clone, Copy, Debug)]
struct Session {
    last: Ended,
    last_strict: Option<TransactionId>,
}

#[derive(Clone, Copy, Debug)]
struct Ended {
    transaction: TransactionId,
    local: bool,
    member: Option<MemberIndex>,
    epoch: u32,
}

impl Log {
    pub(super) fn new(preamble: &Preamble, bytes_max: u64) -> Self {
        Self {
            keys: ListKeys::below(&preamble.prefix),
            ours: preamble.territory().empty_at().is_some(),
            versions: Versions::default(),
            transactions: Vec::new(),
            open: Operations::default(),
            epochs: Epochs::default(),
            ended: 0,
            processes: BTreeMap::new(),
            sessions: Vec::new(),
            strangers: None,
            appends: 0,
            bytes_max,
        }
    }

    /// Takes the next event.
    pub(super) fn observe(&mut self, event: &Arc<Event>, findings: &mut Findings) {
        self.epochs.observe(event);
        match &event.body {
            Body::Invoke(invoke) if self.keys.concerns(&invoke.request) => {
                let number = self.invoke(&invoke.request, Place::of(event));
                self.open.invoke(event, number);
            }
            Body::Complete(outcome) => {
                if let Some(operation) = self.open.complete(event)
                    && let Some(number) = operation.note
                {
                    self.complete(&operation, number, outcome, findings);
                    self.in_session(event, number);
                }
            }
            _ => {}
        }
    }

    /// Why nothing can be concluded, if that is so.
    pub(super) fn undecided(&self) -> Option<&str> {
        self.strangers.as_deref().filter(|_| self.appends > 0)
    }

    /// Whether anything was to be appended.
    pub(super) fn any_appends(&self) -> bool {
        self.appends > 0
    }

    /// A transaction.
    pub(super) fn get(&self, number: TransactionId) -> &Transaction {
        &self.transactions[number as usize]
    }

    /// Every transaction, by the order of invocations.
    pub(super) fn iter(&self) -> impl Iterator<Item = (TransactionId, &Transaction)> {
        (0..).zip(&self.transactions)
    }

    /// How many transactions there are.
    pub(super) fn len(&self) -> usize {
        self.transactions.len()
    }

    /// How many transactions ended in real time.
    pub(super) fn ended(&self) -> u32 {
        self.ended
    }

    fn invoke(&mut self, request: &Request, place: Place) -> Option<TransactionId> {
        if self.strangers.is_some() {
            return None;
        }
        let number = TransactionId::try_from(self.transactions.len()).ok()?;
        let appends = match self.keys.appends(request, number, &mut self.versions) {
            Ok(appends) => appends,
            Err(key) => {
                self.stranger(&key, "is written by something else than guarded appends");
                return None;
            }
        };
        self.appends += appends.len() as u64;
        self.transactions.push(Transaction {
            place,
            fate: Fate::Unknown,
            appends,
            reads: Vec::new(),
            local: is_local(request),
            after: self.ended,
            end: None,
        });
        let bytes = self.versions.len() as u64 * VERSION_BYTES
            + self.transactions.len() as u64 * TRANSACTION_BYTES;
        if bytes > self.bytes_max {
            self.strangers = Some("the lists take more memory than the budget allows".to_owned());
        }
        Some(number)
    }

    fn stranger(&mut self, key: &Bytes, why: &str) {
        let reason = format!("the list {key} {why}: its versions cannot be told apart");
        self.strangers.get_or_insert(reason);
    }

    fn complete(
        &mut self,
        operation: &Operation<Option<TransactionId>>,
        number: TransactionId,
        outcome: &Outcome,
        findings: &mut Findings,
    ) {
        self.transactions[number as usize].place = operation.place;
        let response = match outcome {
            Outcome::Unknown(_) => return,
            Outcome::Failed(_) => {
                self.transactions[number as usize].fate = Fate::Refused;
                return;
            }
            Outcome::Ok(response) => response,
        };
        let Some(shown) = self.shown(operation.request(), response) else { return };
        self.transactions[number as usize].fate =
            if rejected(response) { Fate::Rejected } else { Fate::Applied };
        let reads = self.check_inside(number, &shown, findings);
        let idle = reads.is_empty() && self.get(number).appends.is_empty();
        self.transactions[number as usize].reads = reads;
        if idle {
            return;
        }
        self.in_time(number);
        self.check_reads(number, findings);
    }

    /// What an answer shows of lists, in the order of its parts; nothing where it does
    /// not fit the request.
    fn shown(&mut self, request: &Request, response: &Response) -> Option<Vec<Part>> {
        let mut parts = Vec::new();
        match (request, response) {
            (Request::Range(range), Response::Range(answer)) => {
                self.read(range, answer, &mut parts);
            }
            (Request::Put(_), Response::Put(_)) => {}
            (Request::Txn(txn), Response::Txn(answer)) => {
                let branch = if answer.succeeded { &txn.success } else { &txn.failure };
                if branch.len() != answer.responses.len() {
                    return None;
                }
                for (op, response) in branch.iter().zip(&answer.responses) {
                    match (op, response) {
                        (TxnOp::Range(range), Response::Range(answer)) => {
                            self.read(range, answer, &mut parts);
                        }
                        (TxnOp::Put(put), Response::Put(_)) => parts.extend(self.part_of(put)),
                        (TxnOp::Delete(_), Response::Delete(_))
                        | (TxnOp::Txn(_), Response::Txn(_)) => {}
                        _ => return None,
                    }
                }
            }
            _ => return None,
        }
        Some(parts)
    }

    fn read(&mut self, range: &Range, answer: &RangeResponse, parts: &mut Vec<Part>) {
        let shown = shown(&self.keys, range, answer, &mut self.versions);
        parts.extend(shown.into_iter().map(Part::Read));
    }

    fn part_of(&mut self, put: &Put) -> Option<Part> {
        if !self.keys.contains(&put.key) {
            return None;
        }
        let element = self.keys.element(&put.key);
        let name = element.as_ref().map_or(&put.key, |(name, _)| name);
        let key = self.versions.list(name);
        Some(Part::Append(key, element.map(|(_, text)| text)))
    }

    /// Compares what a transaction was shown with itself; returns what it was shown of
    /// others.
    fn check_inside(
        &mut self,
        number: TransactionId,
        parts: &[Part],
        findings: &mut Findings,
    ) -> Vec<VersionId> {
        let transaction = self.get(number);
        let mut inside = Inside::default();
        if transaction.fate == Fate::Applied {
            // Guards are judged on the state before the transaction.
            let guarded = transaction.appends.iter();
            inside
                .known
                .extend(guarded.filter_map(|append| Some((append.key, append.versions?.0))));
        }
        let mut reads = Vec::new();
        for part in parts {
            match part {
                Part::Append(key, element) => {
                    self.append_inside(number, *key, element.as_ref(), &mut inside);
                }
                Part::Read(version) => {
                    if let Err(right) = inside.read(*version, &mut self.versions, &mut reads) {
                        phenomena::internal(self, number, (&right, *version), findings);
                    }
                }
            }
        }
        reads
    }

    fn append_inside(
        &self,
        number: TransactionId,
        key: KeyId,
        text: Option<&Bytes>,
        inside: &mut Inside,
    ) {
        let append = self.get(number).appends.iter().find(|append| append.key == key);
        let Some(append) = append else { return };
        let Some(text) = text else {
            inside.known.extend(append.versions.map(|(_, result)| (key, result)));
            return;
        };
        let own = inside.own.entry(key).or_default();
        own.extend(append.elements.iter().filter(|one| self.versions.text(**one) == text));
        own.sort_by_key(|one| self.versions.text(*one));
    }

    /// Gives elements of lists in many keys a place that took effect and were never
    /// seen: behind everything that was, because nothing goes from a list.
    pub(super) fn place_unseen(&mut self) {
        let mut longest: BTreeMap<KeyId, (usize, VersionId)> = BTreeMap::new();
        let reads = self.transactions.iter().flat_map(|transaction| &transaction.reads);
        for read in reads {
            let length = self.versions.length(*read);
            let best = longest.entry(self.versions.get(*read).key).or_insert((length, *read));
            *best = (*best).max((length, *read));
        }
        for transaction in &self.transactions {
            let applied = transaction.fate == Fate::Applied;
            for append in transaction.appends.iter().filter(|_| applied) {
                let unseen =
                    !append.elements.iter().any(|element| self.versions.is_shown(*element));
                let last = longest.get(&append.key).filter(|_| append.versions.is_none() && unseen);
                let (Some((_, version)), Some(element)) = (last, append.elements.first()) else {
                    continue;
                };
                self.versions.extend(*version, *element);
            }
        }
    }

    fn in_time(&mut self, number: TransactionId) {
        let transaction = &mut self.transactions[number as usize];
        if !transaction.local {
            transaction.end = Some(self.ended);
            self.ended += 1;
        }
    }

    /// Joins a transaction with those of its process before it. A member that answers
    /// alone is behind what it answered before only if it was started again meanwhile.
    fn in_session(&mut self, event: &Event, number: TransactionId) {
        let transaction = self.get(number);
        let (Some(process), true) = (event.process, transaction.answered()) else { return };
        let (local, member) = (transaction.local, event.member);
        let epoch = member.map_or(0, |member| self.epochs.of(member));
        let this = Ended { transaction: number, local, member, epoch };
        let before = self.processes.get(&process).copied();
        if let Some(Session { last, last_strict }) = before {
            let same_life = last.member == member && last.epoch == epoch;
            if !local || same_life {
                self.sessions.push((last.transaction, number));
            }
            if let Some(strict) = last_strict.filter(|_| !local && last.local) {
                self.sessions.push((strict, number));
            }
        }
        let last_strict =
            if local { before.and_then(|before| before.last_strict) } else { Some(number) };
        self.processes.insert(process, Session { last: this, last_strict });
    }

    fn check_reads(&mut self, number: TransactionId, findings: &mut Findings) {
        for read in self.get(number).reads.clone() {
            let Some(strange) = phenomena::unwritten(&self.versions, read) else { continue };
            if matches!(strange, phenomena::Unwritten::Phantom(_)) && !self.ours {
                let name = self.versions.name(self.versions.get(read).key).clone();
                self.stranger(&name, "holds what this run has not written");
                return;
            }
            phenomena::report_unwritten(self, number, read, &strange, findings);
        }
    }
}

fn rejected(response: &Response) -> bool {
    matches!(response, Response::Txn(answer) if !answer.succeeded)
}
