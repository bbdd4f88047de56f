//! Every kind of workload.

use super::actor::Actor;
use super::{append, lock, mixed};
use crate::plan::Plan;

/// A kind of workload.
#[derive(Clone, Copy, Debug)]
pub struct WorkloadEntry {
    /// Its name in scenarios.
    pub kind: &'static str,
    /// What it does, in one line.
    pub summary: &'static str,
    /// Its requests, with the weights that a scenario may change.
    pub weights: &'static [WeightEntry],
    /// Its actors for a plan, clients first. Every key that they touch begins with
    /// `prefix`.
    pub actors: fn(plan: &Plan, prefix: &str) -> Vec<Actor>,
}

/// A request of a workload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WeightEntry {
    /// Its name in `[workload.weights]`.
    pub name: &'static str,
    /// How often it is drawn, relative to the others, where the scenario does not say.
    pub default: u32,
    /// What is sent.
    pub summary: &'static str,
}

/// Every kind of workload.
pub fn workloads() -> &'static [WorkloadEntry] {
    &WORKLOADS
}

/// The kind of this name.
pub fn workload(kind: &str) -> Option<&'static WorkloadEntry> {
    WORKLOADS.iter().find(|entry| entry.kind == kind)
}

static WORKLOADS: [WorkloadEntry; 3] = [
    WorkloadEntry {
        kind: "mixed",
        summary: "everything of the v3 API that ordinary clients use, on few hot keys",
        weights: &mixed::WEIGHTS,
        actors: mixed::actors,
    },
    WorkloadEntry {
        kind: "lock",
        summary: "locks with leases, and writes that are fenced by them",
        weights: &lock::WEIGHTS,
        actors: lock::actors,
    },
    WorkloadEntry {
        kind: "append",
        summary: "transactions that append to a few lists and read them, judged by their \
                  dependencies",
        weights: &append::WEIGHTS,
        actors: append::actors,
    },
];
