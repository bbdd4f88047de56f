//! Every kind of workload.

use super::actor::Actor;
use super::{append, kubernetes, lock, mixed, register, set};
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
    /// The checkers that it is made for; the others judge it as well.
    pub checks: &'static [&'static str],
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

static WORKLOADS: [WorkloadEntry; 6] = [
    WorkloadEntry {
        kind: "mixed",
        summary: "everything of the v3 API that ordinary clients use, on few hot keys",
        weights: &mixed::WEIGHTS,
        checks: &["durability", "linearizability", "convergence", "revisions", "watch", "leases"],
        actors: mixed::actors,
    },
    WorkloadEntry {
        kind: "lock",
        summary: "locks with leases, and writes that are fenced by them",
        weights: &lock::WEIGHTS,
        checks: &["locks", "leases", "linearizability"],
        actors: lock::actors,
    },
    WorkloadEntry {
        kind: "append",
        summary: "transactions that append to a few lists and read them, judged by their \
                  dependencies",
        weights: &append::WEIGHTS,
        checks: &["append", "linearizability"],
        actors: append::actors,
    },
    WorkloadEntry {
        kind: "kubernetes",
        summary: "what an API server asks: guarded writes, lists page by page, list-then-watch, \
                  leases on events, the compaction loop",
        weights: &kubernetes::WEIGHTS,
        checks: &["durability", "linearizability", "watch", "revisions", "leases"],
        actors: kubernetes::actors,
    },
    WorkloadEntry {
        kind: "register",
        summary: "reads, writes and compare-and-swaps of single keys, and nothing else",
        weights: &register::WEIGHTS,
        checks: &["linearizability", "durability"],
        actors: register::actors,
    },
    WorkloadEntry {
        kind: "set",
        summary: "elements that are added once and never taken out, and reads of whole sets",
        weights: &set::WEIGHTS,
        checks: &["durability", "linearizability", "convergence"],
        actors: set::actors,
    },
];
