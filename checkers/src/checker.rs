//! What every checker is: a consumer of the stream of events with a verdict at the end.

use std::sync::Arc;

use crate::history::{Event, Preamble};
use crate::verdict::{Status, Verdict};

/// A checker of one guarantee (or a family of them). It sees every event once, in
/// order, while the run goes on or from a file, and knows no clock of its own.
pub trait Checker: Send {
    /// Its name, as in the registry.
    fn name(&self) -> &'static str;

    /// Takes the next event of the history. It is shared, so that a checker can keep it
    /// without a copy.
    fn observe(&mut self, event: &Arc<Event>);

    /// Whether a violation has been found already, or the check has become undecidable.
    fn so_far(&self) -> Status;

    /// The verdict, when the history is over. Operations still open have an unknown
    /// outcome.
    fn finish(self: Box<Self>) -> Verdict;
}

/// What a checker is told before the first event.
#[derive(Clone, Debug)]
pub struct CheckContext {
    /// Line 1 of the history.
    pub preamble: Preamble,
    /// Sometimes-properties that the scenario asks for, such as `operations >= 2000`.
    pub sometimes: Vec<String>,
    /// Bounds on the work that a checker may do.
    pub budget: Budget,
}

/// Bounds on a checker's work. Steps and bytes, never seconds: the verdict must not
/// depend on how fast the machine is.
#[derive(Clone, Copy, Debug)]
pub struct Budget {
    /// Steps of a search.
    pub steps: u64,
    /// Bytes of memory beyond the history's own.
    pub bytes: u64,
}

impl Default for Budget {
    fn default() -> Self {
        Self { steps: 50_000_000, bytes: 2 << 30 }
    }
}
