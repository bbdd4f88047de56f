//! The one recorder of a run.

mod granted;
mod moments;
mod sequencer;
mod tally;

pub use granted::Granted;
pub use moments::Moments;
pub use sequencer::{Recorder, RecorderError};
pub use tally::{FaultNow, MemberNow, SoFar, Tally};
