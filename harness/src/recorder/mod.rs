//! The one recorder of a run.

mod moments;
mod sequencer;

pub use moments::Moments;
pub use sequencer::{Recorder, RecorderError};
