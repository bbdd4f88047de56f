//! One run: cluster, traffic, nemesis, recovery, final reads.

mod actor;
mod conduct;
mod exits;
mod final_reads;
mod health;
mod interrupt;
mod judging;
mod log_scan;
mod pace;
mod prepare;
mod sampling;
mod session;
mod stop;
mod watching;

pub use actor::act;
pub use conduct::{Conducted, START_LIMIT, conduct};
pub use health::{Healthy, await_healthy};
pub use interrupt::Interrupts;
pub use judging::{Judging, context};
pub use pace::Pace;
pub use session::Session;
pub use stop::Stop;
