//! What a search ends with.

use super::object::Object;

/// Whether an order of the operations explains every answer.
#[derive(Clone, Debug)]
pub enum Outcome<S> {
    /// One does.
    Linearizable,
    /// None does.
    Refuted(Box<Refutation<S>>),
    /// The budget was spent before it was known: one sentence each.
    Unknown(Vec<String>),
}

/// How far any order explains a history. Operations are meant by their place in the list
/// that was searched.
#[derive(Clone, Debug)]
pub struct Refutation<S> {
    /// The operation whose return no order passes: everything that returned before has its
    /// explanation, and with it nothing has.
    pub culprit: usize,
    /// An order that explains everything that returned before the culprit did, in its part.
    pub order: Vec<usize>,
    /// The state that it leaves.
    pub state: S,
}

/// Answers of a refuted history that contradict each other: what is worth showing of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contradiction {
    /// Answered operations, the culprit among them, that contradict each other even if
    /// every other operation may have taken effect at any time after its call, or never (and
    /// what changed nothing by its answer is left out).
    /// In the order of their calls; taking one away makes the contradiction disappear,
    /// unless `is_smallest` is false.
    pub needed: Vec<usize>,
    /// Whether the steps granted for it sufficed to make `needed` as small as possible.
    pub is_smallest: bool,
}

/// A search that is over.
#[derive(Clone, Debug)]
pub struct Searched<S> {
    /// What it ended with.
    pub outcome: Outcome<S>,
    /// Parts that were searched one by one.
    pub parts: usize,
    /// Steps taken: an operation was tried in a state.
    pub steps: u64,
    /// States that were remembered in the largest part.
    pub remembered: usize,
    /// The most memory that a part took beyond the history's own, in bytes.
    pub bytes: u64,
}

impl<S: Object> Searched<S> {
    /// Whether an order explains everything; nothing if the budget was spent.
    pub fn is_linearizable(&self) -> Option<bool> {
        match self.outcome {
            Outcome::Linearizable => Some(true),
            Outcome::Refuted(_) => Some(false),
            Outcome::Unknown(_) => None,
        }
    }
}
