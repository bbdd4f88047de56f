//! The classes, by what of the store they break.

mod ending;
mod leases;
mod logs;
mod numbers;
mod other_workloads;
mod reads;
mod refusals;
mod transactions;
mod watch_bounds;
mod watch_content;
mod watch_order;
mod writes;
mod wrong_answers;

pub(super) use ending::ENDING;
pub(super) use leases::LEASES;
pub(super) use logs::LOGS;
pub(super) use numbers::NUMBERS;
pub(super) use other_workloads::OTHER_WORKLOADS;
pub(super) use reads::READS;
pub(super) use refusals::REFUSALS;
pub(super) use transactions::TRANSACTIONS;
pub(super) use watch_bounds::WATCH_BOUNDS;
pub(super) use watch_content::WATCH_CONTENT;
pub(super) use watch_order::WATCH_ORDER;
pub(super) use writes::WRITES;
pub(super) use wrong_answers::WRONG_ANSWERS;
