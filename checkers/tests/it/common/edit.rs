//! Planting mistakes into a history that was right.

use stormglass_checkers::history::{Body, Event, History, Nanos, Outcome, Response, Revision};

/// Changes the event at an index.
pub fn edit(history: &mut History, index: u64, change: impl FnOnce(&mut Event)) {
    if let Some(event) = usize::try_from(index).ok().and_then(|at| history.events.get_mut(at)) {
        change(event);
    }
}

/// Changes the last event that the test picks; its index.
pub fn edit_last(
    history: &mut History,
    pick: impl Fn(&Event) -> bool,
    change: impl FnOnce(&mut Event),
) -> Option<u64> {
    let event = history.events.iter_mut().rev().find(|event| pick(event))?;
    change(event);
    Some(event.index)
}

/// Index of the completion of the operation that was invoked at an index.
pub fn completion_of(history: &History, invocation: u64) -> Option<u64> {
    let at = usize::try_from(invocation).ok()?;
    let process = history.events.get(at)?.process;
    let mut later = history.events.iter().skip(at + 1);
    later
        .find(|event| event.process == process && matches!(event.body, Body::Complete(_)))
        .map(|event| event.index)
}

/// Index of the invocation that a completion ends.
pub fn invocation_of(history: &History, completion: u64) -> Option<u64> {
    let event = history.events.get(usize::try_from(completion).ok()?)?;
    let mut before = history.events.iter().rev().filter(|other| other.index < completion);
    let invocation = before.find(|other| other.process == event.process)?.index;
    (completion_of(history, invocation) == Some(completion)).then_some(invocation)
}

/// Two operations of the same kind get each other's answers.
pub fn exchange_answers(history: &mut History, one: u64, other: u64) {
    let body = |at: u64| Some(history.events.get(usize::try_from(at).ok()?)?.body.clone());
    let (Some(first), Some(second)) = (body(one), body(other)) else { return };
    let kind = |body: &Body| match body {
        Body::Complete(Outcome::Ok(response)) => Some(std::mem::discriminant(response)),
        _ => None,
    };
    if kind(&first) == kind(&second) {
        edit(history, one, |event| event.body = second);
        edit(history, other, |event| event.body = first);
    }
}

/// An operation ends earlier than it did: right after its invocation.
pub fn end_at_once(history: &mut History, completion: u64) {
    let Some(invocation) = invocation_of(history, completion) else { return };
    let found = usize::try_from(completion).ok().and_then(|at| history.events.get(at));
    if let Some(event) = found.cloned() {
        remove(history, |other| other.index == completion);
        insert_after(history, invocation, event);
    }
}

/// Takes every event out that the test picks.
pub fn remove(history: &mut History, pick: impl Fn(&Event) -> bool) {
    history.events.retain(|event| !pick(event));
    renumber(history);
}

/// Puts an event right after the one at an index.
pub fn insert_after(history: &mut History, index: u64, event: Event) {
    let at = usize::try_from(index + 1).unwrap_or(usize::MAX).min(history.events.len());
    history.events.insert(at, event);
    renumber(history);
}

/// Makes the indices dense again and the times rise with them.
pub fn renumber(history: &mut History) {
    for (index, event) in history.events.iter_mut().enumerate() {
        event.index = index as u64;
        event.at = Nanos((event.index + 1) * 1_000_000);
    }
}

/// Changes the answer in a completion.
pub fn with_response(event: &mut Event, change: impl FnOnce(&mut Response)) {
    if let Body::Complete(Outcome::Ok(response)) = &mut event.body {
        change(response);
    }
}

/// Changes the revision in an answer's header.
pub fn set_revision(response: &mut Response, revision: i64) {
    let header = match response {
        Response::Put(response) => &mut response.header,
        Response::Range(response) => &mut response.header,
        Response::Delete(response) => &mut response.header,
        Response::Txn(response) => &mut response.header,
        _ => return,
    };
    if let Some(header) = header {
        header.revision = Revision(revision);
    }
}

/// Gives the completion of an operation another outcome.
pub fn answer(history: &mut History, invocation: u64, outcome: Outcome) {
    if let Some(completion) = completion_of(history, invocation) {
        edit(history, completion, |event| event.body = Body::Complete(outcome));
    }
}
