//! Real time, as a chain of moments.
//!
//! A transaction precedes all that were sent after its end, which would make as many
//! edges as there are pairs. Instead every end is a moment; a transaction leads to the
//! moment at which it ended, each moment to the next, and the last moment before a
//! transaction was sent leads to it. That has the same paths, and three edges for each
//! transaction.

use super::graph::{Edge, Why};
use super::log::Log;

/// The edges of real time. Moments are numbered behind the transactions.
pub(super) fn moments(log: &Log, takes_part: &[bool]) -> Vec<Edge> {
    let moment = |number: u32| u32::try_from(log.len()).unwrap_or(u32::MAX) + number;
    let edge = |from, to| Edge { from, to, why: Why::RealTime };
    let mut edges = Vec::with_capacity(log.len() * 3);
    edges.extend((1..log.ended()).map(|number| edge(moment(number - 1), moment(number))));
    for (number, transaction) in log.iter() {
        if !takes_part[number as usize] || transaction.local {
            continue;
        }
        edges.extend(transaction.end.map(|end| edge(number, moment(end))));
        if transaction.after > 0 {
            edges.push(edge(moment(transaction.after - 1), number));
        }
    }
    edges
}
