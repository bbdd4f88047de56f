//! A refutation in words.

use super::object::Object;
use super::operation::Operation;
use super::outcome::{Contradiction, Refutation};
use crate::history::Nanos;
use crate::verdict::{Finding, Witness, WitnessStep};

/// Steps of a witness.
const STEPS_MAX: usize = 12;

/// The finding that a refutation amounts to. `what` names the history in the sentence,
/// such as a file or a key; positions are shown as they are, since they have no time.
pub fn finding<S: Object>(
    what: &str,
    operations: &[Operation<S>],
    refutation: &Refutation<S>,
    contradiction: &Contradiction,
) -> Finding {
    let Refutation { culprit, order, state } = refutation;
    let Contradiction { needed, .. } = contradiction;
    let operation = &operations[*culprit];
    let (who, call) = (operation.process, S::call_in_words(&operation.op));
    let answer = answer(operation);
    let left = state.state_in_words(&operation.op);
    let others = needed.len().saturating_sub(1);
    let because = match order.last().map(|last| &operations[*last]) {
        None => format!("because nothing can come before it, and then {left}"),
        Some(last) => format!(
            "because everything that returned before it has an order ({} operations, the last \
             {} by {}), after which {left}",
            order.len(),
            S::call_in_words(&last.op),
            last.process,
        ),
    };
    let however = format!(
        "however {who} was answered {answer}, and with {} no order explains that, even if all \
         other operations may have taken effect or not",
        match others {
            0 => "nothing else believed".to_owned(),
            1 => "one other answer believed".to_owned(),
            many => format!("{many} other answers believed"),
        },
    );
    Finding {
        anomaly: "not-linearizable".to_owned(),
        guarantee: "K3".to_owned(),
        sentence: format!("{what}: no order explains {call} by {who}, answered {answer}"),
        because,
        however,
        witness: witness(operations, *culprit, needed),
    }
}

fn witness<S: Object>(operations: &[Operation<S>], culprit: usize, needed: &[usize]) -> Witness {
    let first = needed.len().saturating_sub(STEPS_MAX);
    let mut numbers = needed[first..].to_vec();
    if !numbers.contains(&culprit) {
        numbers.insert(0, culprit);
    }
    let steps = numbers.into_iter().map(|number| {
        let step = step(&operations[number]);
        if number == culprit { step.contradicting() } else { step }
    });
    Witness { steps: steps.collect() }
}

fn step<S: Object>(operation: &Operation<S>) -> WitnessStep {
    let Operation { process, call, op, .. } = operation;
    WitnessStep {
        index: *call,
        completion: operation.answer.as_ref().map(|answer| answer.at),
        from: Nanos::default(),
        to: Nanos::default(),
        process: Some(*process),
        member: None,
        what: S::call_in_words(op),
        shows: answer(operation),
        contradicts: false,
    }
}

fn answer<S: Object>(operation: &Operation<S>) -> String {
    match &operation.answer {
        Some(answer) => S::answer_in_words(&answer.ret),
        None => "nothing".to_owned(),
    }
}
