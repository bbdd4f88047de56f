//! The one recorder of a run.

mod granted;
mod moments;
mod sequencer;

pub use granted::Granted;
pub use moments::Moments;
pub use sequencer::{Recorder, RecorderError};
