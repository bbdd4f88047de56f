//! Transactions over lists, taken apart once more.

use std::collections::{BTreeMap, BTreeSet};

use crate::history::{Bytes, Outcome, Put, Range, RangeResponse, Request, Response, TxnOp};
use crate::witness::case::Case;
use crate::witness::operation::Operation;
use crate::witness::span::holds;

/// What a transaction appends to one list.
#[derive(Clone, Debug)]
pub(super) struct Append {
    pub(super) list: Bytes,
    pub(super) elements: Vec<Bytes>,
    /// What it extends, where it says that itself.
    pub(super) base: Option<Vec<Bytes>>,
}

/// How a transaction ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    Applied,
    Rejected,
    Refused,
    Unknown,
}

/// A list as it was shown.
pub(super) type Read = (Bytes, Vec<Bytes>);

/// A transaction over lists.
#[derive(Clone, Debug)]
pub(super) struct Transaction<'a> {
    pub(super) operation: &'a Operation,
    pub(super) fate: Fate,
    pub(super) appends: Vec<Append>,
    pub(super) reads: Vec<Read>,
}

/// Every transaction over lists of a history.
pub(super) struct Lists<'a> {
    first: Vec<u8>,
    /// Who was asked first to append an element, by its list.
    origins: BTreeMap<(Bytes, Bytes), u64>,
    names: BTreeSet<Bytes>,
    pub(super) transactions: Vec<Transaction<'a>>,
}

impl<'a> Lists<'a> {
    pub(super) fn of(case: &Case<'a>) -> Self {
        let first = format!("{}list/", case.preamble.prefix).into_bytes();
        let (origins, names, transactions) = (BTreeMap::new(), BTreeSet::new(), Vec::new());
        let mut lists = Self { first, origins, names, transactions };
        for operation in &case.context.operations {
            let appends = lists.appends(operation);
            let fate = match &operation.end {
                Some((_, _, Outcome::Ok(Response::Txn(answer)))) if !answer.succeeded => {
                    Fate::Rejected
                }
                Some((_, _, Outcome::Ok(_))) => Fate::Applied,
                Some((_, _, Outcome::Failed(_))) => Fate::Refused,
                _ => Fate::Unknown,
            };
            lists.transactions.push(Transaction { operation, fate, appends, reads: Vec::new() });
        }
        let shown: Vec<Vec<Read>> =
            lists.transactions.iter().map(|one| lists.reads(one.operation)).collect();
        for (transaction, reads) in lists.transactions.iter_mut().zip(shown) {
            transaction.reads = reads;
        }
        lists
    }

    /// The transaction that was invoked at an index.
    pub(super) fn get(&self, operation: &Operation) -> Option<&Transaction<'a>> {
        let index = operation.invocation;
        self.transactions.iter().find(|one| one.operation.invocation == index)
    }

    /// Who was asked to append an element.
    pub(super) fn origin(&self, list: &Bytes, element: &Bytes) -> Option<u64> {
        self.origins.get(&(list.clone(), element.clone())).copied()
    }

    /// Whether a transaction took effect.
    pub(super) fn applied(&self, transaction: &Transaction<'_>) -> bool {
        let seen = |append: &Append| {
            append.elements.iter().any(|element| self.is_seen(&append.list, element))
        };
        match transaction.fate {
            Fate::Applied => true,
            Fate::Unknown => transaction.appends.iter().any(seen),
            Fate::Rejected | Fate::Refused => false,
        }
    }

    /// Whether anybody was shown an element, or extended it.
    fn is_seen(&self, list: &Bytes, element: &Bytes) -> bool {
        self.transactions.iter().any(|one| {
            let read = one.reads.iter().any(|(name, all)| name == list && all.contains(element));
            let extended = one.fate == Fate::Applied
                && one.appends.iter().any(|append| {
                    append.list == *list
                        && append.base.as_ref().is_some_and(|base| base.contains(element))
                });
            read || extended
        })
    }

    /// The rest of a key of a list, and whether it is one of many.
    fn rest<'b>(&self, key: &'b Bytes) -> Option<&'b [u8]> {
        key.as_slice().strip_prefix(self.first.as_slice())
    }

    /// The list of many keys that a key belongs to, and the element that it is.
    fn member(&self, key: &Bytes) -> Option<(Bytes, Bytes)> {
        let rest = self.rest(key)?;
        let slash = rest.iter().position(|byte| *byte == b'/')? + 1;
        let name = &key.as_slice()[..self.first.len() + slash];
        (slash < rest.len()).then(|| (Bytes::from(name), Bytes::from(&rest[slash..])))
    }

    fn appends(&mut self, operation: &Operation) -> Vec<Append> {
        let puts: Vec<&Put> = match &operation.request {
            Request::Put(put) => vec![put],
            Request::Txn(txn) => {
                let puts = txn.success.iter().filter_map(|op| match op {
                    TxnOp::Put(put) => Some(put),
                    _ => None,
                });
                puts.collect()
            }
            _ => Vec::new(),
        };
        let mut appends: Vec<Append> = Vec::new();
        for put in puts {
            if self.rest(&put.key).is_none() {
                continue;
            }
            let (list, elements, whole) = match self.member(&put.key) {
                Some((list, element)) => (list, vec![element], false),
                None => match elements_of(&put.value) {
                    Some(elements) => (put.key.clone(), elements, true),
                    None => continue,
                },
            };
            self.names.insert(list.clone());
            let mut fresh = Vec::new();
            let mut base = Vec::new();
            for element in elements {
                let place = (list.clone(), element.clone());
                let by = *self.origins.entry(place).or_insert(operation.invocation);
                let new = by == operation.invocation;
                if new { fresh.push(element) } else { base.push(element) }
            }
            let base = whole.then_some(base);
            match appends.iter_mut().find(|append| append.list == list) {
                Some(append) => append.elements.extend(fresh),
                None => appends.push(Append { list, elements: fresh, base }),
            }
        }
        for append in appends.iter_mut().filter(|append| append.base.is_none()) {
            append.elements.sort();
        }
        appends
    }

    /// Every list that an answer shows, in order.
    fn reads(&self, operation: &Operation) -> Vec<Read> {
        match (&operation.request, operation.answer()) {
            (Request::Range(range), Some(Response::Range(answer))) => self.shown(range, answer),
            (Request::Txn(txn), Some(Response::Txn(answer))) => {
                let branch = if answer.succeeded { &txn.success } else { &txn.failure };
                let parts = branch.iter().zip(&answer.responses);
                let reads = parts.map(|(op, part)| match (op, part) {
                    (TxnOp::Range(range), Response::Range(answer)) => self.shown(range, answer),
                    _ => Vec::new(),
                });
                reads.flatten().collect()
            }
            _ => Vec::new(),
        }
    }

    /// Every list that a range shows.
    pub(super) fn shown(&self, range: &Range, answer: &RangeResponse) -> Vec<Read> {
        let plain = Range {
            key: range.key.clone(),
            range_end: range.range_end.clone(),
            serializable: range.serializable,
            sort: range.sort,
            ..Range::default()
        };
        if *range != plain || answer.more {
            return Vec::new();
        }
        let span = (&range.key, &range.range_end);
        let mut lists: BTreeMap<Bytes, Vec<Bytes>> = BTreeMap::new();
        // Names are in order, so that those of a range lie side by side.
        let named = self.names.range::<Bytes, _>(&range.key..);
        for list in named.take_while(|list| holds(span, list)) {
            let many = list.as_slice().ends_with(b"/");
            let whole = !range.range_end.is_empty()
                && (range.range_end.as_slice() == b"\0" || range.range_end >= behind(list));
            if !many || whole {
                lists.entry(list.clone()).or_default();
            }
        }
        let mut pairs: Vec<_> = answer.kvs.iter().collect();
        pairs.sort_by(|a, b| (a.create_revision, &a.key).cmp(&(b.create_revision, &b.key)));
        for pair in pairs {
            match self.member(&pair.key) {
                Some((list, element)) => {
                    if range.range_end.is_empty() {
                        continue;
                    }
                    lists.entry(list).or_default().push(element);
                }
                None if self.rest(&pair.key).is_some() => {
                    let elements = elements_of(&pair.value);
                    let elements = elements.unwrap_or_else(|| vec![pair.value.clone()]);
                    lists.insert(pair.key.clone(), elements);
                }
                None => {}
            }
        }
        lists.into_iter().collect()
    }
}

/// The first key behind all that begin with these bytes.
fn behind(name: &Bytes) -> Bytes {
    let mut end = name.as_slice().to_vec();
    if let Some(last) = end.last_mut() {
        *last = last.saturating_add(1);
    }
    Bytes::from(end)
}

/// The elements of a value that is a list.
fn elements_of(value: &Bytes) -> Option<Vec<Bytes>> {
    let inside = value.as_slice().strip_prefix(b"[")?.strip_suffix(b"]")?;
    if inside.is_empty() {
        return Some(Vec::new());
    }
    let parts = inside.split(|byte| *byte == b',');
    parts
        .map(|part| {
            let plain = !part.is_empty() && !part.iter().any(|byte| b"[]".contains(byte));
            plain.then(|| Bytes::from(part))
        })
        .collect()
}
