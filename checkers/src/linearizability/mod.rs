//! Linearizability of the whole key space, decided by revision in near-linear time.
//!
//! etcd's responses carry the store's revision, so the order of writes need not be
//! searched for: the writer of revision r stands at position 2r, what saw r and changed
//! nothing at 2r + 1. A history is linearizable if and only if every revision has
//! exactly one writer, a replay of the writers yields every recorded answer, and no
//! operation stands before another that had ended when it was sent. This is the case of
//! Gibbons and Korach (1997) in which the order of writes is known, lifted from
//! registers to an object that returns its write index. Writers whose outcome is in
//! doubt are recognised by their effects, which watches over every key show.

mod checker;
mod engine;
mod floor;
mod hindsight;
mod holes;
mod keeping;
mod kept;
mod lifetimes;
mod log;
mod operation;
mod order_report;
mod others;
mod passages;
mod past;
mod pending;
mod phantom_report;
mod real_time;
mod refusals;
mod replay;
mod report;
mod search;
mod seats;
mod suspects;
mod taint;
mod tally;
mod unexplained;
mod writing;

pub use checker::ENTRY;
pub use hindsight::attribute;
