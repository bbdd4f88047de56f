//! Acknowledged writes that a witness may still have to show, without their words.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::evidence::Sent;
use crate::history::{Body, Event};
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
    sent: Sent,
    answered: Arc<Event>,
    /// How much rests on it.
    uses: usize,
}

impl Acknowledgements {
    /// Takes a write, which has one use from the beginning.
    pub(super) fn enter(&mut self, sent: Sent, answered: &Arc<Event>) {
        self.total += 1;
        let (invocation, answered) = (sent.event().index, Arc::clone(answered));
        self.held.insert(invocation, Acknowledgement { sent, answered, uses: 1 });
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
        let Acknowledgement { sent, answered, .. } = self.held.get(&invocation)?;
        let Body::Complete(outcome) = &answered.body else { return None };
        Some(sent.step(answered, wording::outcome(outcome)))
    }

    /// How many writes were acknowledged.
    pub(super) fn total(&self) -> u64 {
        self.total
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::{Invoke, Nanos, Outcome, PutResponse, Request, Response};

    #[test]
    fn a_write_is_held_as_long_as_something_rests_on_it_and_for_good_once_asked_for() {
        let event = |index, at, body| {
            Arc::new(Event { index, at: Nanos(at), process: None, member: None, body })
        };
        let answer = Body::Complete(Outcome::Ok(Response::Put(PutResponse::default())));
        let answered = event(5, 7, answer);
        let sent = |index| {
            let body = Body::Invoke(Invoke { request: Request::Status {}, intended: Nanos(1) });
            Sent::of(&event(index, 1, body)).expect("an invocation")
        };
        let mut writes = Acknowledgements::default();
        (1..=3).for_each(|invocation| writes.enter(sent(invocation), &answered));
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
