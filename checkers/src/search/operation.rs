//! An operation as the search sees it: a span of time, a call, perhaps an answer.

use super::object::{Need, Object};
use crate::history::ProcessId;

/// An operation of a history.
///
/// Positions are places in the history, such as event numbers or lines. Spans are closed:
/// operations that share a position overlap.
#[derive(Clone, Debug)]
pub struct Operation<S: Object> {
    /// Whose it is.
    pub process: ProcessId,
    /// Position of the call.
    pub call: u64,
    /// What was asked.
    pub op: S::Op,
    /// The answer; without one it took effect at some time after the call, or never.
    pub answer: Option<Answer<S>>,
}

/// The end of an operation.
#[derive(Clone, Debug)]
pub struct Answer<S: Object> {
    /// Position of the return.
    pub at: u64,
    /// What came back.
    pub ret: S::Ret,
}

/// An operation, or as much of it as a search is to believe.
#[derive(Debug)]
pub(super) struct Span<'a, S: Object> {
    /// Its number in the caller's list.
    pub(super) number: usize,
    /// Position of the call.
    pub(super) call: u64,
    /// What was asked.
    pub(super) op: &'a S::Op,
    /// The answer, if it is believed.
    pub(super) answer: Option<&'a Answer<S>>,
}

#[expect(clippy::expl_impl_clone_on_copy, reason = "deriving would ask for S: Copy")]
impl<S: Object> Clone for Span<'_, S> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<S: Object> Copy for Span<'_, S> {}

impl<'a, S: Object> Span<'a, S> {
    /// Of an operation of a history.
    pub(super) fn of(number: usize, operation: &'a Operation<S>) -> Self {
        let Operation { call, op, answer, .. } = operation;
        Self { number, call: *call, op, answer: answer.as_ref() }
    }

    /// Whether it leaves every state as it is.
    pub(super) fn is_pure(self) -> bool {
        S::is_pure(self.op, self.answer.map(|answer| &answer.ret))
    }

    /// What it needs to be answered so.
    pub(super) fn need(self) -> Need {
        S::need(self.op, self.answer.map(|answer| &answer.ret))
    }
}
