//! The one recorder of a run.

mod sequencer;

pub use sequencer::{Recorder, RecorderError};
