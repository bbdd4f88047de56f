//! What the search must know of an object beside its sequential specification.

use std::fmt::Debug;

use stateright::semantics::SequentialSpec;

use super::fingerprint::Fingerprint;

/// What an operation needs of the state so that it can be answered as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// Nothing: it is answered so in every state.
    Nothing,
    /// The state that operations with this mark leave, until another changes it.
    Mark(Fingerprint),
    /// More than can be said: any other operation may help it.
    Anything,
}

/// An object whose histories can be searched.
///
/// Of its [`SequentialSpec`] the search expects more than the trait promises:
/// `is_valid_step` leaves the object as it is when it refuses, and the state after a
/// step depends on the operation alone, not on which of several right answers was given.
pub trait Object:
    SequentialSpec<Op: Clone + Debug + PartialEq, Ret: Clone + Debug> + Clone + Debug
{
    /// Whether an operation that was answered so (`None`: nobody knows how) leaves every
    /// state as it is. Saying no is always right; saying yes saves a choice.
    fn is_pure(op: &Self::Op, ret: Option<&Self::Ret>) -> bool;

    /// Whether an operation may be answered so in this state.
    fn admits(&self, op: &Self::Op, ret: &Self::Ret) -> bool {
        self.clone().is_valid_step(op, ret)
    }

    /// The state in 128 bits. Equal states have the same one; different states are taken
    /// for equal with a probability of about n² · 2⁻¹²⁹ in a search of n steps.
    fn fingerprint(&self) -> Fingerprint;

    /// Memory that a copy of this state takes, in bytes.
    fn bytes(&self) -> usize {
        size_of::<Self>()
    }

    /// The part of the object that an operation concerns, if it is one alone. An object
    /// all of whose operations name their part is judged part by part: it is
    /// linearizable if and only if each part is (Herlihy and Wing, 1990).
    fn part(op: &Self::Op) -> Option<&[u8]> {
        let _ = op;
        None
    }

    /// The mark of an operation by what it leaves: see [`Need::Mark`]. Without one it may
    /// be needed by any other.
    fn mark(op: &Self::Op) -> Option<Fingerprint> {
        let _ = op;
        None
    }

    /// What an operation needs to be answered so (`None`: to have any effect).
    fn need(op: &Self::Op, ret: Option<&Self::Ret>) -> Need {
        let _ = (op, ret);
        Need::Anything
    }

    /// An operation in a few words: `write 3`.
    fn call_in_words(op: &Self::Op) -> String;

    /// Its answer in a few words: `ok`.
    fn answer_in_words(ret: &Self::Ret) -> String;

    /// The state, in the words that matter to an operation: `the value is 3`.
    fn state_in_words(&self, op: &Self::Op) -> String;
}
