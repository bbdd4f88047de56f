//! The simulated store, judged by every checker.

mod bugs;
mod page;
mod replay;
mod silent;
mod support;
mod workloads;
