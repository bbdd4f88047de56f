//! At rest all members are equal.

mod checker;
mod content;
mod hashes;
mod tail;

pub use checker::{ANOMALIES, GUARANTEES, NAME, SUMMARY, checker};
