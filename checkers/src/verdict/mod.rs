//! What checkers say: verdicts, findings and their witnesses.

mod finding;
mod judgement;
mod status;
mod unattributed;

pub use finding::{Finding, Witness, WitnessStep};
pub use judgement::{Judgement, Property, Verdict};
pub use status::Status;
pub use unattributed::Unattributed;
