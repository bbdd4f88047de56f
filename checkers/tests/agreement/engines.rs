//! The three engines, each asked about the same history.

use std::collections::BTreeSet;
use std::sync::Arc;

use stormglass_checkers::checker::Budget;
use stormglass_checkers::history::{
    Body, Event, History, LeaseId, LeaseRef, ProcessId, RangeResponse, Refusal, Request, Response,
    Txn, TxnOp, WatchFrame,
};
use stormglass_checkers::judge::Judge;
use stormglass_checkers::model::{Change, is_local};
use stormglass_checkers::registry::checkers;
use stormglass_checkers::search::{Answer, Object, Operation, check};
use stormglass_checkers::spec::{Etcd, etcd_operations};
use stormglass_checkers::verdict::{Status, Verdict};

use super::common;
use super::observed::{Observed, Rules, Seen};
use super::spans::oracle;

/// What the checker by revision says, and whether an order explains the history: so say the
/// search and stateright's tester alike.
#[derive(Clone, Debug)]
pub struct Opinions {
    /// The verdict of the checker by revision.
    pub revisions: Verdict,
    /// By all rules.
    pub explained: bool,
    /// By the rules of the key space; what all rules permit these permit.
    pub key_space_explained: bool,
}

impl Opinions {
    /// Asks all three.
    ///
    /// # Panics
    /// When the search and the tester differ; `about` tells what on.
    pub fn of(history: &History, about: &dyn Fn() -> String) -> Self {
        let all = operations(history, Rules::All);
        let explained = both(Rules::All, &all, about);
        let key_space_explained = explained || {
            let fewer = operations(history, Rules::KeySpace);
            both(Rules::KeySpace, &fewer, about)
        };
        Self { revisions: by_revision(history), explained, key_space_explained }
    }

    /// What is wrong if the checker by revision contradicts the other two.
    pub fn contradiction(&self) -> Option<&'static str> {
        match self.revisions.status {
            Status::Invalid if self.explained => Some("a false alarm of the checker by revision"),
            Status::Valid if !self.key_space_explained => Some("missed by the checker by revision"),
            _ => None,
        }
    }
}

/// What the checker by revision says.
///
/// # Panics
/// When it is not registered, or the history's structure is broken.
fn by_revision(history: &History) -> Verdict {
    let entries = checkers().iter().filter(|entry| entry.name == "linearizability");
    let entries: Vec<_> = entries.copied().collect();
    let mut judge = Judge::with(&entries, &common::run::context(history));
    history.events.iter().for_each(|event| judge.observe(&Arc::new(event.clone())));
    let verdict = judge.finish(None).verdicts.pop().expect("one checker");
    let broken = verdict.reasons.iter().any(|reason| reason.contains("broken"));
    assert!(!broken, "{:?}", verdict.reasons);
    verdict
}

/// Whether the search and stateright's tester find an order.
fn both(rules: Rules, operations: &[Operation<Observed>], about: &dyn Fn() -> String) -> bool {
    let initial = Observed::new(rules);
    let found = check(&initial, operations, &Budget::default()).is_linearizable();
    let expected = oracle(&initial, operations);
    assert_eq!(found, Some(expected), "the search and the tester, {rules:?}: {}", about());
    expected
}

/// A history as operations of the specification.
///
/// # Panics
/// When the model does not know a request.
fn operations(history: &History, rules: Rules) -> Vec<Operation<Observed>> {
    let mut requests = etcd_operations(&history.events).expect("the model knows all requests");
    if rules == Rules::KeySpace {
        // The ends that come from grants are behind what was asked.
        let asked = history.events.iter().filter(|event| matches!(event.body, Body::Invoke(_)));
        requests.truncate(asked.count());
        let ends: Vec<_> = requests.iter().flat_map(ends_after).collect();
        requests.extend(ends);
    }
    let requests = requests.into_iter().filter_map(|operation| place(operation, rules));
    requests.chain(history.events.iter().filter_map(revision)).collect()
}

/// A request with its span. Left out is what says nothing: a request that changes nothing
/// and was not answered, and a refusal by one member alone, which may lag.
fn place(operation: Operation<Etcd>, rules: Rules) -> Option<Operation<Observed>> {
    let Operation { process, call, op, answer } = operation;
    let (mut call, mut op, mut answer) = (call, op, answer.map(|answer| (answer.at, answer.ret)));
    if rules == Rules::KeySpace {
        (op, answer) = in_key_space(op, answer)?;
    }
    let alone = is_local(&op);
    let silent = match &answer {
        None => Etcd::is_pure(&op, None),
        Some((_, ret)) => alone && ret.is_err(),
    };
    if silent {
        return None;
    }
    let (sent, ended) = (call, answer.as_ref().map_or(u64::MAX, |(at, _)| *at));
    if alone {
        call = 0;
        answer = answer.map(|(_, ret)| (u64::MAX, ret));
    }
    let op = Seen::Request { request: op, sent, ended };
    let answer = answer.map(|(at, ret)| Answer { at, ret: Some(ret) });
    Some(Operation { process, call, op, answer })
}

/// By the rules of the key space any lease may end, as often as it gets keys.
fn ends_after(operation: &Operation<Etcd>) -> Vec<Operation<Etcd>> {
    let Operation { process, call, op, .. } = operation;
    let mut leases = BTreeSet::new();
    match op {
        Request::Put(put) => drop(leases.insert(put.lease)),
        Request::Txn(txn) => leases_of(txn, &mut leases),
        _ => {}
    }
    let ends = leases.into_iter().filter(|lease| !lease.is_none()).map(|lease| {
        let op = Request::LeaseRevoke(LeaseRef { lease });
        Operation { process: *process, call: *call, op, answer: None }
    });
    ends.collect()
}

fn leases_of(txn: &Txn, leases: &mut BTreeSet<LeaseId>) {
    for op in txn.success.iter().chain(&txn.failure) {
        match op {
            TxnOp::Put(put) => drop(leases.insert(put.lease)),
            TxnOp::Txn(txn) => leases_of(txn, leases),
            TxnOp::Range(_) | TxnOp::Delete(_) => {}
        }
    }
}

type Answered = Option<(u64, Result<Response, Refusal>)>;

/// A request by the rules of the key space. Refusals and compactions are left out. A grant
/// is no more than a look at the revision in its answer.
fn in_key_space(request: Request, answer: Answered) -> Option<(Request, Answered)> {
    match (request, answer) {
        (Request::Compact(_), _) | (Request::LeaseGrant(_), None) | (_, Some((_, Err(_)))) => None,
        (Request::LeaseGrant(_), Some((at, Ok(response)))) => {
            let header = response.header().copied();
            let nothing = RangeResponse { header, ..RangeResponse::default() };
            Some((common::get("nowhere"), Some((at, Ok(Response::Range(nothing))))))
        }
        other => Some(other),
    }
}

/// What a watch shows, as an operation that is over when it arrives.
///
/// # Panics
/// When a frame holds several revisions.
fn revision(event: &Event) -> Option<Operation<Observed>> {
    let Body::Watch(watch) = &event.body else { return None };
    let WatchFrame::Events(events) = &watch.frame else { return None };
    let revision = events.events.first()?.kv.mod_revision;
    assert!(events.events.iter().all(|event| event.kv.mod_revision == revision));
    let changes = events.events.iter().map(Change::of).collect();
    let op = Seen::Revision { revision, changes };
    let answer = Some(Answer { at: event.index, ret: None });
    Some(Operation { process: ProcessId(u32::MAX), call: 0, op, answer })
}
