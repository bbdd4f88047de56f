//! The simulated store: a cluster of the sequential model under a virtual, seeded
//! scheduler, with bugs that can be switched on. It needs no etcd, and the same plan
//! always makes the same history.

mod actors;
mod agenda;
mod applying;
mod bug;
mod clients;
mod conduct;
mod consensus;
mod entry;
mod leases;
mod levers;
mod member;
mod mischief;
mod nemesis;
mod operation;
mod outcome;
mod recorder;
mod run;
mod server;
mod stamp;
mod store;
mod tampering;
mod watch;
mod watching;
mod world;

pub use bug::{Bug, BugEntry, bug, bugs};
pub use nemesis::simulates;
pub use run::{Simulated, Simulation};
