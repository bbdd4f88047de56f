//! Which requests are transactions over lists, and what they append.

use super::list::{LIST_KEYS, element_key, list_value};
use super::version::{Append, TransactionId, Versions};
use crate::history::{
    Bytes, Compare, CompareOperator, CompareTarget, Put, Request, Revision, Txn, TxnOp,
};

/// The keys of lists: everything below one prefix.
#[derive(Clone, Debug)]
pub(super) struct ListKeys {
    first: Bytes,
    end: Bytes,
}

impl ListKeys {
    /// The keys of lists in a run with this prefix.
    pub(super) fn below(prefix: &str) -> Self {
        let first = Bytes::from(format!("{prefix}{LIST_KEYS}"));
        Self { end: behind(&first), first }
    }

    /// Whether this is the key of a list, or of an element.
    pub(super) fn contains(&self, key: &Bytes) -> bool {
        self.touched(key, &Bytes::default())
    }

    /// The list of many keys that a key is an element of, and the element.
    pub(super) fn element(&self, key: &Bytes) -> Option<(Bytes, Bytes)> {
        let rest = key.as_slice().strip_prefix(self.first.as_slice())?;
        let (list, element) = element_key(rest)?;
        let name = &key.as_slice()[..self.first.len() + list.len()];
        Some((Bytes::from(name), Bytes::from(element)))
    }

    /// Whether a range of keys has any key of a list.
    pub(super) fn touched(&self, key: &Bytes, range_end: &Bytes) -> bool {
        *key < self.end
            && match range_end.as_slice() {
                b"" => *key >= self.first,
                b"\0" => true,
                _ => *range_end > self.first,
            }
    }

    /// Whether a request may read or write a list.
    pub(super) fn concerns(&self, request: &Request) -> bool {
        match request {
            Request::Put(put) => self.contains(&put.key),
            Request::Range(range) => self.touched(&range.key, &range.range_end),
            Request::Delete(delete) => self.touched(&delete.key, &delete.range_end),
            Request::Txn(txn) => ops(txn).any(|op| self.concerns_op(op)),
            _ => false,
        }
    }

    fn concerns_op(&self, op: &TxnOp) -> bool {
        match op {
            TxnOp::Put(put) => self.contains(&put.key),
            TxnOp::Range(range) => self.touched(&range.key, &range.range_end),
            TxnOp::Delete(delete) => self.touched(&delete.key, &delete.range_end),
            TxnOp::Txn(txn) => ops(txn).any(|op| self.concerns_op(op)),
        }
    }

    /// The appends that a request asks for, one for each list.
    ///
    /// # Errors
    /// A key of a list that the request may write otherwise than by an append: the
    /// versions of lists can then not be told apart.
    pub(super) fn appends(
        &self,
        request: &Request,
        transaction: TransactionId,
        versions: &mut Versions,
    ) -> Result<Vec<Append>, Bytes> {
        let mut appends = Vec::new();
        match request {
            Request::Put(put) if self.contains(&put.key) => {
                self.append(put, &[], transaction, (versions, &mut appends))?;
            }
            Request::Delete(delete) if self.concerns(request) => return Err(delete.key.clone()),
            Request::Txn(txn) => {
                for op in &txn.success {
                    match op {
                        TxnOp::Put(put) if self.contains(&put.key) => {
                            let so_far = (&mut *versions, &mut appends);
                            self.append(put, &txn.compare, transaction, so_far)?;
                        }
                        other => self.only_reads(other)?,
                    }
                }
                txn.failure.iter().try_for_each(|op| self.only_reads(op))?;
            }
            _ => {}
        }
        Ok(appends)
    }

    fn only_reads(&self, op: &TxnOp) -> Result<(), Bytes> {
        match op {
            TxnOp::Put(put) if self.contains(&put.key) => Err(put.key.clone()),
            TxnOp::Delete(delete) if self.concerns_op(op) => Err(delete.key.clone()),
            TxnOp::Txn(txn) => ops(txn).try_for_each(|op| self.only_reads(op)),
            _ => Ok(()),
        }
    }

    fn append(
        &self,
        put: &Put,
        guards: &[Compare],
        transaction: TransactionId,
        (versions, appends): (&mut Versions, &mut Vec<Append>),
    ) -> Result<(), Bytes> {
        let refuse = || put.key.clone();
        if !put.lease.is_none() || put.ignore_value || put.ignore_lease {
            return Err(refuse());
        }
        if let Some((name, text)) = self.element(&put.key) {
            let key = versions.list(&name);
            let element = versions.insert(key, &text, transaction).ok_or_else(refuse)?;
            let Some(append) = appends.iter_mut().find(|append| append.key == key) else {
                appends.push(Append { key, elements: vec![element], versions: None });
                return Ok(());
            };
            // They have one revision, so that a reader sees them in the order of their keys.
            let place = append.elements.partition_point(|other| *versions.text(*other) < text);
            let before = place.checked_sub(1).and_then(|place| append.elements.get(place));
            let last = place == append.elements.len();
            versions.continues(before.copied().filter(|_| last).unwrap_or(element));
            append.elements.insert(place, element);
            return Ok(());
        }
        let key = versions.list(&put.key);
        let append = versions.rewrite(key, &put.value, transaction).ok_or_else(refuse)?;
        let twice = appends.iter().any(|other| other.key == key);
        if twice || !guarded(put, guards, &append, versions) {
            return Err(refuse());
        }
        appends.push(append);
        Ok(())
    }
}

/// Whether a list in one value is rewritten only if it still is what is extended.
fn guarded(put: &Put, guards: &[Compare], append: &Append, versions: &Versions) -> bool {
    let Some((base, _)) = append.versions else { return false };
    let is_empty = base == versions.empty(append.key);
    let demands = |guard: &Compare| match &guard.target {
        CompareTarget::ModRevision(Revision(0))
        | CompareTarget::CreateRevision(Revision(0))
        | CompareTarget::Version(0) => is_empty,
        CompareTarget::ModRevision(_) => !is_empty,
        CompareTarget::Value(value) => *value == list_value(&versions.texts(base)),
        _ => false,
    };
    guards.iter().any(|guard| {
        guard.key == put.key
            && guard.range_end.is_empty()
            && guard.operator == CompareOperator::Equal
            && demands(guard)
    })
}

fn ops(txn: &Txn) -> impl Iterator<Item = &TxnOp> {
    txn.success.iter().chain(&txn.failure)
}

/// The first key behind all that begin with these bytes, whose last is not 255.
pub(super) fn behind(first: &Bytes) -> Bytes {
    let mut end = first.as_slice().to_vec();
    if let Some(last) = end.last_mut() {
        *last = last.saturating_add(1);
    }
    Bytes::from(end)
}
