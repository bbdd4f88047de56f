//! etcd's specification with what surrounds it: watches, and members that answer alone.

use stateright::semantics::SequentialSpec;
use stormglass_checkers::history::{LeaseGrant, LeaseId, Refusal, Request, Response, Revision};
use stormglass_checkers::model::{Change, is_local};
use stormglass_checkers::search::{Fingerprint, Object};
use stormglass_checkers::spec::Etcd;

use super::runs::LEASES;

/// The store, and when the writer of each revision from 2 on was sent.
///
/// `spec::Etcd` judges everything that has a place in the order. Two kinds of observations
/// have none, and both engines must take them in the same way as the checker does:
///
/// - A watch showed a revision: it was made before, by requests that had been sent.
/// - A member alone answered: from the state at any revision whose writers had been sent
///   before the answer. It binds nothing that is sent later (`spec::Etcd` by itself would
///   bind it, which etcd fulfils and does not promise).
///
/// Both may stand anywhere in the order.
#[derive(Clone, Debug)]
pub struct Observed {
    etcd: Etcd,
    sent: Vec<u64>,
    rules: Rules,
}

/// How much a history must obey.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rules {
    /// Everything that the specification says.
    All,
    /// What the key space shows by its revisions: every lease lives, and is as new once it
    /// has ended; nothing is compacted. Refusals are then left out of the history.
    KeySpace,
}

/// Something with a place in the order.
#[derive(Clone, Debug, PartialEq)]
pub enum Seen {
    /// A request.
    Request {
        /// What was asked.
        request: Request,
        /// The position at which it was sent.
        sent: u64,
        /// The position at which it was answered, if it was.
        ended: u64,
    },
    /// A watch showed a revision.
    Revision {
        /// Its number.
        revision: Revision,
        /// What it changed.
        changes: Vec<Change>,
    },
}

/// What it showed. A watch shows nothing beyond.
pub type Told = Option<Result<Response, Refusal>>;

impl Observed {
    /// A new store.
    pub fn new(rules: Rules) -> Self {
        let mut store = Self { etcd: Etcd::default(), sent: Vec::new(), rules };
        if rules == Rules::KeySpace {
            (1..=LEASES).for_each(|lease| store.grant(LeaseId(lease)));
        }
        store
    }

    fn grant(&mut self, lease: LeaseId) {
        let _ = self.etcd.invoke(&Request::LeaseGrant(LeaseGrant { lease, ttl_seconds: 10 }));
    }

    /// After a step: who made the revision, and the lease that does not end.
    fn note(&mut self, request: &Request, sent: u64) {
        if let (Rules::KeySpace, Request::LeaseRevoke(revoke)) = (self.rules, request) {
            self.grant(revoke.lease);
        }
        let made = usize::try_from(self.etcd.state().revision().0 - 1).unwrap_or(0);
        self.sent.resize(made, sent);
    }

    /// Whether all writers up to a revision had been sent by then.
    fn reached(&self, revision: Revision, ended: u64) -> bool {
        let many = usize::try_from(revision.0 - 1).unwrap_or(usize::MAX);
        self.sent.get(..many).is_some_and(|sent| sent.iter().all(|sent| *sent < ended))
    }
}

impl SequentialSpec for Observed {
    type Op = Seen;
    type Ret = Told;

    fn invoke(&mut self, seen: &Seen) -> Told {
        let Seen::Request { request, sent, .. } = seen else { return None };
        let answer = self.etcd.invoke(request);
        self.note(request, *sent);
        Some(answer)
    }

    fn is_valid_step(&mut self, seen: &Seen, told: &Told) -> bool {
        let admitted = self.admits(seen, told);
        if let (true, Seen::Request { request, sent, .. }, Some(answer)) = (admitted, seen, told)
            && !is_local(request)
        {
            self.etcd.is_valid_step(request, answer);
            self.note(request, *sent);
        }
        admitted
    }
}

impl Object for Observed {
    fn is_pure(seen: &Seen, told: Option<&Told>) -> bool {
        match seen {
            Seen::Request { request, .. } => Etcd::is_pure(request, told.and_then(Option::as_ref)),
            Seen::Revision { .. } => true,
        }
    }

    fn admits(&self, seen: &Seen, told: &Told) -> bool {
        match (seen, told) {
            (Seen::Request { request, ended, .. }, Some(answer)) => {
                let header = answer.as_ref().ok().and_then(Response::header);
                let in_time = !is_local(request)
                    || header.is_none_or(|header| self.reached(header.revision, *ended));
                in_time && self.etcd.admits(request, answer)
            }
            (Seen::Revision { revision, changes }, _) => {
                let state = self.etcd.state();
                *revision <= state.revision() && state.changes(*revision) == *changes
            }
            (Seen::Request { .. }, None) => false,
        }
    }

    fn fingerprint(&self) -> Fingerprint {
        self.etcd.fingerprint().then(Fingerprint::of(&self.sent))
    }

    fn call_in_words(seen: &Seen) -> String {
        format!("{seen:?}")
    }

    fn answer_in_words(told: &Told) -> String {
        format!("{told:?}")
    }

    fn state_in_words(&self, _: &Seen) -> String {
        format!("{:?}", self.etcd)
    }
}
