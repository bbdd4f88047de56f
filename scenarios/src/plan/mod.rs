//! Plans: everything that a run will attempt, decided before its first operation.

mod document;
mod flags;
mod schedule;
mod storm;

pub use document::{PLAN_SCHEMA, Plan, PlannedFault};
