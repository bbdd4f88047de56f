//! The one recorder of a run, and the watches that it keeps on every member.

mod sequencer;
mod watches;

pub use sequencer::{Recorder, RecorderError};
pub use watches::{Progress, keep};
