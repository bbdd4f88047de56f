//! One run: cluster, traffic, nemesis, recovery, final reads.

mod actor;
mod caught_up;
mod conduct;
mod exits;
mod final_reads;
mod health;
mod interrupt;
mod judging;
mod log_scan;
mod pace;
mod prepare;
mod recorder_watch;
mod sampling;
mod traces;
mod watching;

pub use actor::act;
pub use conduct::{Conducted, START_LIMIT, conduct};
pub use health::{Healthy, await_healthy};
pub use interrupt::Interrupts;
pub use judging::{Judging, confirm, context};
pub use pace::Pace;
pub use recorder_watch::{Progress, keep};
