//! A history of etcd as operations of its sequential specification.

use std::collections::BTreeMap;

use super::etcd::Etcd;
use crate::history::{Body, Event, LeaseRef, Outcome, ProcessId, Request};
use crate::search::{Answer, Operation};

/// The operations of a history, for a search. The end of a lease by itself is an
/// operation too: a revocation that nobody asked for and that may come at any time after
/// the grant (whether it came too early is another guarantee).
///
/// # Errors
/// A sentence, if the history has a request whose effect the model does not know.
pub fn operations(events: &[Event]) -> Result<Vec<Operation<Etcd>>, String> {
    let mut operations: Vec<Operation<Etcd>> = Vec::new();
    let mut open: BTreeMap<ProcessId, usize> = BTreeMap::new();
    for event in events {
        match (&event.body, event.process) {
            (Body::Invoke(invoke), Some(process)) => {
                let op = invoke.request.clone();
                if !Etcd::models(&op) {
                    let what = crate::wording::request(&op);
                    return Err(format!("the model does not know what `{what}` writes"));
                }
                open.insert(process, operations.len());
                operations.push(Operation { process, call: event.index, op, answer: None });
            }
            (Body::Complete(outcome), Some(process)) => {
                let Some(number) = open.remove(&process) else { continue };
                let ret = match outcome {
                    Outcome::Ok(response) => Ok(response.clone()),
                    Outcome::Failed(failure) => Err(failure.reason),
                    Outcome::Unknown(_) => continue,
                };
                operations[number].answer = Some(Answer { at: event.index, ret });
            }
            _ => {}
        }
    }
    let ends: Vec<Operation<Etcd>> = operations.iter().filter_map(end_of_lease).collect();
    operations.extend(ends);
    Ok(operations)
}

/// The end that a lease may come to by itself.
fn end_of_lease(operation: &Operation<Etcd>) -> Option<Operation<Etcd>> {
    use crate::history::Response::LeaseGrant;
    let Request::LeaseGrant(grant) = &operation.op else { return None };
    let lease = match operation.answer.as_ref().map(|answer| &answer.ret) {
        Some(Ok(LeaseGrant(granted))) => granted.lease,
        Some(_) => return None,
        None => grant.lease,
    };
    let op = Request::LeaseRevoke(LeaseRef { lease });
    Some(Operation { process: operation.process, call: operation.call, op, answer: None })
}
