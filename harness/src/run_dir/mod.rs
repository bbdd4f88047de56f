//! The directory of one run: where everything is, and how its parts are written.

mod active;
mod folder;
mod history_file;
mod launch;
mod machine;
mod process;
mod run_process;

pub use active::{ActiveEntry, ActiveRun, NotedMember, RegisteredRun, UnreadableEntry};
pub use folder::{RunDir, RunDirError, latest};
pub use history_file::{HistoryFile, HistoryFileError, compress, open_history};
pub use launch::{ExternalLaunch, Launch, OtherRelease};
pub use machine::Machine;
pub use process::{Stray, end, look, start_time};
pub use run_process::{RunProcess, Standing};
