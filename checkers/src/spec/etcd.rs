//! etcd's model as a sequential specification.

use stateright::semantics::SequentialSpec;

use super::etcd_refusals::may_refuse;
use crate::history::{LeaseGrant, LeaseTtl, Refusal, Request, Response, Revision};
use crate::model::{Change, Evaluation, Pair, State, can_mutate, is_local, mutated};
use crate::search::{Fingerprint, Object};
use crate::wording;

/// A store that does one thing after the other, with all its past.
///
/// What a response leaves open (ties of a sort, headers inside transactions, the time to
/// live that the server chose) may be answered either way. Serializable reads may show any
/// revision up to the current one. A refusal that does not depend on the state, such as
/// "too many requests", may be given at any time, and has no effect.
#[derive(Clone, Debug)]
pub struct Etcd {
    state: State,
    /// Of every revision's changes, one after the other, leases and compactions included.
    past: Fingerprint,
    /// Of the leases that exist.
    leases: Fingerprint,
}

impl Default for Etcd {
    /// A new store, at revision 1.
    fn default() -> Self {
        Self::at(Revision(1))
    }
}

impl Etcd {
    /// An empty store at a revision.
    pub fn at(revision: Revision) -> Self {
        let (past, leases) = (Fingerprint::default(), Fingerprint::default());
        Self { state: State::new(revision), past, leases }
    }

    /// The state of the model.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Whether the model knows what a request does to the key space, to leases and to the
    /// compacted revision. It does not know what locks and elections write.
    pub fn models(request: &Request) -> bool {
        match request {
            Request::Put(_)
            | Request::Range(_)
            | Request::Delete(_)
            | Request::Txn(_)
            | Request::Compact(_)
            | Request::LeaseGrant(_)
            | Request::LeaseRevoke(_) => true,
            other => !can_mutate(other),
        }
    }

    /// Revisions that were made, at most.
    fn revisions(&self) -> usize {
        usize::try_from(self.state.revision().0).unwrap_or(usize::MAX / 1024)
    }

    fn keys(request: &Request) -> bool {
        matches!(
            request,
            Request::Put(_) | Request::Range(_) | Request::Delete(_) | Request::Txn(_)
        )
    }

    /// Whether an answer is right, from what the key space holds.
    fn agrees(&self, request: &Request, response: &Response) -> bool {
        let claimed = response.header().map(|header| header.revision);
        let claimed = claimed.filter(|revision| !revision.is_zero());
        let now = self.state.revision();
        let at = match claimed {
            Some(revision) if is_local(request) && revision > now => return false,
            Some(revision) if is_local(request) => revision,
            _ => now,
        };
        let Some(Ok(evaluation)) = self.state.evaluate(at, request) else { return false };
        evaluation.expected.agree(response).is_ok()
            && (is_local(request) || claimed.is_none_or(|claimed| claimed == evaluation.revision))
            && (is_local(request) || self.permits(request, &evaluation))
    }

    /// Whether leases and compaction permit it; only few requests depend on them.
    fn permits(&self, request: &Request, evaluation: &Evaluation) -> bool {
        let mut pairs = evaluation.changes.iter().filter_map(|change| change.pair.as_ref());
        let depends = evaluation.oldest_read.is_some() || pairs.any(|pair| !pair.lease.is_none());
        !depends || self.state.clone().apply(request).is_ok()
    }

    /// A lease request or a compaction on a copy of this state; nothing if it would not
    /// be answered so.
    fn stepped(&self, request: &Request, response: &Response) -> Option<Self> {
        let mut next = self.clone();
        let expected = next.invoke(&concrete(request, response)).ok()?;
        let same_revision = match (response.header(), expected.header()) {
            (Some(found), Some(expected)) => {
                found.revision.is_zero() || found.revision == expected.revision
            }
            _ => true,
        };
        match (&expected, response) {
            // Its header is no position (etcd #17833).
            (Response::Compact(_), Response::Compact(_)) => Some(next),
            (Response::LeaseGrant(expected), Response::LeaseGrant(found)) => {
                (same_revision && expected.lease == found.lease).then_some(next)
            }
            (Response::LeaseRevoke(_), Response::LeaseRevoke(_)) => same_revision.then_some(next),
            _ => None,
        }
    }

    /// Keeps the fingerprints up to date, after a request took effect.
    fn note(&mut self, before: Revision, request: &Request) {
        for revision in before.0.saturating_add(1)..=self.state.revision().0 {
            for change in self.state.changes(Revision(revision)) {
                self.past = self.past.then(fingerprint_of(change));
            }
            self.past = self.past.then(Fingerprint::of(&revision));
        }
        match request {
            Request::LeaseGrant(LeaseGrant { lease, .. }) => {
                self.leases = self.leases.toggle(Fingerprint::of(lease));
            }
            Request::LeaseRevoke(revoke) => {
                self.leases = self.leases.toggle(Fingerprint::of(&revoke.lease));
            }
            Request::Compact(compact) => {
                self.past = self.past.then(Fingerprint::of(&compact.revision.0.wrapping_neg()));
            }
            _ => {}
        }
    }
}

impl SequentialSpec for Etcd {
    type Op = Request;
    type Ret = Result<Response, Refusal>;

    fn invoke(&mut self, request: &Request) -> Self::Ret {
        let before = self.state.revision();
        let answer = self.state.apply(request);
        if answer.is_ok() {
            self.note(before, request);
        }
        answer
    }

    fn is_valid_step(&mut self, request: &Request, ret: &Self::Ret) -> bool {
        match ret {
            Err(refusal) => may_refuse(&self.state, request, *refusal),
            Ok(response) if Self::keys(request) => {
                let agrees = self.agrees(request, response);
                if agrees && !is_local(request) {
                    let _ = self.invoke(request);
                }
                agrees
            }
            Ok(_) if !is_modelled_beside_keys(request) => true,
            Ok(response) => match self.stepped(request, response) {
                Some(next) => {
                    *self = next;
                    true
                }
                None => false,
            },
        }
    }
}

impl Object for Etcd {
    fn is_pure(request: &Request, ret: Option<&Self::Ret>) -> bool {
        match ret {
            Some(Err(_)) => true,
            Some(Ok(response)) if Self::keys(request) => !mutated(response),
            _ => !can_mutate(request) && !is_modelled_beside_keys(request),
        }
    }

    fn admits(&self, request: &Request, ret: &Self::Ret) -> bool {
        match ret {
            Err(refusal) => may_refuse(&self.state, request, *refusal),
            Ok(response) if Self::keys(request) => self.agrees(request, response),
            Ok(_) if !is_modelled_beside_keys(request) => true,
            Ok(response) => self.stepped(request, response).is_some(),
        }
    }

    fn fingerprint(&self) -> Fingerprint {
        self.past.then(self.leases)
    }

    fn bytes(&self) -> usize {
        // A version of a pair, its change in the log, and the tree around them.
        const BYTES_OF_REVISION: usize = 300;
        size_of::<Self>() + self.revisions() * BYTES_OF_REVISION
    }

    fn call_in_words(request: &Request) -> String {
        wording::request(request)
    }

    fn answer_in_words(ret: &Self::Ret) -> String {
        match ret {
            Ok(response) => wording::response(response),
            Err(refusal) => format!("refused ({refusal:?})"),
        }
    }

    fn state_in_words(&self, request: &Request) -> String {
        let right = match self.state.clone().apply(request) {
            Ok(response) => wording::response(&response),
            Err(refusal) => format!("a refusal ({refusal:?})"),
        };
        format!("the store is at revision {}, and right is {right}", self.state.revision())
    }
}

/// Requests beside the key space that change the model's state.
fn is_modelled_beside_keys(request: &Request) -> bool {
    matches!(request, Request::Compact(_) | Request::LeaseGrant(_) | Request::LeaseRevoke(_))
}

/// A grant for which the server chose the ID, as one that asked for it.
fn concrete(request: &Request, response: &Response) -> Request {
    match (request, response) {
        (Request::LeaseGrant(grant), Response::LeaseGrant(LeaseTtl { lease, .. }))
            if grant.lease.is_none() =>
        {
            Request::LeaseGrant(LeaseGrant { lease: *lease, ..grant.clone() })
        }
        _ => request.clone(),
    }
}

fn fingerprint_of(Change { key, pair }: &Change) -> Fingerprint {
    let pair = pair.as_ref().map(|pair| {
        let Pair { create_revision, mod_revision, version, value, lease } = pair;
        (create_revision, mod_revision, version, value, lease)
    });
    Fingerprint::of(&(key, pair))
}
