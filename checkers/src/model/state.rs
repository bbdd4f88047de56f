//! The whole state of the model, moved by requests one after the other.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::evaluate::{Evaluation, evaluate};
use super::index::Index;
use super::view::{Change, Changes};
use crate::history::{
    Bytes, Empty, Header, LeaseId, LeaseTtl, Refusal, Request, Response, Revision,
};

/// etcd, one request at a time, with its past as far as it was not told to forget it.
#[derive(Clone, Debug)]
pub struct State {
    pub(super) index: Index,
    /// The oldest revision that is known.
    pub(super) start: Revision,
    /// The changes of each revision after that.
    pub(super) log: VecDeque<Changes>,
    granted: BTreeSet<LeaseId>,
    /// Keys attached to each lease, as far as the pairs tell.
    attached: BTreeMap<LeaseId, BTreeSet<Bytes>>,
    compacted: Revision,
}

impl State {
    /// An empty store at a revision; a new one is at revision 1.
    pub fn new(start: Revision) -> Self {
        Self {
            index: Index::default(),
            start,
            log: VecDeque::new(),
            granted: BTreeSet::new(),
            attached: BTreeMap::new(),
            compacted: Revision(0),
        }
    }

    /// The versions of every key.
    pub fn index(&self) -> &Index {
        &self.index
    }

    /// The current revision.
    pub fn revision(&self) -> Revision {
        let grown = i64::try_from(self.log.len()).unwrap_or(i64::MAX);
        Revision(self.start.0.saturating_add(grown))
    }

    /// The changes that made a revision.
    pub fn changes(&self, revision: Revision) -> &[Change] {
        let at = usize::try_from(revision.0.saturating_sub(self.start.0).saturating_sub(1));
        at.ok().and_then(|at| self.log.get(at)).map_or(&[], Changes::as_slice)
    }

    /// The revision below which the past was compacted; 0 if it never was.
    pub fn compacted(&self) -> Revision {
        self.compacted
    }

    /// Whether a lease exists.
    pub fn is_granted(&self, lease: LeaseId) -> bool {
        self.granted.contains(&lease)
    }

    /// The keys that are attached to a lease now.
    pub fn attached(&self, lease: LeaseId) -> impl Iterator<Item = &Bytes> {
        self.attached.get(&lease).into_iter().flatten()
    }

    /// Leases that have keys now.
    pub fn leases_with_keys(&self) -> impl Iterator<Item = LeaseId> + '_ {
        self.attached.keys().copied()
    }

    /// The changes that the end of a lease makes: all its keys go, in one revision.
    pub fn end_of_lease(&self, lease: LeaseId) -> Changes {
        self.attached(lease).map(|key| Change { key: key.clone(), pair: None }).collect()
    }

    /// Evaluates a request of the key space at a revision up to the current one; see
    /// [`evaluate`].
    ///
    /// # Errors
    /// What the store refuses on that state.
    pub fn evaluate(&self, at: Revision, request: &Request) -> Option<Result<Evaluation, Refusal>> {
        evaluate(&self.index, at, request)
    }

    /// Makes the next revision.
    pub fn commit(&mut self, changes: Changes) {
        let revision = self.revision().next();
        for change in &changes {
            // What it was may be of the same revision: a transaction may change a key twice.
            let old = self.index.set(&change.key, revision, change.pair.clone());
            if let Some(old) = old.map(|pair| pair.lease) {
                self.detach(old, &change.key);
            }
            if let Some(pair) = change.pair.as_ref().filter(|pair| !pair.lease.is_none()) {
                self.attach(pair.lease, &change.key);
            }
        }
        self.log.push_back(changes);
    }

    pub(super) fn attach(&mut self, lease: LeaseId, key: &Bytes) {
        self.attached.entry(lease).or_default().insert(key.clone());
    }

    pub(super) fn detach(&mut self, lease: LeaseId, key: &Bytes) {
        if lease.is_none() {
            return;
        }
        if let Some(keys) = self.attached.get_mut(&lease) {
            keys.remove(key);
            if keys.is_empty() {
                self.attached.remove(&lease);
            }
        }
    }

    /// A request takes effect, with everything that decides whether it may: leases,
    /// compaction, the key space.
    ///
    /// # Errors
    /// What the store refuses, without effect.
    pub fn apply(&mut self, request: &Request) -> Result<Response, Refusal> {
        match request {
            Request::Compact(compact) => self.compact(compact.revision),
            Request::LeaseGrant(grant) if self.granted.insert(grant.lease) => {
                let (lease, ttl_seconds) = (grant.lease, grant.ttl_seconds);
                let header = Some(self.header());
                Ok(Response::LeaseGrant(LeaseTtl { header, lease, ttl_seconds }))
            }
            Request::LeaseGrant(_) => Err(Refusal::LeaseExists),
            Request::LeaseRevoke(revoke) if self.granted.contains(&revoke.lease) => {
                self.end_lease(revoke.lease);
                Ok(Response::LeaseRevoke(Empty { header: Some(self.header()) }))
            }
            Request::LeaseRevoke(_) => Err(Refusal::LeaseNotFound),
            _ => self.apply_to_keys(request),
        }
    }

    /// A lease ends, by a revocation or by expiry.
    pub fn end_lease(&mut self, lease: LeaseId) {
        self.granted.remove(&lease);
        let changes = self.end_of_lease(lease);
        if !changes.is_empty() {
            self.commit(changes);
        }
    }

    fn apply_to_keys(&mut self, request: &Request) -> Result<Response, Refusal> {
        let evaluation =
            self.evaluate(self.revision(), request).ok_or(Refusal::Unimplemented)??;
        self.permit(&evaluation)?;
        if !evaluation.changes.is_empty() {
            self.commit(evaluation.changes.clone());
        }
        Ok(evaluation.into_response())
    }

    /// Leases that puts name must exist, and past revisions must not be compacted.
    fn permit(&self, evaluation: &Evaluation) -> Result<(), Refusal> {
        let leases = evaluation.changes.iter().filter_map(|change| change.pair.as_ref());
        let unknown = |lease: &LeaseId| !lease.is_none() && !self.granted.contains(lease);
        if leases.map(|pair| pair.lease).any(|lease| unknown(&lease)) {
            return Err(Refusal::LeaseNotFound);
        }
        match evaluation.oldest_read {
            Some(oldest) if oldest < self.compacted => Err(Refusal::Compacted),
            _ => Ok(()),
        }
    }

    fn compact(&mut self, revision: Revision) -> Result<Response, Refusal> {
        if revision <= self.compacted {
            return Err(Refusal::Compacted);
        }
        if revision > self.revision() {
            return Err(Refusal::FutureRevision);
        }
        self.compacted = revision;
        Ok(Response::Compact(Empty { header: Some(self.header()) }))
    }

    fn header(&self) -> Header {
        Header { revision: self.revision(), ..Header::default() }
    }
}
