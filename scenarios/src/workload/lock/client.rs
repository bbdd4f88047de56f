//! A client of `lock`.

use rand::RngExt as _;
use rand::rngs::ChaCha8Rng;
use stormglass_checkers::history::{
    Bytes, LeaseGrant, LeaseId, LeaseRef, Lock, Nanos, Refusal, Request, Response, Revision, Unlock,
};

use super::requests;
use super::session::{Hold, Session};
use super::weights::draw;
use crate::plan::Plan;
use crate::scenario::WorkloadSpec;
use crate::trigger;
use crate::workload::lease_ids::LeaseIds;
use crate::workload::requester::Requester;

/// Draws until a request is found that is possible now.
const DRAWS_MAX: usize = 16;
/// Most keepalives of a lease.
const KEEPALIVES_MAX: u32 = 6;
/// How often a client that gave its lock back goes on writing with its old token.
const LINGERS: f64 = 0.4;

/// A client: it gets a lease, takes a lock with it, writes behind the fence, and gives the
/// lock back, or loses it and learns of that only from a write that is refused.
pub(super) struct Client {
    spec: WorkloadSpec,
    prefix: String,
    /// Whether keepalives are sent late in a lease's time.
    late: bool,
    number: u32,
    rng: ChaCha8Rng,
    leases: u32,
    values: u64,
    session: Option<Session>,
    hold: Option<Hold>,
    /// Whether a lock was taken just now by somebody else.
    rest: bool,
    sent: Nanos,
}

impl Client {
    pub(super) fn new(plan: &Plan, prefix: &str, client: u32, rng: ChaCha8Rng) -> Self {
        Self {
            spec: plan.scenario.workload.clone(),
            prefix: prefix.to_owned(),
            late: !plan.avoids(trigger::LATE_KEEPALIVE),
            number: client,
            rng,
            leases: 0,
            values: 0,
            session: None,
            hold: None,
            rest: false,
            sent: Nanos(0),
        }
    }

    /// A value that nobody else writes.
    fn value(&mut self) -> Bytes {
        self.values += 1;
        Bytes::from(format!("{}-{}", self.number, self.values))
    }

    fn request(&mut self, now: Nanos) -> Option<Request> {
        let Some(session) = &self.session else { return Some(self.grant(now)) };
        let (lease, alive) = (session.lease, session.may_keep_alive(now, self.late));
        let Some(hold) = self.hold.clone() else { return self.take(lease) };
        let Some(token) = hold.token else { return Some(requests::read(&hold.key)) };
        let mut possible = vec!["write"];
        if !hold.released {
            possible.extend(["read", "unlock", "revoke"]);
            possible.extend(alive.then_some("keepalive"));
        }
        Some(match draw(&self.spec, &possible, &mut self.rng)? {
            "read" => requests::read(&hold.key),
            "keepalive" => {
                self.session.iter_mut().for_each(Session::ping);
                Request::LeaseKeepAlive(LeaseRef { lease })
            }
            "unlock" if hold.service => Request::Unlock(Unlock { key: hold.key }),
            "unlock" => requests::give_back(&hold.key, token),
            "revoke" => Request::LeaseRevoke(LeaseRef { lease }),
            _ => requests::write(&hold.key, token, &hold.guarded, self.value()),
        })
    }

    /// A lease with an ID of the client's own, so that a grant with an unknown outcome is
    /// known by it.
    fn grant(&mut self, now: Nanos) -> Request {
        self.leases += 1;
        let lease = LeaseIds::new(&self.prefix, self.number).numbered(self.leases);
        let ttl = self.rng.random_range(self.spec.lease_ttl.min..=self.spec.lease_ttl.max);
        let keepalives = self.rng.random_range(0..=KEEPALIVES_MAX);
        self.session = Some(Session::new(lease, ttl, now, keepalives));
        Request::LeaseGrant(LeaseGrant { lease, ttl_seconds: i64::from(ttl) })
    }

    fn take(&mut self, lease: LeaseId) -> Option<Request> {
        let kind = draw(&self.spec, &["lock", "lock-service"], &mut self.rng)?;
        let number = self.rng.random_range(0..self.spec.keys.max(1));
        if kind == "lock-service" {
            let name = Bytes::from(format!("{}mutex-{number}", self.prefix));
            return Some(Request::Lock(Lock { name, lease }));
        }
        let key = Bytes::from(format!("{}lock-{number}", self.prefix));
        Some(requests::take(&key, self.value(), lease))
    }

    /// What is written behind a lock, by the lock's own name.
    fn guarded(&self, lock: &Bytes) -> Bytes {
        let lock = lock.to_string();
        let name = lock.strip_prefix(&self.prefix).unwrap_or(&lock);
        let name = name.split_once('/').map_or(name, |(name, _)| name);
        Bytes::from(format!("{}guarded-{name}", self.prefix))
    }

    fn holds(&mut self, key: &Bytes, token: Option<Revision>, service: bool) {
        let guarded = self.guarded(key);
        self.hold = Some(Hold { key: key.clone(), token, guarded, service, released: false });
    }

    /// The lock is given back, or the lease is gone with it.
    fn release(&mut self) {
        match &mut self.hold {
            Some(hold) if self.rng.random_bool(LINGERS) => hold.released = true,
            _ => self.hold = None,
        }
    }

    fn forget(&mut self) {
        (self.session, self.hold) = (None, None);
    }
}

impl Requester for Client {
    fn next(&mut self, now: Nanos) -> Option<Request> {
        if std::mem::take(&mut self.rest) {
            return None;
        }
        self.sent = now;
        (0..DRAWS_MAX).find_map(|_| self.request(now))
    }

    fn answered(&mut self, request: &Request, answer: &Response) {
        match (request, answer) {
            (Request::Txn(txn), Response::Txn(answer)) => {
                let token = answer.header.map(|header| header.revision);
                let Some(fence) = txn.compare.first() else { return };
                let takes = self.hold.is_none();
                let writes = txn.success.len() > 1;
                match (takes, answer.succeeded) {
                    (true, true) => self.holds(&fence.key, token, false),
                    (true, false) => self.rest = true,
                    (false, true) if !writes => self.release(),
                    (false, true) => {}
                    // Somebody else's by now, or nobody's: a new lease for a new lock.
                    (false, false) => self.forget(),
                }
            }
            (Request::Lock(_), Response::Lock(answer)) => self.holds(&answer.key, None, true),
            (Request::Range(_), Response::Range(answer)) => {
                let token = answer.kvs.first().map(|pair| pair.create_revision);
                match (&mut self.hold, token) {
                    (Some(hold), Some(token)) => {
                        hold.token.get_or_insert(token);
                    }
                    // It is gone: what is written with the old token must be refused.
                    (Some(hold), None) if hold.token.is_some() => {}
                    _ => self.forget(),
                }
            }
            (Request::LeaseKeepAlive(_), Response::LeaseKeepAlive(answer)) => {
                let sent = self.sent;
                if let Some(session) = &mut self.session {
                    if answer.ttl_seconds > 0 { session.renew(sent) } else { session.lose() }
                }
            }
            (Request::Unlock(_), _) => self.release(),
            (Request::LeaseRevoke(_), _) => {
                self.release();
                if self.hold.is_none() {
                    self.session = None;
                }
            }
            _ => {}
        }
    }

    fn refused(&mut self, request: &Request, refusal: Refusal) {
        match (request, refusal) {
            // The client does not believe it, and goes on writing behind its fence.
            (Request::LeaseKeepAlive(_), Refusal::LeaseNotFound) => {
                self.session.iter_mut().for_each(Session::lose);
            }
            (Request::LeaseGrant(_), _) | (_, Refusal::LeaseNotFound) => self.forget(),
            _ => {}
        }
    }

    /// A write or a keepalive changes nothing about the lock, and after everything else the
    /// client begins anew.
    fn doubted(&mut self, request: &Request) {
        let harmless = match request {
            Request::Txn(txn) => txn.success.len() > 1,
            Request::LeaseKeepAlive(_) | Request::Range(_) => true,
            _ => false,
        };
        if !harmless {
            self.forget();
        }
    }
}
