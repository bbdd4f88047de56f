//! What can be read off a history: the ground in which faults are planted.
//!
//! Deliberately simple, and it shares nothing with the checkers but the history's types:
//! a mistake that both made would hide itself.

mod changes;
mod lives;
mod operations;
mod ranges;
mod survey;
mod watches;

pub(super) use changes::Shown;
pub(super) use operations::Operation;
pub(super) use ranges::{contains, is_plain};
pub use survey::Ground;
pub(super) use watches::{Watch, span};
