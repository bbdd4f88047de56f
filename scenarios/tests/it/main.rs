//! All tests of scenarios, plans and workloads, in one program, but for those of whole
//! runs: each program of tests takes seconds to link.

pub mod support;

mod append;
mod catalogue;
mod docs;
mod kubernetes;
mod lock;
mod mixed;
mod parse;
mod plan;
mod settings;
mod small;
mod storm;
mod suites;
mod watchers;
