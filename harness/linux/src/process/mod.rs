//! Processes that die with the program, and are paused, resumed and waited for by descriptor.
//!
//! ```text
//! Spawner ── thread that lives as long as the program ── fork/exec ──> Process (pidfd)
//! ```
//!
//! Signals and waits go through a pidfd, so they can never hit a stranger that got the pid.

mod exit;
mod handle;
mod launch;
mod spawner;
pub(crate) mod tasks;
mod usage;

pub use crate::signal::Signal;
pub use exit::Exit;
pub use handle::Process;
pub use launch::Launch;
pub use spawner::Spawner;
pub use tasks::processor_time;
pub use usage::{Usage, usage};
