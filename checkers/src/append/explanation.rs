//! A cycle in words: why each of its transactions comes before the next, and that this
//! cannot be.

use super::cycle::Cycle;
use super::graph::{Edge, Why};
use super::kind::kind;
use super::log::Log;
use super::wording::{asked, key, last, list, step};
use crate::evidence::{Findings, finding};

/// So many transactions of a cycle are in the sentence; all are in the witness.
const NAMED: usize = 3;

/// Adds a finding for a cycle.
pub(super) fn report(log: &Log, cycle: &Cycle, findings: &mut Findings) {
    let kind = kind(log, cycle);
    findings.add(kind.anomaly, || {
        let cycle = contradiction_last(cycle);
        let count = cycle.edges.len();
        let named = cycle.edges.iter().zip(1..).take(NAMED).map(|(edge, number)| {
            let transaction = log.get(edge.from);
            let member = transaction.place.member_name();
            let asked = asked(&log.versions, transaction);
            format!("T{number} on {member} = {asked}")
        });
        let mut named = named.collect::<Vec<_>>().join("; ");
        if count > NAMED {
            named = format!("{named}; and {} more", count - NAMED);
        }
        let mut arguments: Vec<String> =
            (0..count).map(|place| argument(log, &cycle.edges, place)).collect();
        let however = arguments.pop().unwrap_or_default();
        let about: Vec<u32> = cycle.edges.iter().filter_map(|edge| about(log, edge)).collect();
        let mut steps: Vec<_> = cycle
            .edges
            .iter()
            .zip(1..)
            .map(|(edge, number)| {
                let mut step = step(log, edge.from, &about);
                step.what = format!("T{number}: {}", step.what);
                step
            })
            .collect();
        if let Some(step) = steps.last_mut() {
            step.contradicts = true;
        }
        finding(
            (kind.anomaly, kind.guarantee),
            format!("{count} transactions {}: {named}", kind.meaning),
            format!("because {}", arguments.join("; and ")),
            format!("however {however}: a contradiction"),
            steps,
        )
    });
}

/// The same cycle, from where its last edge is the one that reads best as the
/// contradiction: an overwritten read, or else one that is not about time.
fn contradiction_last(cycle: &Cycle) -> Cycle {
    let rank = |edge: &Edge| match edge.why {
        Why::ReadWrite(..) => 0,
        Why::WriteRead(_) => 1,
        Why::WriteWrite(_) => 2,
        Why::Process | Why::RealTime => 3,
    };
    let places = (0..cycle.edges.len()).rev();
    let best = places.min_by_key(|place| rank(&cycle.edges[*place])).unwrap_or(0);
    let mut edges = cycle.edges.clone();
    edges.rotate_left((best + 1) % cycle.edges.len().max(1));
    Cycle { edges }
}

/// The list that an edge is about.
fn about(log: &Log, edge: &Edge) -> Option<u32> {
    match edge.why {
        Why::WriteWrite(version) | Why::WriteRead(version) | Why::ReadWrite(version, _) => {
            Some(log.versions.get(version).key)
        }
        Why::Process | Why::RealTime => None,
    }
}

/// `T1 < T2, because …`, for the edge at a place.
fn argument(log: &Log, edges: &[Edge], place: usize) -> String {
    let (one, two) = (place + 1, (place + 1) % edges.len() + 1);
    let (edge, versions) = (&edges[place], &log.versions);
    let why = match edge.why {
        Why::WriteWrite(version) => {
            let before = versions.get(version).parent;
            let (name, text) = (key(versions, version), last(versions, version));
            format!("T{two} appended {text} to {name} behind T{one}'s {}", last(versions, before))
        }
        Why::WriteRead(version) => {
            let (name, text) = (key(versions, version), last(versions, version));
            format!("T{two} was shown T{one}'s append of {text} to {name}")
        }
        Why::ReadWrite(shown, made) => {
            let (name, shown) = (key(versions, shown), list(versions, shown));
            let text = last(versions, made);
            format!("T{one} was shown {name} as {shown}, without T{two}'s append of {text}")
        }
        Why::Process => format!("one process did T{one}, then T{two}"),
        Why::RealTime => format!("T{one} had ended before T{two} was sent"),
    };
    format!("T{one} < T{two}, because {why}")
}
