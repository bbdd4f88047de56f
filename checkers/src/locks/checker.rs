//! The checker: fences against the state that they were judged on.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::fence::{Fenced, acquisition, fences};
use super::holders::Holders;
use super::keys::LockKeys;
use super::report;
use crate::checker::{CheckContext, Checker};
use crate::evidence::{Findings, Operation, Operations, Place, Shown, StoreLog};
use crate::history::{Body, Bytes, Event, Nanos, Outcome, Request, Response, Revision, Txn};
use crate::model::{Claim, claim};
use crate::registry::CheckerEntry;
use crate::verdict::{Status, Verdict};

/// The checker's name.
const NAME: &str = "locks";

/// The checker, as the registry lists it.
pub const ENTRY: CheckerEntry = CheckerEntry {
    name: NAME,
    summary: "writes that are fenced by a lock's key are accepted from its holder alone, and \
              each holder's token is above all before it",
    guarantees: &["F1", "F2"],
    anomalies: &[
        "stale-fence-accepted",
        "held-lock-taken",
        "lock-revision-fell",
        "valid-fence-refused",
    ],
    needs_revisions: true,
    new: checker,
};

/// Makes the checker.
pub fn checker(context: &CheckContext) -> Box<dyn Checker> {
    let log = StoreLog::of(context.preamble.territory());
    Box::new(LocksChecker { log, ..LocksChecker::default() })
}

/// What was known when an operation was sent.
#[derive(Clone, Copy, Debug)]
struct Asked {
    at: Nanos,
    /// The highest token of its lock that had been given, and to whom.
    token: Option<(Revision, Place)>,
}

#[derive(Default)]
struct LocksChecker {
    findings: Findings,
    reasons: BTreeSet<String>,
    operations: Operations<Asked>,
    log: StoreLog,
    keys: LockKeys,
    holders: Holders,
    /// Answered transactions whose state the log has not reached yet.
    waiting: BTreeMap<Revision, Vec<Fenced>>,
    counts: BTreeMap<&'static str, u64>,
}

impl Checker for LocksChecker {
    fn name(&self) -> &'static str {
        NAME
    }

    fn observe(&mut self, event: &Arc<Event>) {
        match &event.body {
            Body::Invoke(invoke) => {
                let mut token = None;
                if let Some((key, _)) = acquisition(&invoke.request) {
                    self.keys.follow(&key);
                    token = self.holders.token(&key);
                }
                self.holders.ask(&invoke.request);
                self.operations.invoke(event, Asked { at: event.at, token });
            }
            Body::Complete(outcome) => {
                if let Some(operation) = self.operations.complete(event)
                    && let Outcome::Ok(response) = outcome
                {
                    self.answered(&operation, response, event.at);
                }
            }
            Body::Watch(watch) => {
                for shown in self.log.frame(event, watch) {
                    self.show(&shown);
                }
                // The log may go on without a change of ours.
                self.judge_up_to(self.log.head());
            }
            _ => {}
        }
    }

    fn so_far(&self) -> Status {
        let unknown = if self.reasons.is_empty() { Status::Valid } else { Status::Unknown };
        unknown.worst(self.findings.status())
    }

    fn finish(mut self: Box<Self>) -> Verdict {
        if !self.waiting.is_empty() {
            let (head, torn) = (self.log.head(), self.log.torn());
            self.reasons.insert(match torn {
                Some(revision) => format!(
                    "two members showed different changes at revision {revision}, so fences are \
                     not judged from there"
                ),
                None => format!(
                    "the watches of every key end at revision {head}, so later fences are not \
                     judged"
                ),
            });
        }
        self.counts.insert("two holders at once, without fences", self.holders.overlaps);
        let stats = self.counts.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect();
        self.findings.verdict(&ENTRY, self.reasons.into_iter().collect(), stats)
    }
}

impl LocksChecker {
    fn count(&mut self, name: &'static str) {
        *self.counts.entry(name).or_default() += 1;
    }

    fn answered(&mut self, operation: &Operation<Asked>, response: &Response, at: Nanos) {
        match (operation.request(), response) {
            (
                Request::LeaseGrant(_) | Request::LeaseKeepAlive(_),
                Response::LeaseGrant(answer) | Response::LeaseKeepAlive(answer),
            ) => self.holders.renewed(answer.lease, operation.note.at, answer.ttl_seconds),
            (Request::Lock(_), Response::Lock(answer)) => {
                self.count("locks taken by the lock service");
                self.keys.follow(&answer.key);
            }
            (Request::Txn(txn), Response::Txn(answer)) => {
                let seen = match claim(operation.request(), response) {
                    Claim::Writer(revision) => revision.previous(),
                    Claim::Reader(revision) => revision,
                    _ => return,
                };
                self.fenced(operation, txn, answer.succeeded, seen);
                if answer.succeeded {
                    self.acquired(operation, seen.next(), at);
                }
            }
            _ => {}
        }
    }

    fn fenced(&mut self, operation: &Operation<Asked>, txn: &Txn, accepted: bool, seen: Revision) {
        let mut fences = fences(txn);
        fences.retain(|fence| self.keys.is_lock(&fence.key));
        if fences.is_empty() {
            return;
        }
        let held = fences.iter().any(|fence| !fence.token.is_zero());
        if held {
            self.count(if accepted { "fenced writes accepted" } else { "fenced writes refused" });
        }
        if !accepted {
            for fence in &fences {
                self.holders.release(&fence.key, Some(fence.token));
            }
        }
        let what = crate::wording::request(operation.request());
        let alone = fences.len() == txn.compare.len();
        let fenced = Fenced { place: operation.place, what, fences, alone, accepted, seen };
        if seen <= self.log.head() {
            self.judge(&fenced);
        } else {
            self.waiting.entry(seen).or_default().push(fenced);
        }
    }

    fn acquired(&mut self, operation: &Operation<Asked>, token: Revision, at: Nanos) {
        let Some((lock, lease)) = acquisition(operation.request()) else { return };
        self.count("locks taken by transaction");
        let now = (token, operation.place);
        if let Some(before) = operation.note.token.filter(|(before, _)| token <= *before) {
            self.findings.add("lock-revision-fell", || report::old_token(&lock, before, now));
        }
        self.holders.acquired(&lock, lease, now, at);
    }

    fn show(&mut self, shown: &Shown) {
        for fallen in self.keys.show(shown) {
            self.findings.add("lock-revision-fell", || report::fallen(&fallen));
        }
        self.judge_up_to(shown.revision);
    }

    /// The log is at a revision: fences that were judged on states up to it can be.
    fn judge_up_to(&mut self, head: Revision) {
        if self.log.torn().is_some() {
            return;
        }
        while let Some(entry) = self.waiting.first_entry().filter(|entry| *entry.key() <= head) {
            entry.remove().iter().for_each(|fenced| self.judge(fenced));
        }
    }

    /// The log has the state that the store has judged the fences on.
    fn judge(&mut self, fenced: &Fenced) {
        if self.log.torn().is_some() {
            return;
        }
        let keys = &self.keys;
        let turn = |key: &Bytes| keys.at(key, fenced.seen);
        let Fenced { fences, accepted, .. } = fenced;
        if *accepted {
            for fence in fences {
                let Some(turn) = turn(&fence.key).filter(|turn| turn.created != fence.token) else {
                    continue;
                };
                let anomaly =
                    if fence.token.is_zero() { "held-lock-taken" } else { "stale-fence-accepted" };
                self.findings.add(anomaly, || report::accepted(fenced, fence, &turn));
            }
            return;
        }
        let holds = |fence: &super::fence::Fence| {
            turn(&fence.key).is_some_and(|turn| turn.created == fence.token)
        };
        if fenced.alone
            && fences.iter().all(holds)
            && let Some((fence, turn)) =
                fences.iter().find_map(|fence| Some((fence, turn(&fence.key)?)))
        {
            self.findings.add("valid-fence-refused", || report::refused(fenced, fence, &turn));
        }
    }
}
