//! Acknowledged writes that a witness may still have to show, without their words.

use std::collections::BTreeMap;

use super::knowledge::Operation;
use crate::history::{Event, Nanos, Response};
use crate::verdict::WitnessStep;
use crate::wording;

/// Acknowledged writes by their invocation, for as long as something known rests on them:
/// most are overwritten soon, and a long history has a great many.
#[derive(Clone, Debug, Default)]
pub(super) struct Acknowledgements {
    held: BTreeMap<u64, Acknowledgement>,
    total: u64,
    /// Nothing is forgotten any more.
    all: bool,
}

#[derive(Clone, Debug)]
struct Acknowledgement {
    operation: Operation,
    answer: Response,
    index: u64,
    at: Nanos,
    /// How much rests on it.
    uses: usize,
}

impl Acknowledgements {
    /// Takes a write, which has one use from the beginning.
    pub(super) fn enter(&mut self, operation: Operation, event: &Event, answer: &Response) {
        self.total += 1;
        let (index, at, answer) = (event.index, event.at, answer.clone());
        let invocation = operation.invocation;
        self.held.insert(invocation, Acknowledgement { operation, answer, index, at, uses: 1 });
    }

    /// Something more rests on a write.
    pub(super) fn hold(&mut self, invocation: u64) {
        if let Some(held) = self.held.get_mut(&invocation) {
            held.uses += 1;
        }
    }

    /// Something no longer rests on a write.
    pub(super) fn release(&mut self, invocation: u64) {
        let Some(held) = self.held.get_mut(&invocation).filter(|_| !self.all) else { return };
        held.uses -= 1;
        if held.uses == 0 {
            self.held.remove(&invocation);
        }
    }

    /// From now on everything is kept: what is known has been copied.
    pub(super) fn keep_all(&mut self) {
        self.all = true;
    }

    /// A write as a step of a witness.
    pub(super) fn step(&self, invocation: u64) -> Option<WitnessStep> {
        let Acknowledgement { operation, answer, index, at, .. } = self.held.get(&invocation)?;
        let place = operation.place(*index, *at);
        Some(place.step(wording::request(&operation.request), wording::response(answer)))
    }

    /// How many writes were acknowledged.
    pub(super) fn total(&self) -> u64 {
        self.total
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::{Body, Note, PutResponse, Request};

    #[test]
    fn a_write_is_held_as_long_as_something_rests_on_it_and_for_good_once_asked_for() {
        let body = Body::Note(Note { text: String::new() });
        let event = Event { index: 5, at: Nanos(7), process: None, member: None, body };
        let operation = |invocation| Operation {
            invocation,
            invoked_at: Nanos(1),
            process: None,
            member: None,
            request: Request::Status {},
        };
        let answer = Response::Put(PutResponse::default());
        let mut writes = Acknowledgements::default();
        (1..=3).for_each(|invocation| writes.enter(operation(invocation), &event, &answer));
        writes.hold(1);
        writes.release(1);
        writes.release(2);
        writes.keep_all();
        writes.release(3);
        let held: Vec<u64> = (0..5).filter(|one| writes.step(*one).is_some()).collect();
        assert_eq!((held, writes.total()), (vec![1, 3], 3));
        let step = writes.step(1).expect("it is held");
        assert_eq!((step.index, step.completion, step.to), (1, Some(5), Nanos(7)));
    }
}
