//! Whether an answer differs from what the store held, by the ledger alone.

use std::collections::BTreeMap;

use super::ledger::{Held, Ledger};
use super::operation::Operation;
use super::pairs::request_of;
use super::span::holds;
use crate::history::{
    Bytes, Compare, CompareOperator, CompareTarget, Delete, DeleteResponse, KeyValue, Put,
    PutResponse, Range, RangeResponse, Request, Response, Revision, SortOrder, SortTarget, Txn,
    TxnResponse,
};

/// Where an answer differs from the ledger.
#[derive(Clone, Debug, Default)]
pub(super) struct Differences {
    /// Keys whose content differs.
    pub(super) keys: Vec<Bytes>,
    /// Whether something else differs, such as a number of keys.
    pub(super) others: bool,
    /// Whether a pair differs in its version or its revisions.
    pub(super) numbers: bool,
}

impl Differences {
    /// Whether there is none.
    pub(super) fn is_empty(&self) -> bool {
        self.keys.is_empty() && !self.others
    }
}

/// An answer under comparison.
struct Comparison<'a> {
    ledger: &'a Ledger,
    /// The state that it was decided on.
    at: Revision,
    header: Revision,
    /// What the transaction itself has written so far.
    own: BTreeMap<Bytes, Held>,
    found: Differences,
}

/// Everything in an answer that differs from what the ledger says the store held.
pub(super) fn differences(ledger: &Ledger, operation: &Operation) -> Differences {
    let (Some(at), Some(header), Some(answer)) =
        (operation.seen(), operation.header(), operation.answer())
    else {
        return Differences::default();
    };
    let (own, found) = (BTreeMap::new(), Differences::default());
    let mut comparison = Comparison { ledger, at, header, own, found };
    comparison.request(&operation.request, answer);
    comparison.found
}

impl Comparison<'_> {
    fn request(&mut self, request: &Request, answer: &Response) {
        match (request, answer) {
            (Request::Put(put), Response::Put(answer)) => self.put(put, answer),
            (Request::Range(range), Response::Range(answer)) => self.range(range, answer),
            (Request::Delete(delete), Response::Delete(answer)) => self.delete(delete, answer),
            (Request::Txn(txn), Response::Txn(answer)) => self.txn(txn, answer),
            _ => self.found.others = true,
        }
    }

    fn held(&self, key: &Bytes) -> Held {
        self.own.get(key).cloned().unwrap_or_else(|| self.ledger.held(key, self.at))
    }

    fn differ(&mut self, key: &Bytes) {
        self.found.keys.push(key.clone());
    }

    /// A pair that was shown against what was held.
    fn pair(&mut self, shown: &KeyValue, valued: bool, held: &Held) {
        let wrong = match held {
            Held::Unknown => false,
            Held::Absent => true,
            Held::Pair(pair, known) => {
                let bare =
                    |pair: &KeyValue| (pair.create_revision, pair.mod_revision, pair.version);
                self.found.numbers |= bare(pair) != bare(shown);
                bare(pair) != bare(shown)
                    || pair.lease != shown.lease
                    || (valued && *known && pair.value != shown.value)
            }
        };
        if wrong {
            self.differ(&shown.key);
        }
    }

    fn put(&mut self, put: &Put, answer: &PutResponse) {
        let held = self.held(&put.key);
        let keeps = put.ignore_value || put.ignore_lease;
        if answer.prev_kv.as_ref().is_some_and(|shown| shown.key != put.key) {
            self.found.others = true;
            return;
        }
        match (&answer.prev_kv, &held) {
            (Some(shown), held) => self.pair(shown, true, held),
            (None, Held::Pair(..)) if put.prev_kv => self.differ(&put.key),
            (None, Held::Absent) if keeps => self.differ(&put.key),
            _ => {}
        }
        let before = match &held {
            Held::Pair(pair, known) => Some((pair.clone(), *known)),
            _ => None,
        };
        let now = match (&held, before) {
            (Held::Unknown, _) => Held::Unknown,
            (_, before) => {
                let (old, known) = before.unwrap_or((KeyValue::default(), true));
                let fresh = old.version == 0;
                let pair = KeyValue {
                    key: put.key.clone(),
                    create_revision: if fresh { self.header } else { old.create_revision },
                    mod_revision: self.header,
                    version: old.version + 1,
                    value: if put.ignore_value { old.value } else { put.value.clone() },
                    lease: if put.ignore_lease { old.lease } else { put.lease },
                };
                Held::Pair(pair, known || !put.ignore_value)
            }
        };
        self.own.insert(put.key.clone(), now);
    }

    fn range(&mut self, range: &Range, answer: &RangeResponse) {
        let past = !range.revision.is_zero();
        if past && range.revision > self.header {
            // It should have been told that this revision is yet to come.
            self.found.others = true;
            return;
        }
        let now = (self.at, std::mem::take(&mut self.own));
        if past {
            self.at = range.revision;
        } else {
            self.own = now.1.clone();
        }
        self.range_now(range, answer);
        (self.at, self.own) = now;
    }

    fn range_now(&mut self, range: &Range, answer: &RangeResponse) {
        let span = (&range.key, &range.range_end);
        for shown in &answer.kvs {
            let held = self.held(&shown.key);
            self.pair(shown, !range.keys_only, &held);
            if !holds(span, &shown.key) || !passes(range, shown) {
                self.differ(&shown.key);
            }
        }
        let shows = |key: &Bytes| answer.kvs.iter().any(|pair| pair.key == *key);
        let keys: Vec<Bytes> = self.keys_in(range);
        if range.limit == 0 && !range.count_only {
            for key in keys.iter().filter(|key| !shows(key)) {
                if let Held::Pair(pair, _) = self.held(key)
                    && passes(range, &pair)
                {
                    self.differ(key);
                }
            }
        }
        let held: Vec<Held> = keys.iter().map(|key| self.held(key)).collect();
        let complete = self.ledger.content(span, self.at).is_some();
        if complete && held.iter().all(|held| *held != Held::Unknown) {
            let alive: Vec<&KeyValue> = held
                .iter()
                .filter_map(|held| match held {
                    Held::Pair(pair, _) => Some(pair),
                    _ => None,
                })
                .collect();
            self.whole_range(range, answer, &alive);
        }
    }

    /// What can be said where every key of the range is known.
    fn whole_range(&mut self, range: &Range, answer: &RangeResponse, alive: &[&KeyValue]) {
        // The count knows neither bounds on revisions nor the limit.
        self.found.others |= usize::try_from(answer.count) != Ok(alive.len());
        if range.count_only {
            return;
        }
        let passing = alive.iter().filter(|pair| passes(range, pair)).map(|pair| &pair.key);
        let mut keys: Vec<&Bytes> = passing.collect();
        let limit = usize::try_from(range.limit).unwrap_or(0);
        let cut = limit > 0 && keys.len() > limit;
        self.found.others |= answer.more != cut;
        if range.sort.target == SortTarget::Key {
            if range.sort.order == SortOrder::Descend {
                keys.reverse();
            }
            keys.truncate(if cut { limit } else { keys.len() });
            let shown: Vec<&Bytes> = answer.kvs.iter().map(|pair| &pair.key).collect();
            self.found.others |= keys != shown;
        }
    }

    fn keys_in(&self, range: &Range) -> Vec<Bytes> {
        let span = (&range.key, &range.range_end);
        let own = self.own.keys().filter(|key| holds(span, key));
        let mut keys: Vec<Bytes> = self.ledger.keys_in(span).chain(own).cloned().collect();
        keys.sort_unstable();
        keys.dedup();
        keys
    }

    fn delete(&mut self, delete: &Delete, answer: &DeleteResponse) {
        let span = Range {
            key: delete.key.clone(),
            range_end: delete.range_end.clone(),
            ..Range::default()
        };
        for shown in &answer.prev_kvs {
            let held = self.held(&shown.key);
            self.pair(shown, true, &held);
        }
        let keys = self.keys_in(&span);
        let held: Vec<Held> = keys.iter().map(|key| self.held(key)).collect();
        let alive = held.iter().filter(|held| matches!(held, Held::Pair(..))).count();
        let known = self.ledger.content((&delete.key, &delete.range_end), self.at).is_some()
            && held.iter().all(|held| *held != Held::Unknown);
        if known {
            self.found.others |= usize::try_from(answer.deleted) != Ok(alive);
            self.found.others |= delete.prev_kv && answer.prev_kvs.len() != alive;
        }
        for key in keys {
            self.own.insert(key, Held::Absent);
        }
    }

    fn txn(&mut self, txn: &Txn, answer: &TxnResponse) {
        let verdicts: Vec<Option<bool>> = txn.compare.iter().map(|one| self.guard(one)).collect();
        let refuted = verdicts.iter().position(|one| *one == Some(false));
        let all = verdicts.iter().all(|one| *one == Some(true));
        match refuted {
            Some(at) if answer.succeeded => self.differ(&txn.compare[at].key),
            None if all && !answer.succeeded => match txn.compare.first() {
                Some(guard) => self.differ(&guard.key),
                None => self.found.others = true,
            },
            _ => {}
        }
        let branch = if answer.succeeded { &txn.success } else { &txn.failure };
        if branch.len() != answer.responses.len() {
            self.found.others = true;
            return;
        }
        for (op, answer) in branch.iter().zip(&answer.responses) {
            self.request(&request_of(op), answer);
        }
    }

    /// Whether a guard held on the state before the transaction, where that is known.
    fn guard(&self, guard: &Compare) -> Option<bool> {
        let span = (&guard.key, &guard.range_end);
        if guard.range_end.is_empty() {
            return compare(&self.ledger.held(&guard.key, self.at), guard);
        }
        let pairs = self.ledger.content(span, self.at)?;
        let verdicts: Vec<Option<bool>> = pairs
            .into_iter()
            .map(|(pair, known)| compare(&Held::Pair(pair, known), guard))
            .collect();
        if verdicts.contains(&Some(false)) {
            return Some(false);
        }
        (!verdicts.is_empty() && verdicts.iter().all(Option::is_some)).then_some(true)
    }
}

fn compare(held: &Held, guard: &Compare) -> Option<bool> {
    let (pair, known) = match held {
        Held::Unknown => return None,
        Held::Absent => (None, true),
        Held::Pair(pair, known) => (Some(pair), *known),
    };
    let empty = KeyValue::default();
    let stored = pair.unwrap_or(&empty);
    let order = match &guard.target {
        CompareTarget::Version(version) => stored.version.cmp(version),
        CompareTarget::CreateRevision(revision) => stored.create_revision.cmp(revision),
        CompareTarget::ModRevision(revision) => stored.mod_revision.cmp(revision),
        CompareTarget::Lease(lease) => stored.lease.cmp(lease),
        CompareTarget::Value(_) if pair.is_none() => return Some(false),
        CompareTarget::Value(_) if !known => return None,
        CompareTarget::Value(value) => stored.value.cmp(value),
    };
    Some(match guard.operator {
        CompareOperator::Equal => order.is_eq(),
        CompareOperator::NotEqual => order.is_ne(),
        CompareOperator::Greater => order.is_gt(),
        CompareOperator::Less => order.is_lt(),
    })
}

/// Which branch a transaction takes on the state at a revision, where that is known.
pub(super) fn branch_taken(ledger: &Ledger, at: Revision, txn: &Txn) -> Option<bool> {
    let (own, found) = (BTreeMap::new(), Differences::default());
    let comparison = Comparison { ledger, at, header: at, own, found };
    let verdicts: Vec<Option<bool>> =
        txn.compare.iter().map(|guard| comparison.guard(guard)).collect();
    if verdicts.contains(&Some(false)) {
        return Some(false);
    }
    verdicts.iter().all(Option::is_some).then_some(true)
}

/// Whether a range's bounds on revisions let a pair through.
fn passes(range: &Range, pair: &KeyValue) -> bool {
    let within = |at: Revision, least: Revision, most: Revision| {
        at >= least && (most.is_zero() || at <= most)
    };
    within(pair.mod_revision, range.min_mod_revision, range.max_mod_revision)
        && within(pair.create_revision, range.min_create_revision, range.max_create_revision)
}
