//! Versions and transactions in words.

use super::log::Log;
use super::transaction::{Fate, Transaction};
use super::version::{ElementId, VersionId, Versions};
use crate::verdict::WitnessStep;

/// So many elements are shown at each end of a list.
const FIRST: usize = 2;
const LAST: usize = 5;
/// So many parts of a transaction are named; a read of everything has thousands.
const PARTS: usize = 8;

/// A version: `[1-1, 2-1]`, a long one without its middle.
pub(super) fn list(versions: &Versions, version: VersionId) -> String {
    let elements = versions.elements(version);
    let length = elements.len();
    if length <= FIRST + LAST {
        return format!("[{}]", texts(versions, &elements));
    }
    let first = texts(versions, &elements[..FIRST]);
    let last = texts(versions, &elements[length - LAST..]);
    format!("[{first}, …, {last}] ({length} elements)")
}

/// Elements: `3-1, 3-2`.
pub(super) fn texts(versions: &Versions, elements: &[ElementId]) -> String {
    let texts = elements.iter().map(|element| versions.text(*element).to_string());
    texts.collect::<Vec<_>>().join(", ")
}

/// The name of a version's list.
pub(super) fn key(versions: &Versions, version: VersionId) -> String {
    versions.name(versions.get(version).key).to_string()
}

/// The last element of a version.
pub(super) fn last(versions: &Versions, version: VersionId) -> String {
    let element = versions.get(version).element;
    element.map_or_else(|| "nothing".to_owned(), |element| versions.text(element).to_string())
}

/// What a transaction asks for: `append 3-1 to list/0, read list/1`.
pub(super) fn asked(versions: &Versions, transaction: &Transaction) -> String {
    let appends = transaction.appends.iter().map(|append| {
        format!("append {} to {}", texts(versions, &append.elements), versions.name(append.key))
    });
    let reads = transaction.reads.iter().map(|read| format!("read {}", key(versions, *read)));
    let mut parts: Vec<String> = appends.chain(reads).collect();
    let more = parts.len().saturating_sub(PARTS);
    parts.truncate(PARTS);
    if more > 0 {
        parts.push(format!("{more} more"));
    }
    let local = if transaction.local { "serializable " } else { "" };
    format!("{local}transaction: {}", parts.join(", "))
}

/// How a transaction ended, without what it was shown.
fn ended(transaction: &Transaction) -> &'static str {
    match transaction.fate {
        Fate::Applied if transaction.appends.iter().any(|append| append.versions.is_some()) => {
            "ok, guards held"
        }
        Fate::Applied => "ok",
        Fate::Rejected => "guards did not hold",
        Fate::Refused => "definitely refused",
        Fate::Unknown => "outcome unknown",
    }
}

/// A step of a witness: a transaction, and of what it was shown the lists that matter.
pub(super) fn step(log: &Log, number: u32, about: &[u32]) -> WitnessStep {
    let (versions, transaction) = (&log.versions, log.get(number));
    let reads = transaction.reads.iter();
    let shown = reads
        .filter(|read| about.contains(&versions.get(**read).key))
        .map(|read| format!("{} = {}", key(versions, *read), list(versions, *read)));
    let made = transaction.appends.iter().filter(|append| about.contains(&append.key));
    let made = made.filter_map(|append| {
        let (_, result) = append.versions?;
        Some(format!("made {} {}", key(versions, result), list(versions, result)))
    });
    let mut parts: Vec<String> = shown.chain(made).collect();
    parts.push(ended(transaction).to_owned());
    transaction.place.step(asked(versions, transaction), parts.join("; "))
}
