//! What an operation may change, and what its answer says that it changed.

use super::operation::Operation;
use super::span::{Span, holds};
use crate::history::{Bytes, KeyEvent, KeyEventKind, LeaseId, Put, Request, Response, Txn, TxnOp};

/// Puts and deletes of one request.
#[derive(Clone, Debug, Default)]
pub(super) struct Writes<'a> {
    pub(super) puts: Vec<&'a Put>,
    pub(super) deletes: Vec<Span<'a>>,
    /// Single keys that the answer says were deleted.
    pub(super) deleted: Vec<&'a Bytes>,
}

impl<'a> Writes<'a> {
    /// Everything that a request may write, whichever branch it takes.
    pub(super) fn possible(request: &'a Request) -> Self {
        let mut writes = Self::default();
        match request {
            Request::Put(put) => writes.puts.push(put),
            Request::Delete(delete) => writes.deletes.push((&delete.key, &delete.range_end)),
            Request::Txn(txn) => writes.both_branches(txn),
            Request::Unlock(unlock) => writes.deleted.push(&unlock.key),
            _ => {}
        }
        writes
    }

    /// What a request may write where it puts nothing: by each branch that can do so.
    pub(super) fn without_puts(request: &'a Request) -> Vec<Self> {
        let Request::Txn(txn) = request else { return vec![Self::possible(request)] };
        let branches = [&txn.success, &txn.failure].into_iter();
        let silent = branches.filter(|branch| !branch.iter().any(|op| matches!(op, TxnOp::Put(_))));
        silent
            .map(|branch| {
                let mut writes = Self::default();
                writes.all_of(branch);
                writes
            })
            .collect()
    }

    fn both_branches(&mut self, txn: &'a Txn) {
        self.all_of(&txn.success);
        self.all_of(&txn.failure);
    }

    fn all_of(&mut self, ops: &'a [TxnOp]) {
        for op in ops {
            match op {
                TxnOp::Put(put) => self.puts.push(put),
                TxnOp::Delete(delete) => self.deletes.push((&delete.key, &delete.range_end)),
                TxnOp::Txn(txn) => self.both_branches(txn),
                TxnOp::Range(_) => {}
            }
        }
    }

    /// What the answer of an operation says that it changed.
    pub(super) fn done(operation: &'a Operation) -> Self {
        let mut writes = Self::default();
        if let Some(answer) = operation.answer() {
            writes.take(&operation.request, answer);
        }
        writes
    }

    fn take(&mut self, request: &'a Request, answer: &'a Response) {
        match (request, answer) {
            (Request::Put(put), Response::Put(_)) => self.puts.push(put),
            (Request::Delete(delete), Response::Delete(answer)) => {
                self.delete((&delete.key, &delete.range_end), answer.deleted, answer);
            }
            (Request::Txn(txn), Response::Txn(answer)) => {
                self.branch(txn, answer.succeeded, &answer.responses);
            }
            _ => {}
        }
    }

    fn branch(&mut self, txn: &'a Txn, succeeded: bool, answers: &'a [Response]) {
        let branch = if succeeded { &txn.success } else { &txn.failure };
        for (op, answer) in branch.iter().zip(answers) {
            match (op, answer) {
                (TxnOp::Put(put), Response::Put(_)) => self.puts.push(put),
                (TxnOp::Delete(delete), Response::Delete(answer)) => {
                    self.delete((&delete.key, &delete.range_end), answer.deleted, answer);
                }
                (TxnOp::Txn(inner), Response::Txn(answer)) => {
                    self.branch(inner, answer.succeeded, &answer.responses);
                }
                _ => {}
            }
        }
    }

    fn delete(&mut self, span: Span<'a>, deleted: i64, answer: &'a crate::history::DeleteResponse) {
        if deleted == 0 {
            return;
        }
        self.deletes.push(span);
        if span.1.is_empty() {
            // Its previous pair would name it a second time.
            self.deleted.push(span.0);
        } else {
            self.deleted.extend(answer.prev_kvs.iter().map(|pair| &pair.key));
        }
    }

    /// Whether nothing is written.
    pub(super) fn is_nothing(&self) -> bool {
        self.puts.is_empty() && self.deletes.is_empty() && self.deleted.is_empty()
    }

    /// Whether this value may be put to this key.
    pub(super) fn has(&self, key: &Bytes, value: &Bytes) -> bool {
        self.puts.iter().any(|put| put.key == *key && !put.ignore_value && put.value == *value)
    }

    /// Whether a key may be put with a value that the request does not say.
    pub(super) fn may_repeat(&self, key: &Bytes) -> bool {
        self.puts.iter().any(|put| put.key == *key && put.ignore_value)
    }

    /// Whether a key may be deleted.
    pub(super) fn may_delete(&self, key: &Bytes) -> bool {
        self.deletes.iter().any(|span| holds(*span, key)) || self.deleted.contains(&key)
    }

    /// Whether a key may change.
    pub(super) fn may_touch(&self, key: &Bytes) -> bool {
        self.may_delete(key) || self.puts.iter().any(|put| put.key == *key)
    }

    /// Whether a change that a watch shows is among them.
    pub(super) fn explain(&self, change: &KeyEvent) -> bool {
        let key = &change.kv.key;
        match change.kind {
            KeyEventKind::Delete => self.may_delete(key),
            KeyEventKind::Put => self.puts.iter().any(|put| {
                put.key == *key
                    && (put.ignore_value || put.value == change.kv.value)
                    && (put.ignore_lease || put.lease == change.kv.lease)
            }),
        }
    }

    /// Whether this lease is attached to a key.
    pub(super) fn names(&self, lease: LeaseId) -> bool {
        self.puts.iter().any(|put| put.lease == lease && !put.ignore_lease)
    }
}
