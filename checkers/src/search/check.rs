//! The way in: splits a history into its parts and searches each.

use std::collections::BTreeMap;

use super::engine::{Decision, Engine};
use super::object::Object;
use super::operation::{Operation, Span};
use super::outcome::{Contradiction, Outcome, Refutation, Searched};
use super::reduction::reduce;
use super::relevance::relevant;
use crate::checker::Budget;

/// Whether some order of the operations, each at a time between its call and its return,
/// explains every answer, from an initial state on. Operations without an answer take
/// effect at any time after their call, or never.
///
/// Exact: what it calls linearizable is, and what it refutes is not, but for the
/// improbable case that fingerprints collide (see [`Object::fingerprint`]). What does not
/// fit into the budget is unknown.
pub fn check<S: Object>(initial: &S, operations: &[Operation<S>], budget: &Budget) -> Searched<S> {
    let mut parts: Vec<Vec<Span<'_, S>>> = parts(operations);
    // What is quickly refuted shall not wait for what is not.
    parts.sort_by_key(Vec::len);
    let mut searched = Searched {
        outcome: Outcome::Linearizable,
        parts: parts.len(),
        steps: 0,
        remembered: 0,
        bytes: 0,
    };
    let mut reasons = Vec::new();
    for part in parts {
        let steps = budget.steps.saturating_sub(searched.steps);
        match search(initial, part, Budget { steps, ..*budget }, &mut searched) {
            Outcome::Linearizable => {}
            Outcome::Unknown(reason) => reasons.extend(reason),
            refuted @ Outcome::Refuted(_) => {
                searched.outcome = refuted;
                return searched;
            }
        }
    }
    if !reasons.is_empty() {
        reasons.dedup();
        searched.outcome = Outcome::Unknown(reasons);
    }
    searched
}

/// The answers of a refuted history that contradict each other, as few as a budget of its
/// own finds. It is asked for when a refutation is to be told: finding them takes many
/// searches, and the verdict needs none of them.
pub fn contradiction<S: Object>(
    initial: &S,
    operations: &[Operation<S>],
    refutation: &Refutation<S>,
) -> Contradiction {
    let is_culprit = |span: &Span<'_, S>| span.number == refutation.culprit;
    let part = parts(operations).into_iter().find(|part| part.iter().any(is_culprit));
    reduce(initial, &relevant(part.unwrap_or_default()), refutation.culprit)
}

/// The operations by part, in the order of their calls, without those that say nothing.
fn parts<S: Object>(operations: &[Operation<S>]) -> Vec<Vec<Span<'_, S>>> {
    let keys: Option<Vec<&[u8]>> =
        operations.iter().map(|operation| S::part(&operation.op)).collect();
    let mut parts: BTreeMap<&[u8], Vec<Span<'_, S>>> = BTreeMap::new();
    for (number, operation) in operations.iter().enumerate() {
        let key = keys.as_ref().map_or(&[][..], |keys| keys[number]);
        let span = Span::of(number, operation);
        // What changes nothing, and whose answer nobody knows, explains nothing.
        if span.answer.is_some() || !span.is_pure() {
            parts.entry(key).or_default().push(span);
        }
    }
    let mut parts: Vec<Vec<Span<'_, S>>> = parts.into_values().collect();
    for part in &mut parts {
        part.sort_by_key(|span| span.call);
    }
    parts
}

fn search<S: Object>(
    initial: &S,
    part: Vec<Span<'_, S>>,
    budget: Budget,
    searched: &mut Searched<S>,
) -> Outcome<S> {
    let part = relevant(part);
    let mut engine = Engine::new(initial.clone(), &part, budget);
    let decision = engine.decide();
    searched.steps += engine.steps();
    searched.remembered = searched.remembered.max(engine.remembered());
    searched.bytes = searched.bytes.max(engine.bytes());
    drop(engine);
    match decision {
        Decision::Explained => Outcome::Linearizable,
        Decision::Exhausted(reason) => Outcome::Unknown(vec![reason]),
        Decision::Refuted { culprit, order } => {
            Outcome::Refuted(Box::new(refutation(initial, &part, culprit, &order)))
        }
    }
}

fn refutation<S: Object>(
    initial: &S,
    part: &[Span<'_, S>],
    culprit: usize,
    order: &[u32],
) -> Refutation<S> {
    let mut state = initial.clone();
    let mut numbers = Vec::with_capacity(order.len());
    for span in order.iter().map(|number| part[*number as usize]) {
        match span.answer {
            Some(answer) => {
                state.is_valid_step(span.op, &answer.ret);
            }
            None => {
                state.invoke(span.op);
            }
        }
        numbers.push(span.number);
    }
    Refutation { culprit: part[culprit].number, order: numbers, state }
}
