//! A key that no order explains, in words.

use super::cell::Cell;
use super::keys::Register;
use crate::history::Bytes;
use crate::search::{Refutation, contradiction};
use crate::verdict::{Finding, Witness, WitnessStep};

/// Steps of a witness.
const STEPS_MAX: usize = 12;

/// The finding that a refutation of a key amounts to.
pub(super) fn finding(key: &Bytes, register: &Register, refuted: &Refutation<Cell>) -> Finding {
    let found = contradiction(&Cell::default(), &register.operations, refuted);
    let first = found.needed.len().saturating_sub(STEPS_MAX);
    let mut numbers = found.needed[first..].to_vec();
    if !numbers.contains(&refuted.culprit) {
        numbers.insert(0, refuted.culprit);
    }
    let step = |number: usize| {
        let step = register.step(number);
        if number == refuted.culprit { step.contradicting() } else { step }
    };
    let mut steps: Vec<WitnessStep> = numbers.into_iter().map(step).collect();
    steps.sort_by_key(|step| step.index);
    let culprit = register.step(refuted.culprit);
    let (asked, shows) = (named(&culprit), culprit.shows);
    let others: Vec<&WitnessStep> = steps.iter().filter(|step| !step.contradicts).collect();
    let because = match others.as_slice() {
        [] => "because nobody asked for anything that would explain it".to_owned(),
        [other] if other.completion.is_some_and(|end| end < culprit.index) => {
            format!(
                "because {} had been answered ({}) before it was sent",
                named(other),
                other.shows
            )
        }
        _ => format!(
            "because the answers of the witness bind each other, whatever else was done to {key}"
        ),
    };
    Finding {
        anomaly: "not-linearizable".to_owned(),
        guarantee: "K3".to_owned(),
        sentence: format!(
            "{asked} was answered: {shows}; no order of the puts, gets and deletes of {key} \
             explains that"
        ),
        because,
        however: format!("however {asked} was answered: {shows}"),
        witness: Witness { steps },
    }
}

/// A step in a sentence: `put k1 = "a" on m2`.
fn named(step: &WitnessStep) -> String {
    match step.member {
        Some(member) => format!("{} on {member}", step.what),
        None => step.what.clone(),
    }
}
