//! Which transactions took effect, as far as the history shows.

use super::log::Log;
use super::transaction::{Fate, Transaction};
use super::version::{Origin, TransactionId, VersionId};

/// What certainly happened.
pub(super) struct Effects {
    /// By transaction: whether its appends took effect. Of an unknown outcome that is
    /// so when somebody saw one of its elements, for a transaction is whole or nothing.
    pub(super) applied: Vec<bool>,
    /// By version: an aborted transaction whose element is in it.
    pub(super) dirty: Vec<Option<TransactionId>>,
    /// By version: a transaction that was shown it, or a longer one.
    pub(super) reader: Vec<Option<TransactionId>>,
}

impl Effects {
    /// Of a whole history.
    pub(super) fn of(log: &Log) -> Self {
        let (applied, dirty) = (applied(log), dirty(log));
        Self { applied, dirty, reader: readers(log) }
    }
}

fn applied(log: &Log) -> Vec<bool> {
    let mut applied = vec![false; log.len()];
    let mut seen = vec![false; log.versions.len()];
    let mut stack: Vec<VersionId> = Vec::new();
    for (number, transaction) in log.iter() {
        stack.extend(&transaction.reads);
        if transaction.fate == Fate::Applied {
            applied[number as usize] = true;
            stack.extend(results(transaction));
        }
    }
    while let Some(version) = stack.pop() {
        if std::mem::replace(&mut seen[version as usize], true) {
            continue;
        }
        let version = log.versions.get(version);
        stack.push(version.parent);
        let origin = version.element.and_then(|element| log.versions.origin(element));
        let Some(Origin { transaction: writer, .. }) = origin else { continue };
        let transaction = log.get(writer);
        if transaction.fate == Fate::Unknown && !applied[writer as usize] {
            applied[writer as usize] = true;
            stack.extend(results(transaction));
        }
    }
    applied
}

fn results(transaction: &Transaction) -> impl Iterator<Item = VersionId> + '_ {
    transaction.appends.iter().filter_map(|append| append.versions).map(|(_, result)| result)
}

fn dirty(log: &Log) -> Vec<Option<TransactionId>> {
    let mut dirty: Vec<Option<TransactionId>> = vec![None; log.versions.len()];
    for (number, version) in log.versions.iter() {
        let Some(element) = version.element else { continue };
        let writer = log.versions.origin(element).map(|origin| origin.transaction);
        let aborted = writer.filter(|writer| log.get(*writer).aborted());
        dirty[number as usize] = aborted.or(dirty[version.parent as usize]);
    }
    dirty
}

fn readers(log: &Log) -> Vec<Option<TransactionId>> {
    let mut readers: Vec<Option<TransactionId>> = vec![None; log.versions.len()];
    for (number, transaction) in log.iter() {
        for read in &transaction.reads {
            readers[*read as usize].get_or_insert(number);
        }
    }
    for (number, version) in log.versions.iter().rev() {
        if version.element.is_some() && readers[version.parent as usize].is_none() {
            readers[version.parent as usize] = readers[number as usize];
        }
    }
    readers
}
