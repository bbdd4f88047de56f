//! What the checkers' tests share: a naive reference store, a builder of histories on
//! top of it, and helpers that run checkers.
//!
//! `agreement` has it too, by its path.

pub mod cluster;
pub mod edit;
pub mod ground;
pub mod random;
pub mod requests;
pub mod run;
pub mod store;
pub mod witnesses;

pub use cluster::{Cluster, Op};
pub use edit::{
    answer, completion_of, edit, edit_last, end_at_once, exchange_answers, insert_after,
    invocation_of, remove, renumber, set_revision, with_response,
};
pub use random::{Dice, Legal, Requests};
pub use requests::*;
pub use run::{
    anomalies, assert_unknown, assert_valid, feed, judge, listing, told, unconfirmed, verdict,
};
pub use store::Store;
