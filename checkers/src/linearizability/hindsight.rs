//! Who wrote a value that nobody can have written, told with the whole history at hand.
//!
//! The check forgets operations that are settled, so that its memory is bounded. That a
//! settled write cannot have made a further revision needs no memory; to say whose value a
//! watch shows once more does. Since it concerns few findings, if any, the history is read
//! again for them.

use std::fmt::Display;
use std::sync::Arc;

use super::floor::{Floor, Sight};
use super::operation::{Op, Operations};
use super::phantom_report::{doubled_write, phantom_write};
use super::suspects::writes;
use super::unexplained::Suspicion;
use crate::history::{Body, Event, KeyValue};
use crate::model::{Change, Pair, can_mutate};
use crate::verdict::{Finding, Judgement, Unattributed, Verdict};

/// Names the writers that the check of linearizability could not name; `history` is read
/// only where there are such findings. One that a write in doubt may explain is taken out,
/// and its verdict gets the reason.
///
/// # Errors
/// When the history cannot be read.
pub fn attribute<E: Display, I: IntoIterator<Item = Result<Event, E>>>(
    judgement: &mut Judgement,
    history: impl FnOnce() -> Result<I, E>,
) -> Result<(), E> {
    let open = |verdict: &Verdict| !verdict.unattributed.is_empty();
    let Some(place) = judgement.verdicts.iter().position(open) else { return Ok(()) };
    let unattributed = std::mem::take(&mut judgement.verdicts[place].unattributed);
    let mut questions: Vec<Question> = unattributed.into_iter().map(Question::new).collect();
    ask(&mut questions, history()?)?;
    let before = judgement.headline().map(|finding| finding.sentence.clone());
    for question in questions {
        question.answer(&mut judgement.verdicts[place]);
    }
    judgement.retell(&before.unwrap_or_default());
    Ok(())
}

/// Shows every operation that has ended, and at last those that never did, to the questions.
fn ask<E>(
    questions: &mut [Question],
    events: impl IntoIterator<Item = Result<Event, E>>,
) -> Result<(), E> {
    let mut operations = Operations::default();
    for event in events {
        let event = Arc::new(event?);
        match &event.body {
            Body::Invoke(invoke) if can_mutate(&invoke.request) => {
                operations.invoke(&event, &Floor::default());
            }
            Body::Complete(outcome) => {
                if let Some((op, _)) = operations.complete(&event, outcome) {
                    weigh(questions, &op);
                }
            }
            _ => {}
        }
    }
    for op in operations.give_up_open() {
        weigh(questions, &op);
    }
    Ok(())
}

fn weigh(questions: &mut [Question], op: &Op) {
    for question in questions {
        question.weigh(op);
    }
}

/// A finding, and what is known so far of its writer.
struct Question {
    about: Unattributed,
    suspicion: Suspicion,
}

impl Question {
    fn new(about: Unattributed) -> Self {
        Self { about, suspicion: Suspicion::Nobody }
    }

    fn weigh(&mut self, op: &Op) {
        let Unattributed { revision, index, kv, .. } = &self.about;
        if !matches!(self.suspicion, Suspicion::Open) && writes(op.request(), &kv.value) {
            let doubtful = |_| Suspicion::Open;
            self.suspicion = Suspicion::of(op.clone(), *revision, *index, doubtful);
        }
    }

    fn answer(self, verdict: &mut Verdict) {
        let asked = |finding: &Finding| finding.sentence == self.about.finding;
        let Some(place) = verdict.findings.iter().position(asked) else { return };
        let Unattributed { revision, kv, index, at, member, watch, .. } = self.about;
        let sight = Sight { index, at, member, watch };
        let KeyValue { key, .. } = &kv;
        match &self.suspicion {
            Suspicion::Nobody => {}
            Suspicion::Open => {
                verdict.findings.remove(place);
                verdict.reasons.push(format!(
                    "revision {revision} gave {key} a value that a write of unknown outcome may \
                     have had, but which revision that write made was forgotten"
                ));
                verdict.restate();
            }
            Suspicion::Twice(op, first) => {
                verdict.findings[place] = doubled_write(op, None, (*first, revision), key, sight);
            }
            suspicion => {
                let put = Change { key: key.clone(), pair: Some(Pair::of(&kv)) };
                verdict.findings[place] = phantom_write(suspicion, revision, &put, sight);
            }
        }
    }
}
