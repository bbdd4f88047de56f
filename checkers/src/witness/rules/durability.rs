//! What was acknowledged or shown, and is not in a final read.

use crate::history::{
    Body, Bytes, KeyValue, Phase, Range, RangeResponse, Request, Response, Revision,
};
use crate::witness::case::{Case, Step};
use crate::witness::ledger::Held;
use crate::witness::operation::Operation;
use crate::witness::pairs::pairs;
use crate::witness::proof::{Proof, demand, required};
use crate::witness::rule::{Needs, Rule};
use crate::witness::writes::Writes;

pub(super) const RULES: &[Rule] = &[
    Rule::new("lost-write", FINAL, lost_write),
    Rule::new("vanished-read", FINAL, vanished_read),
    Rule::new("revision-lost", FINAL, revision_lost),
];

const FINAL: Needs = Needs { surroundings: true, ..Needs::CHANGES };

/// The first step and the final read; a fault may stand between them.
fn first_and_read<'a>(
    case: &'a Case<'_>,
) -> Result<(&'a Step, &'a Operation, &'a RangeResponse), String> {
    let (first, read) = match case.steps.as_slice() {
        [first, read] => (first, read),
        [first, fault, read] => {
            let is_fault = fault.event().is_some_and(|one| matches!(one.body, Body::FaultBegin(_)));
            demand(is_fault, "has a step between that is no fault")?;
            (first, read)
        }
        _ => return Err("is not a change and a final read".to_owned()),
    };
    let read = required(read.operation(), "does not end with a read")?;
    let Request::Range(range) = &read.request else {
        return Err("does not end with a read".to_owned());
    };
    demand(is_whole(case, range), "ends with a read that is not of everything")?;
    let Some(Response::Range(answer)) = read.answer() else {
        return Err("ends with a read without an answer".to_owned());
    };
    demand(is_final(case, read), "ends with a read that is not a final one")?;
    Ok((first, read, answer))
}

/// Whether a range is of every key of the run's, as it is now and whole.
fn is_whole(case: &Case<'_>, range: &Range) -> bool {
    let (key, range_end) = (range.key.clone(), range.range_end.clone());
    let plain = Range {
        key,
        range_end,
        serializable: range.serializable,
        sort: range.sort,
        ..Range::default()
    };
    case.preamble.territory().is_covered_by(&range.key, &range.range_end) && plain == *range
}

/// Whether an operation was sent in the phase of final reads.
pub(super) fn is_final(case: &Case<'_>, operation: &Operation) -> bool {
    let before = case.context.surroundings.iter();
    let mut phases =
        before.filter(|event| event.index < operation.invocation).filter_map(|event| match &event
            .body
        {
            Body::Environment(crate::history::Environment::Phase(phase)) => Some(*phase),
            _ => None,
        });
    phases.next_back() == Some(Phase::Final)
}

fn lost_write(case: &Case<'_>) -> Proof {
    let (write, read, answer) = first_and_read(case)?;
    let write = required(write.operation(), "does not begin with a write")?;
    let made = required(write.made(), "begins with a write that made no revision")?;
    demand(write.precedes(read), "has a write that had not ended")?;
    let done = Writes::done(write);
    let put = done.puts.iter().any(|put| {
        let value = (!put.ignore_value).then_some(&put.value);
        is_lost(case, (read, answer), &put.key, made, value)
    });
    let mut shown = answer.kvs.iter();
    let back = shown.any(|pair| done.may_delete(&pair.key) && pair.mod_revision < made);
    let newer = read.header().is_some_and(|header| header >= made) || !read.local();
    demand(put || (back && newer), "has a read that fits the write")
}

/// Whether a read lacks a pair that was put at a revision, although nothing can have
/// undone that.
fn is_lost(
    case: &Case<'_>,
    (read, answer): (&Operation, &RangeResponse),
    key: &Bytes,
    made: Revision,
    value: Option<&Bytes>,
) -> bool {
    let Some(header) = read.header() else { return false };
    if header < made {
        return !read.local() && !has_since(answer, key, made);
    }
    match pair_of(answer, key) {
        Some(pair) if pair.mod_revision < made => true,
        Some(pair) if pair.mod_revision == made => value.is_some_and(|value| *value != pair.value),
        Some(_) => false,
        None => {
            let ledger = case.context.ledger(case.preamble);
            let held = ledger.held(key, header);
            matches!(held, Held::Pair(pair, _) if pair.mod_revision >= made)
                || (!ledger.is_shared() && !ledger.foreign() && nobody_deletes(case, key))
        }
    }
}

/// Whether nothing from the first step on can have deleted a key. Where a revision was given
/// twice, what the key held at it is open, and this is not.
fn nobody_deletes(case: &Case<'_>, key: &Bytes) -> bool {
    let Some(first) = case.steps.first() else { return false };
    // The end of a lease deletes too: one that the key had, or may have got since.
    let kept = |operation: &Operation| {
        let puts = Writes::possible(&operation.request).puts;
        puts.iter().any(|put| put.key == *key && put.ignore_lease)
    };
    let leased =
        pairs(first).iter().any(|seen| seen.pair.key == *key && !seen.pair.lease.is_none());
    if first.operation().is_some_and(kept) || leased {
        return false;
    }
    let deletes = |operation: &Operation| {
        let possible = Writes::possible(&operation.request);
        let leased = possible.puts.iter().any(|put| put.key == *key && !put.lease.is_none());
        operation.ended() > first.begin()
            && !operation.refused()
            && (leased || possible.may_delete(key))
    };
    let shown = case.context.watches.iter().filter(|event| event.index > first.begin());
    let mut gone = shown.flat_map(super::delivered).filter(|one| one.kv.key == *key);
    !case.context.operations.iter().any(deletes)
        && !gone.any(|one| one.kind == crate::history::KeyEventKind::Delete)
}

fn pair_of<'a>(answer: &'a RangeResponse, key: &Bytes) -> Option<&'a KeyValue> {
    answer.kvs.iter().find(|pair| pair.key == *key)
}

fn has_since(answer: &RangeResponse, key: &Bytes, made: Revision) -> bool {
    pair_of(answer, key).is_some_and(|pair| pair.mod_revision >= made)
}

fn vanished_read(case: &Case<'_>) -> Proof {
    let (first, read, answer) = first_and_read(case)?;
    demand(first.end() < read.invocation, "has a read that had been sent before")?;
    let shown = pairs(first);
    let lost = shown.iter().any(|seen| {
        let pair = seen.pair;
        is_lost(case, (read, answer), &pair.key, pair.mod_revision, None)
    });
    let newer = |at: Revision| read.header().is_some_and(|header| header >= at) || !read.local();
    let back = first.changes().iter().any(|change| {
        let (key, at) = (&change.kv.key, change.kv.mod_revision);
        let deleted = change.kind == crate::history::KeyEventKind::Delete;
        let old = pair_of(answer, key).is_some_and(|pair| pair.mod_revision < at);
        deleted && old && newer(at)
    });
    demand(lost || back, "has a read that fits what was shown")
}

fn revision_lost(case: &Case<'_>) -> Proof {
    let (write, read, _) = first_and_read(case)?;
    let write = required(write.operation(), "does not begin with a write")?;
    let made = required(write.made(), "begins with a write that made no revision")?;
    demand(write.precedes(read), "has a write that had not ended")?;
    demand(!read.local(), "has a read that may be old")?;
    let behind = read.header().is_some_and(|header| header < made);
    demand(behind, "has a read that is not behind the write")
}
