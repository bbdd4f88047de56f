//! What every task of a run shares: the history, the cluster, and how a member's life
//! is recorded. Both the run and the nemesis build on it, and it knows neither.

mod answer;
mod excuses;
mod life;
mod shared;
mod stop;
mod wait;

pub use answer::{await_answer, header, leader, status};
pub use excuses::Excuses;
pub use life::{Ended, record_end, record_ready, record_start, start_member};
pub use shared::Session;
pub use stop::Stop;
pub use wait::Wait;
