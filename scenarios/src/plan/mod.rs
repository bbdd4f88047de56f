//! Plans: everything that a run will attempt, decided before its first operation.

mod document;
mod schedule;

pub use document::{PLAN_SCHEMA, Plan, PlannedFault};
