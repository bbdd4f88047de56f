//! Cycles: each transaction of the witness comes before the next, the last before the
//! first.

use super::appends::{OPERATIONS, transactions};
use super::lists::{Append, Fate, Lists, Transaction};
use super::sessions::ends_between;
use crate::history::Bytes;
use crate::witness::case::Case;
use crate::witness::proof::{Proof, demand};
use crate::witness::rule::{Needs, Rule};

pub(super) const RULES: &[Rule] = &[
    Rule::new("G0", NEEDS, cycle),
    Rule::new("G1c", NEEDS, cycle),
    Rule::new("G-single", NEEDS, cycle),
    Rule::new("G2", NEEDS, cycle),
    Rule::new("G0-process", NEEDS, cycle),
    Rule::new("G1c-process", NEEDS, cycle),
    Rule::new("G-single-process", NEEDS, cycle),
    Rule::new("G2-process", NEEDS, cycle),
    Rule::new("G0-realtime", NEEDS, cycle),
    Rule::new("G1c-realtime", NEEDS, cycle),
    Rule::new("G-single-realtime", NEEDS, cycle),
    Rule::new("G2-realtime", NEEDS, cycle),
];

const NEEDS: Needs = Needs { surroundings: true, ..OPERATIONS };

/// So many steps of the search for the order of the cycle.
const STEPS: u32 = 200_000;

/// Why one transaction comes before another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Why {
    WriteWrite,
    WriteRead,
    ReadWrite,
    Process,
    RealTime,
}

/// How often each reason is used.
#[derive(Clone, Copy, Debug, Default)]
struct Count {
    write_read: u32,
    read_write: u32,
    process: u32,
    real_time: u32,
}

impl Count {
    fn with(mut self, why: Why) -> Self {
        match why {
            Why::WriteWrite => {}
            Why::WriteRead => self.write_read += 1,
            Why::ReadWrite => self.read_write += 1,
            Why::Process => self.process += 1,
            Why::RealTime => self.real_time += 1,
        }
        self
    }

    /// Whether a cycle of these reasons has a name.
    fn is(self, anomaly: &str) -> bool {
        let (kind, time) = match anomaly {
            name if name.ends_with("-process") => (name.trim_end_matches("-process"), 1),
            name if name.ends_with("-realtime") => (name.trim_end_matches("-realtime"), 2),
            name => (name, 0),
        };
        let in_time = match time {
            0 => self.process == 0 && self.real_time == 0,
            1 => self.process > 0 && self.real_time == 0,
            _ => self.real_time > 0,
        };
        in_time
            && match kind {
                "G0" => self.read_write == 0 && self.write_read == 0,
                "G1c" => self.read_write == 0 && self.write_read > 0,
                "G-single" => self.read_write == 1,
                _ => self.read_write > 1,
            }
    }
}

fn cycle(case: &Case<'_>) -> Proof {
    let lists = Lists::of(case);
    let steps = transactions(case, &lists)?;
    demand(steps.len() > 1, "has one transaction alone")?;
    let edges: Vec<Vec<Vec<Why>>> = steps
        .iter()
        .map(|from| steps.iter().map(|to| reasons(case, &lists, from, to)).collect())
        .collect();
    let mut search = Search { edges: &edges, anomaly: case.anomaly, left: STEPS };
    let mut visited = vec![false; steps.len()];
    visited[0] = true;
    let found = search.closes(0, &mut visited, Count::default());
    demand(found, "has transactions that make no such cycle")
}

struct Search<'a> {
    edges: &'a [Vec<Vec<Why>>],
    anomaly: &'a str,
    left: u32,
}

impl Search<'_> {
    /// Whether the rest of the transactions leads back to the first.
    fn closes(&mut self, at: usize, visited: &mut Vec<bool>, count: Count) -> bool {
        if self.left == 0 {
            return false;
        }
        self.left -= 1;
        if visited.iter().all(|visited| *visited) {
            return self.edges[at][0].iter().any(|why| count.with(*why).is(self.anomaly));
        }
        for next in 0..visited.len() {
            if visited[next] {
                continue;
            }
            visited[next] = true;
            for why in &self.edges[at][next] {
                if self.closes(next, visited, count.with(*why)) {
                    return true;
                }
            }
            visited[next] = false;
        }
        false
    }
}

/// Every reason for one transaction to come before another.
fn reasons(
    case: &Case<'_>,
    lists: &Lists<'_>,
    from: &Transaction<'_>,
    to: &Transaction<'_>,
) -> Vec<Why> {
    let mut found = Vec::new();
    if from.operation.invocation == to.operation.invocation {
        return found;
    }
    let (first, second) = (lists.applied(from), lists.applied(to));
    if first && second && overwrites(lists, from, to) {
        found.push(Why::WriteWrite);
    }
    if first && from.appends.iter().any(|append| is_shown(to, append)) {
        found.push(Why::WriteRead);
    }
    if second && to.appends.iter().any(|append| is_not_shown(from, append)) {
        found.push(Why::ReadWrite);
    }
    let (one, other) = (from.operation, to.operation);
    let answered = |one: &Transaction<'_>| matches!(one.fate, Fate::Applied | Fate::Rejected);
    if answered(from) && answered(to) && one.precedes(other) {
        if one.process.is_some() && one.process == other.process {
            let same_life = one.member == other.member
                && other
                    .member
                    .is_some_and(|member| !ends_between(case, member, one.ended(), other.ended()));
            if !other.local() || same_life {
                found.push(Why::Process);
            }
        }
        if !one.local() && !other.local() {
            found.push(Why::RealTime);
        }
    }
    found
}

/// Whether a reader was shown something of what is appended.
fn is_shown(reader: &Transaction<'_>, append: &Append) -> bool {
    let mut reads = reader.reads.iter().filter(|(list, _)| *list == append.list);
    reads.any(|(_, all)| append.elements.iter().any(|one| all.contains(one)))
}

/// Whether a reader was not shown all that is appended.
fn is_not_shown(reader: &Transaction<'_>, append: &Append) -> bool {
    let mut reads = reader.reads.iter().filter(|(list, _)| *list == append.list);
    reads.any(|(_, all)| append.elements.iter().any(|one| !all.contains(one)))
}

/// Whether one transaction appended to a list before another one did: the second extends
/// it, or somebody was shown both in this order, or the first alone.
fn overwrites(lists: &Lists<'_>, from: &Transaction<'_>, to: &Transaction<'_>) -> bool {
    from.appends.iter().any(|first| {
        let mut others = to.appends.iter().filter(|second| second.list == first.list);
        others.any(|second| {
            first.elements.iter().any(|one| {
                second.elements.iter().any(|other| is_before(lists, (first, one), (second, other)))
            })
        })
    })
}

/// Whether an element certainly stands before another one of its list.
fn is_before(
    lists: &Lists<'_>,
    (first, one): (&Append, &Bytes),
    (second, other): (&Append, &Bytes),
) -> bool {
    let extends = second.base.as_ref().is_some_and(|base| base.contains(one));
    extends || lists.transactions.iter().any(|reader| shows_order(reader, first, one, other))
}

fn shows_order(reader: &Transaction<'_>, list: &Append, one: &Bytes, other: &Bytes) -> bool {
    let mut reads = reader.reads.iter().filter(|(name, _)| *name == list.list);
    reads.any(|(_, all)| {
        let place = |element: &Bytes| all.iter().position(|shown| shown == element);
        match (place(one), place(other)) {
            (Some(_), None) => true,
            (Some(before), Some(after)) => before < after,
            (None, _) => false,
        }
    })
}
