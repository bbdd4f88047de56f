//! Locks: what is guarded by a lock's key is accepted from its holder alone.

mod checker;
mod fence;
mod holders;
mod keys;
mod report;

pub use checker::{ENTRY, checker};
