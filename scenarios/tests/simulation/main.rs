//! The simulated store, judged by every checker.

mod explore;
mod support;
