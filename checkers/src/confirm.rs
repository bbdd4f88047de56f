//! What is done with findings when the whole history can be read again: those whose
//! writer was forgotten get his name, and all are held against the history.

use std::fmt::Display;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::history::{Event, Preamble};
use crate::linearizability::attribute;
use crate::verdict::Judgement;
use crate::witness::validate;

/// Completes the findings of a judgement, and takes out those that the history does not
/// prove. Where there are no findings, the history is not read.
pub fn confirm<E: Display, I: IntoIterator<Item = Result<Event, E>>>(
    preamble: &Preamble,
    judgement: &mut Judgement,
    history: impl Fn() -> Result<I, E>,
) {
    // What hinders this hinders the validator too, or leaves a name that it refuses: in
    // both cases it says so.
    let _ = catch_unwind(AssertUnwindSafe(|| attribute(judgement, &history)));
    validate(preamble, judgement, &history);
}
