//! Makes a refutation small: which answers contradict each other.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use super::engine::{Decision, Engine};
use super::object::Object;
use super::operation::Span;
use super::outcome::Contradiction;
use super::relevance::relevant;
use crate::checker::Budget;

/// Steps that the reduction may take in all, and for one attempt.
const STEPS_MAX: u64 = 2_000_000;
const STEPS_OF_ATTEMPT_MAX: u64 = 100_000;

/// Answers that are believed at first: those that came last before the culprit's. Fourfold
/// if they do not contradict each other.
const BELIEVED_AT_FIRST: usize = 8;

/// The attempts to do with fewer answers. Not to believe an answer means: its operation
/// may have taken effect at any time after its call, or never; and it is left out if it had
/// no effect by its answer. That explains whatever was explained before, so what is refuted
/// all the same is refuted by the rest.
struct Reduction<'a, S: Object> {
    initial: &'a S,
    /// All operations of the part.
    spans: Vec<Span<'a, S>>,
    steps_left: u64,
    gave_up: bool,
}

/// Reduces the refutation of these operations, sorted by their calls.
pub(super) fn reduce<S: Object>(
    initial: &S,
    spans: &[Span<'_, S>],
    culprit: usize,
) -> Contradiction {
    let answer = spans.iter().find(|span| span.number == culprit).and_then(|span| span.answer);
    let end = answer.map_or(u64::MAX, |answer| answer.at);
    // Those that may come before the culprit, the latest first; then all others, on which
    // an answer can depend that came after the culprit's.
    let mut answered: Vec<(bool, Reverse<u64>, usize)> = spans
        .iter()
        .filter(|span| span.number != culprit)
        .filter_map(|span| Some((span.call > end, Reverse(span.answer?.at), span.number)))
        .collect();
    answered.sort_unstable();
    let numbers: Vec<usize> = answered.into_iter().map(|(_, _, number)| number).collect();
    let mut reduction =
        Reduction { initial, spans: spans.to_vec(), steps_left: STEPS_MAX, gave_up: false };
    let last = reduction.last_that_contradict(&numbers, culprit);
    let mut needed: BTreeSet<usize> = reduction.smallest(last, culprit).into_iter().collect();
    needed.insert(culprit);
    let in_order = spans.iter().map(|span| span.number).filter(|number| needed.contains(number));
    Contradiction { needed: in_order.collect(), is_smallest: !reduction.gave_up }
}

impl<S: Object> Reduction<'_, S> {
    /// As few of the last answers as contradict the culprit, in powers of four.
    fn last_that_contradict(&mut self, numbers: &[usize], culprit: usize) -> Vec<usize> {
        let mut many = BELIEVED_AT_FIRST;
        while many < numbers.len() {
            let last = numbers[..many].to_vec();
            if self.contradict(&last, culprit) {
                return last;
            }
            many *= 4;
        }
        numbers.to_vec()
    }

    /// Leaves answers out, many at once and then one by one, as long as the rest still
    /// contradicts.
    fn smallest(&mut self, mut believed: Vec<usize>, culprit: usize) -> Vec<usize> {
        let mut size = believed.len().div_ceil(2);
        while size > 0 {
            let mut at = 0;
            while at < believed.len() && self.steps_left > 0 {
                let mut fewer = believed.clone();
                fewer.drain(at..(at + size).min(believed.len()));
                if self.contradict(&fewer, culprit) {
                    believed = fewer;
                } else {
                    at += size;
                }
            }
            size = if size == 1 { 0 } else { size.div_ceil(2) };
        }
        self.gave_up |= self.steps_left == 0;
        believed
    }

    /// Whether these answers and the culprit's contradict each other.
    fn contradict(&mut self, believed: &[usize], culprit: usize) -> bool {
        let believed: BTreeSet<usize> = believed.iter().copied().chain([culprit]).collect();
        let is_believed = |span: &Span<'_, S>| believed.contains(&span.number);
        let spans = self.spans.iter().filter_map(|span| match span {
            span if is_believed(span) => Some(*span),
            span if span.is_pure() || S::is_pure(span.op, None) => None,
            span => Some(Span { answer: None, ..*span }),
        });
        let spans = relevant(spans.collect());
        let steps = STEPS_OF_ATTEMPT_MAX.min(self.steps_left);
        let mut engine =
            Engine::new(self.initial.clone(), &spans, Budget { steps, ..Budget::default() });
        let decision = engine.decide();
        // Making the list costs as well.
        let cost = engine.steps() + spans.len() as u64 + 1;
        self.steps_left = self.steps_left.saturating_sub(cost);
        self.gave_up |= matches!(decision, Decision::Exhausted(_));
        matches!(decision, Decision::Refuted { .. })
    }
}
