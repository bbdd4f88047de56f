//! Revisions: they never go back, leave nothing out, and every pair's numbers add up.

mod checker;
mod cluster_id;
mod density;
mod observations;
mod order;

pub use checker::{ENTRY, checker};
