//! Scenario files, the vocabulary of faults, seeded workload generators, and plans.
//!
//! This package is pure: it knows no clock, no network, no files and no executor. A
//! [`scenario::Scenario`] and a seed make a [`plan::Plan`], which names everything that
//! a run will attempt; a workload turns the plan into [`workload::Actor`]s, which the
//! harness asks for one [`workload::Step`] after the other.

pub mod fault;
pub mod plan;
pub mod random;
pub mod scenario;
pub mod simulation;
pub mod suite;
pub mod trigger;
pub mod workload;
