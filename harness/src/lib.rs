//! Stormglass: chaos and correctness for etcd and every store that speaks its v3 API.
//!
//! This library holds everything that touches the world: releases, targets, clients,
//! the nemesis, the recorder and the run directory. `main.rs` parses, calls it, and
//! maps the result to an exit code.

pub mod cli;
pub mod client;
pub mod clock;
pub mod exit;
pub mod nemesis;
pub mod probe;
pub mod recorder;
pub mod releases;
pub mod run;
pub mod run_dir;
pub mod session;
pub mod target;
mod tool;
