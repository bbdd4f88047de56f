//! What one member holds: the sequential model at its applied index, with the leases and
//! the compaction that a member answers from.

use std::collections::BTreeMap;

use stormglass_checkers::history::{
    Bytes, HashKvResponse, KeyEvent, KeyEventKind, KeyValue, LeaseId, LeaseTtl, Put, Refusal,
    Request, Response, Revision, Txn,
};
use stormglass_checkers::keys::KeyRange;
use stormglass_checkers::model::{Change, Changes, Evaluation, State};

use super::entry::{Command, Entry, Quirk};

/// What one member holds.
#[derive(Clone, Debug)]
pub(super) struct Store {
    state: State,
    /// Leases with their time to live, in seconds.
    leases: BTreeMap<LeaseId, i64>,
    compacted: Revision,
}

impl Default for Store {
    fn default() -> Self {
        let (state, leases) = (State::new(Revision(1)), BTreeMap::new());
        Self { state, leases, compacted: Revision(0) }
    }
}

impl Store {
    pub(super) fn revision(&self) -> Revision {
        self.state.revision()
    }

    pub(super) fn compacted(&self) -> Revision {
        self.compacted
    }

    pub(super) fn leases(&self) -> &BTreeMap<LeaseId, i64> {
        &self.leases
    }

    pub(super) fn attached(&self, lease: LeaseId) -> Vec<Bytes> {
        self.state.attached(lease).cloned().collect()
    }

    /// A log entry takes effect. The answer's header holds the revision and nothing else.
    pub(super) fn apply(&mut self, entry: &Entry) -> Result<Response, Refusal> {
        match (&entry.command, entry.quirk) {
            (Command::EndLease(lease), Some(Quirk::LeaveOneKey)) => {
                self.leases.remove(lease);
                let mut changes = self.state.end_of_lease(*lease);
                changes.pop();
                self.commit(changes);
                Ok(Response::LeaseRevoke(stormglass_checkers::history::Empty::default()))
            }
            (Command::EndLease(lease), _) => {
                self.leases.remove(lease);
                self.state.end_lease(*lease);
                Ok(Response::LeaseRevoke(stormglass_checkers::history::Empty::default()))
            }
            (Command::Request(request), Some(quirk)) => self.apply_oddly(request, quirk),
            (Command::Request(request), None) => self.apply_request(request),
        }
    }

    fn apply_request(&mut self, request: &Request) -> Result<Response, Refusal> {
        let response = self.state.apply(request)?;
        match (request, &response) {
            (Request::Compact(compact), _) => self.compacted = compact.revision,
            (Request::LeaseGrant(_), Response::LeaseGrant(granted)) => {
                self.leases.insert(granted.lease, granted.ttl_seconds);
            }
            (Request::LeaseRevoke(revoke), _) => {
                self.leases.remove(&revoke.lease);
            }
            _ => {}
        }
        Ok(response)
    }

    /// The same with a bug, which is the same on every member.
    fn apply_oddly(&mut self, request: &Request, quirk: Quirk) -> Result<Response, Refusal> {
        match (request, quirk) {
            (Request::Put(put), Quirk::WriteRefused | Quirk::AcceptDeadLease) => {
                match self.apply_request(request) {
                    Err(Refusal::LeaseNotFound) => {
                        let accepted = self.put_with_dead_lease(put, quirk);
                        if quirk == Quirk::AcceptDeadLease {
                            accepted
                        } else {
                            Err(Refusal::LeaseNotFound)
                        }
                    }
                    answer => answer,
                }
            }
            (Request::Txn(txn), Quirk::OtherBranch) => self.other_branch(txn),
            (_, Quirk::FirstChangeOnly) => {
                let evaluation = self.evaluate(request)?;
                let first = evaluation.changes.iter().take(1).cloned().collect();
                self.commit(first);
                Ok(evaluation.into_response())
            }
            (_, Quirk::OtherValue) => {
                let mut evaluation = self.evaluate(request)?;
                for pair in evaluation.changes.iter_mut().filter_map(|change| change.pair.as_mut())
                {
                    pair.value = altered(&pair.value);
                }
                self.commit(evaluation.changes.clone());
                Ok(evaluation.into_response())
            }
            _ => self.apply_request(request),
        }
    }

    fn put_with_dead_lease(&mut self, put: &Put, quirk: Quirk) -> Result<Response, Refusal> {
        // Refused and written: the key has no lease. Accepted: it has the dead one.
        let lease = if quirk == Quirk::AcceptDeadLease { put.lease } else { LeaseId::default() };
        let evaluation = self.evaluate(&Request::Put(Put { lease, ..put.clone() }))?;
        self.commit(evaluation.changes.clone());
        Ok(evaluation.into_response())
    }

    /// A guard that never holds on the branch that holds, and the other way round.
    fn other_branch(&mut self, txn: &Txn) -> Result<Response, Refusal> {
        let Response::Txn(right) = self.evaluate(&Request::Txn(txn.clone()))?.into_response()
        else {
            return Err(Refusal::Other);
        };
        let branch = if right.succeeded { txn.failure.clone() } else { txn.success.clone() };
        let plain = Txn { compare: Vec::new(), success: branch, failure: Vec::new() };
        let mut response = self.apply_request(&Request::Txn(plain))?;
        if let Response::Txn(answer) = &mut response {
            answer.succeeded = !right.succeeded;
        }
        Ok(response)
    }

    fn commit(&mut self, changes: Changes) {
        if !changes.is_empty() {
            self.state.commit(changes);
        }
    }

    fn evaluate(&self, request: &Request) -> Result<Evaluation, Refusal> {
        self.evaluate_at(self.revision(), request)
    }

    fn evaluate_at(&self, at: Revision, request: &Request) -> Result<Evaluation, Refusal> {
        self.state.evaluate(at, request).ok_or(Refusal::Unimplemented)?
    }

    /// How many changes a request would make now.
    pub(super) fn changes_of(&self, request: &Request) -> usize {
        self.evaluate(request).map_or(0, |evaluation| evaluation.changes.len())
    }

    /// A read of the state as it is.
    pub(super) fn read(&self, request: &Request) -> Result<Response, Refusal> {
        let evaluation = self.evaluate(request)?;
        match evaluation.oldest_read {
            Some(oldest) if oldest < self.compacted => Err(Refusal::Compacted),
            _ => Ok(evaluation.into_response()),
        }
    }

    /// A read whatever was compacted.
    pub(super) fn read_anything(&self, request: &Request) -> Result<Response, Refusal> {
        Ok(self.evaluate(request)?.into_response())
    }

    /// A read of the state as it was.
    pub(super) fn read_past(&self, at: Revision, request: &Request) -> Result<Response, Refusal> {
        Ok(self.evaluate_at(at, request)?.into_response())
    }

    /// The hash of the pairs at a revision (0: the newest).
    pub(super) fn hash(&self, at: Revision) -> Result<HashKvResponse, Refusal> {
        let revision = if at.is_zero() { self.revision() } else { at };
        if revision > self.revision() {
            return Err(Refusal::FutureRevision);
        }
        if revision < self.compacted {
            return Err(Refusal::Compacted);
        }
        let everything = KeyRange::new(&Bytes::from("\0"), &Bytes::from("\0"));
        let mut hash = 0x811c_9dc5_u32;
        for (key, pair) in self.state.index().range(&everything, revision) {
            let numbers = [pair.create_revision.0, pair.mod_revision.0, pair.version];
            let numbers = numbers.into_iter().chain([pair.lease.0]).flat_map(i64::to_le_bytes);
            let bytes = key.as_slice().iter().chain(pair.value.as_slice()).copied().chain(numbers);
            hash =
                bytes.fold(hash, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
        }
        let (compact_revision, hash_revision) = (self.compacted, revision);
        Ok(HashKvResponse { header: None, hash, compact_revision, hash_revision })
    }

    /// The events of a revision, with previous pairs as far as they are not compacted.
    pub(super) fn events(&self, revision: Revision) -> Vec<KeyEvent> {
        let before = revision.previous();
        let event = |change: &Change| {
            let kept = before >= self.compacted;
            let prev_kv = self.state.index().get(&change.key, before).filter(|_| kept);
            let prev_kv = prev_kv.map(|pair| pair.with_key(&change.key));
            if let Some(pair) = &change.pair {
                let kv = pair.with_key(&change.key);
                return KeyEvent { kind: KeyEventKind::Put, kv, prev_kv };
            }
            let (key, mod_revision) = (change.key.clone(), revision);
            let kv = KeyValue { key, mod_revision, ..KeyValue::default() };
            KeyEvent { kind: KeyEventKind::Delete, kv, prev_kv }
        };
        self.state.changes(revision).iter().map(event).collect()
    }

    /// The events that a put would make at the next revision, were it committed.
    pub(super) fn foreseen(&self, put: &Put) -> Option<KeyEvent> {
        let evaluation = self.evaluate(&Request::Put(put.clone())).ok()?;
        let change = evaluation.changes.first()?;
        let kv = change.pair.as_ref()?.with_key(&change.key);
        let prev_kv = self.state.index().get(&change.key, self.revision());
        let prev_kv = prev_kv.map(|pair| pair.with_key(&change.key));
        Some(KeyEvent { kind: KeyEventKind::Put, kv, prev_kv })
    }
}

/// Another value of the same length.
pub(super) fn altered(value: &Bytes) -> Bytes {
    let mut bytes = value.as_slice().to_vec();
    match bytes.last_mut() {
        Some(last) => *last = if *last == b'!' { b'?' } else { b'!' },
        None => bytes.push(b'!'),
    }
    bytes.into()
}

/// The time to live that the server chooses, in seconds: what was asked for, and not less
/// than an election and a half may take.
pub(super) fn chosen_ttl(asked: i64, election: u64) -> i64 {
    let shortest = election.saturating_mul(3).div_ceil(2).div_ceil(super::agenda::SECOND);
    asked.max(i64::try_from(shortest).unwrap_or(i64::MAX))
}

/// A grant's answer.
pub(super) fn lease_answer(lease: LeaseId, ttl_seconds: i64) -> LeaseTtl {
    LeaseTtl { header: None, lease, ttl_seconds }
}
