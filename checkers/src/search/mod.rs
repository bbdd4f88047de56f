//! Searches for an order of operations that explains every answer: for histories whose
//! answers carry no revisions that could be trusted.
//!
//! The algorithm is Wing and Gong's with Lowe's memory of what has been tried, as in
//! Porcupine, over any sequential specification ([`Object`]). Source for its parts:
//! Wing and Gong, "Testing and verifying concurrent objects" (1993); Lowe, "Testing for
//! linearizability" (2017). What is ours is said where it is done: fingerprints instead
//! of sets, reads that are placed without a choice, twins, and operations of unknown
//! outcome that must be noticed.

mod check;
mod engine;
mod explanation;
mod fingerprint;
mod frontier;
mod memo;
mod object;
mod operation;
mod outcome;
mod reduction;
mod relevance;
mod stack;
mod timeline;

pub use check::{check, contradiction};
pub use explanation::finding;
pub use fingerprint::{Fingerprint, Fingerprinter};
pub use object::{Need, Object};
pub use operation::{Answer, Operation};
pub use outcome::{Contradiction, Outcome, Refutation, Searched};
