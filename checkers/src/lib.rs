//! Histories of a store that speaks etcd's v3 API, and checkers that judge them.
//!
//! This package is pure: it knows no clock, no network and no file's whereabouts.
//! Feed a [`history::HistoryReader`] or live events to the checkers of the
//! [`registry`], and take a [`verdict::Judgement`].

pub mod append;
pub mod availability;
pub mod checker;
pub mod confirm;
pub mod convergence;
pub mod coverage;
pub mod durability;
mod evidence;
pub mod findings;
pub mod history;
pub mod judge;
pub mod keys;
pub mod leases;
pub mod linearizability;
pub mod locks;
pub mod logs;
pub mod model;
pub mod mutation;
pub mod panel;
pub mod porcupine;
mod registers;
pub mod registry;
pub mod revisions;
pub mod search;
pub mod spec;
pub mod synthetic;
pub mod verdict;
pub mod watch;
pub mod witness;
pub mod wording;
