//! Revisions that contradict real time, or each other.

use crate::history::{KeyEvent, Revision};
use crate::witness::case::{Case, Step};
use crate::witness::operation::Operation;
use crate::witness::proof::{Proof, demand, required};
use crate::witness::rule::{Needs, Rule};
use crate::witness::writes::Writes;

pub(super) const RULES: &[Rule] = &[
    Rule::new("split-revision", Needs::STEPS, split_revision),
    Rule::new("time-travel", Needs::CHANGES, time_travel),
    Rule::new("stale-read", Needs::STEPS, stale_read),
    Rule::new("doubled-write", Needs::CHANGES, doubled_write),
    Rule::new("future-read", Needs::CHANGES, future_read),
];

/// Two acknowledged writes of one revision, or one and a watch that shows another change.
fn split_revision(case: &Case<'_>) -> Proof {
    if let Ok([one, other]) = case.two_operations() {
        let both = one.made().is_some() && one.made() == other.made();
        return demand(both, "has two operations that were not given one revision");
    }
    let (write, delivery) = case.write_and_delivery()?;
    let at = required(write.made(), "has an operation that made no revision")?;
    let done = Writes::done(write);
    let alien = |change: &&KeyEvent| change.kv.mod_revision == at && !explains(&done, change);
    let found = delivery.changes().iter().any(|change| alien(&change));
    demand(found, "has a watch that shows nothing but what the write did")
}

/// Whether a write did what a watch shows, leases aside.
fn explains(done: &Writes<'_>, change: &KeyEvent) -> bool {
    let put = done
        .puts
        .iter()
        .any(|put| put.key == change.kv.key && (put.ignore_value || put.value == change.kv.value));
    match change.kind {
        crate::history::KeyEventKind::Put => put,
        crate::history::KeyEventKind::Delete => done.may_delete(&change.kv.key),
    }
}

/// What was shown first, and the operation that was sent after that.
fn before_and_after<'a>(case: &'a Case<'_>) -> Result<(Revision, &'a Operation), String> {
    let [first, second] = case.exactly::<2>()?;
    let second = required(second.operation(), "has no operation that was sent later")?;
    demand(first.end() < second.invocation, "has two steps that overlap in time")?;
    let reached = required(first.reached(), "has a first step that shows no revision")?;
    Ok((reached, second))
}

fn time_travel(case: &Case<'_>) -> Proof {
    if let Ok((delivery, write)) = seen_before_sent(case) {
        return written_before_sent(case, delivery, write);
    }
    let (reached, second) = before_and_after(case)?;
    let given = required(second.reached(), "has an operation without a revision")?;
    let back = if second.wrote() { given <= reached } else { given < reached };
    demand(back, "has revisions that go forward")
}

/// A watch's delivery before an operation was sent that wrote what it shows.
fn seen_before_sent<'a>(case: &'a Case<'_>) -> Result<(&'a Step, &'a Operation), String> {
    let (write, delivery) = case.write_and_delivery()?;
    let early = delivery.end() < write.invocation;
    let writes = Writes::possible(&write.request);
    let shown = delivery.changes().iter().any(|one| writes.has(&one.kv.key, &one.kv.value));
    demand(early && shown, "has nothing that was shown early")?;
    Ok((delivery, write))
}

fn written_before_sent(case: &Case<'_>, delivery: &Step, write: &Operation) -> Proof {
    let writes = Writes::possible(&write.request);
    let mut shown = delivery.changes().iter();
    let alone = shown.any(|change| {
        let (key, value) = (&change.kv.key, &change.kv.value);
        writes.has(key, value) && !others_write(case, write, change, delivery.end())
    });
    demand(alone, "shows what an earlier request may have written")
}

/// Whether another request than this one, sent before an event, may have written what a
/// watch shows.
pub(super) fn others_write(
    case: &Case<'_>,
    except: &Operation,
    change: &KeyEvent,
    before: u64,
) -> bool {
    case.context.operations.iter().any(|operation| {
        let writes = Writes::possible(&operation.request);
        let may = writes.has(&change.kv.key, &change.kv.value)
            || (writes.may_repeat(&change.kv.key) && !operation.refused());
        operation.invocation != except.invocation
            && operation.invocation < before
            && may
            && operation.made().is_none_or(|made| made == change.kv.mod_revision)
    })
}

fn stale_read(case: &Case<'_>) -> Proof {
    let (reached, read) = before_and_after(case)?;
    demand(!read.local() && !read.wrote(), "has no linearizable read")?;
    let answered = required(read.reached(), "has a read without a revision")?;
    demand(answered < reached, "has a read that is not older than what was shown before")
}

/// One put of a unique value, at two revisions.
fn doubled_write(case: &Case<'_>) -> Proof {
    let write = case.steps.iter().find_map(Step::operation);
    let write = required(write, "has no write")?;
    let writes = Writes::possible(&write.request);
    let shown: Vec<&KeyEvent> = case
        .steps
        .iter()
        .flat_map(Step::changes)
        .filter(|change| writes.has(&change.kv.key, &change.kv.value))
        .collect();
    let deliveries = case.steps.iter().filter(|step| step.delivery().is_some()).count();
    demand(deliveries + 1 == case.steps.len(), "has a step that is no delivery")?;
    let twice = |change: &&&KeyEvent| {
        let at = change.kv.mod_revision;
        let again = shown.iter().any(|other| {
            other.kv.key == change.kv.key
                && other.kv.value == change.kv.value
                && other.kv.mod_revision != at
        });
        match write.made() {
            Some(made) => made != at,
            None => deliveries == 2 && again,
        }
    };
    let found = shown.iter().find(twice);
    let change = required(found, "shows no value of the write at a second revision")?;
    let alone = !others_write(case, write, change, u64::MAX);
    demand(alone, "shows a value that another request may have written")
}

/// A member alone answered from a revision whose write was sent after the answer.
fn future_read(case: &Case<'_>) -> Proof {
    let Ok([read, write]) = case.two_operations() else {
        return super::phantoms::phantom_revision(case);
    };
    let header = required(read.header().filter(|_| read.local()), "has no read by a member alone")?;
    if !read.precedes(write) {
        return super::phantoms::phantom_revision(case);
    }
    if let Some(made) = write.made() {
        return demand(made <= header, "has a write of a later revision than was read");
    }
    let writes = Writes::possible(&write.request);
    let changes = case.context.watches.iter().flat_map(super::delivered);
    let shown = changes.filter(|change| {
        change.kv.mod_revision <= header && writes.has(&change.kv.key, &change.kv.value)
    });
    let alone = |change: &&KeyEvent| !others_write(case, write, change, u64::MAX);
    demand(shown.into_iter().any(|change| alone(&change)), "has a write that nobody shows")
}
