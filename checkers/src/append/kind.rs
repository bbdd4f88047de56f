//! What a cycle is called, after Adya ("Weak consistency", 1999) and Elle.

use super::cycle::Cycle;
use super::graph::Why;
use super::log::Log;

/// A kind of cycle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Kind {
    /// Its name.
    pub(super) anomaly: &'static str,
    /// The guarantee that it breaks.
    pub(super) guarantee: &'static str,
    /// What it means, to follow "transactions".
    pub(super) meaning: &'static str,
}

const G0: &str = "wrote over each other, each partly before the other";
const G1C: &str = "each depend on what the other wrote";
const SINGLE: &str = "contradict each other: one was shown a state that was already replaced";
const G2: &str = "each were shown a state that another had already replaced";

/// What a cycle is called.
pub(super) fn kind(log: &Log, cycle: &Cycle) -> Kind {
    let count = |is: fn(&Why) -> bool| cycle.edges.iter().filter(|edge| is(&edge.why)).count();
    let real_time = count(|why| matches!(why, Why::RealTime)) > 0;
    let process = count(|why| matches!(why, Why::Process)) > 0;
    let overwritten = count(|why| matches!(why, Why::ReadWrite(..)));
    let read = count(|why| matches!(why, Why::WriteRead(_)));
    let local = cycle.edges.iter().any(|edge| log.get(edge.from).local);
    let (names, meaning, plain) = match (overwritten, read) {
        (0, 0) => (["G0", "G0-process", "G0-realtime"], G0, "K2"),
        (0, _) => (["G1c", "G1c-process", "G1c-realtime"], G1C, "K3"),
        (1, _) => (["G-single", "G-single-process", "G-single-realtime"], SINGLE, "K3"),
        _ => (["G2", "G2-process", "G2-realtime"], G2, "K3"),
    };
    let (anomaly, guarantee) = match (real_time, process, local) {
        (true, _, _) => (names[2], "K1"),
        (false, true, true) => (names[1], "K8"),
        (false, true, false) => (names[1], "K1"),
        (false, false, _) => (names[0], plain),
    };
    Kind { anomaly, guarantee, meaning }
}
