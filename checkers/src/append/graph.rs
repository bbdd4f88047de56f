//! Which transaction must come before which, and why.

use super::effect::Effects;
use super::log::Log;
use super::order;
use super::version::{TransactionId, VersionId};

/// Why one transaction comes before another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Why {
    /// The second appended right behind the first: this version.
    WriteWrite(VersionId),
    /// The second was shown what the first had appended: this version.
    WriteRead(VersionId),
    /// The first was shown this version, the second appended to it: first, then second.
    ReadWrite(VersionId, VersionId),
    /// One process did the first, then the second.
    Process,
    /// The first had ended before the second was sent.
    RealTime,
}

/// What a search may use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Allowed {
    /// Dependencies of reads on writes.
    pub(super) write_read: bool,
    /// Reads that were overwritten.
    pub(super) read_write: bool,
    /// The order of each process.
    pub(super) process: bool,
    /// Real time.
    pub(super) real_time: bool,
}

impl Allowed {
    /// Whether an edge may be used.
    pub(super) fn has(self, why: Why) -> bool {
        match why {
            Why::WriteWrite(_) => true,
            Why::WriteRead(_) => self.write_read,
            Why::ReadWrite(..) => self.read_write,
            Why::Process => self.process,
            Why::RealTime => self.real_time,
        }
    }
}

/// One transaction (or moment) before another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Edge {
    pub(super) from: u32,
    pub(super) to: u32,
    pub(super) why: Why,
}

/// All edges, by where they begin. Nodes from `transactions` on are moments.
pub(super) struct Graph {
    /// How many transactions there are.
    pub(super) transactions: u32,
    begins: Vec<u32>,
    edges: Vec<Edge>,
}

impl Graph {
    /// Of a whole history.
    pub(super) fn of(log: &Log, effects: &Effects) -> Self {
        let takes_part: Vec<bool> = log
            .iter()
            .map(|(number, transaction)| transaction.answered() || effects.applied[number as usize])
            .collect();
        let mut edges = dependencies(log, effects);
        let sessions = log.sessions.iter();
        edges.extend(sessions.map(|(from, to)| Edge { from: *from, to: *to, why: Why::Process }));
        edges.extend(order::moments(log, &takes_part));
        let transactions = u32::try_from(log.len()).unwrap_or(u32::MAX);
        Self::new(transactions, transactions + log.ended(), &edges)
    }

    /// Sorts edges by where they begin, in linear time.
    pub(super) fn new(transactions: u32, nodes: u32, edges: &[Edge]) -> Self {
        let mut begins = vec![0; nodes as usize + 1];
        for edge in edges {
            begins[edge.from as usize + 1] += 1;
        }
        for at in 1..begins.len() {
            begins[at] += begins[at - 1];
        }
        let mut free = begins.clone();
        let nothing = Edge { from: 0, to: 0, why: Why::RealTime };
        let mut sorted = vec![nothing; edges.len()];
        for edge in edges {
            let place = &mut free[edge.from as usize];
            sorted[*place as usize] = *edge;
            *place += 1;
        }
        Self { transactions, begins, edges: sorted }
    }

    /// How many dependencies through lists there are.
    pub(super) fn dependencies(&self) -> u64 {
        let data = |edge: &&Edge| !matches!(edge.why, Why::Process | Why::RealTime);
        self.edges.iter().filter(data).count() as u64
    }

    /// How many nodes there are, moments included.
    pub(super) fn nodes(&self) -> u32 {
        u32::try_from(self.begins.len() - 1).unwrap_or(u32::MAX)
    }

    /// Whether a node is a moment.
    pub(super) fn is_moment(&self, node: u32) -> bool {
        node >= self.transactions
    }

    /// The places of a node's edges.
    pub(super) fn from(&self, node: u32) -> std::ops::Range<u32> {
        self.begins[node as usize]..self.begins[node as usize + 1]
    }

    /// The edge at a place.
    pub(super) fn edge(&self, place: u32) -> Edge {
        self.edges[place as usize]
    }
}

/// Dependencies through lists.
///
/// A transaction that appends does so on one version alone: its guard says which. So an
/// append follows whoever wrote that version, and comes after everybody who was shown
/// it; nobody has to have read the list later for this to be known.
fn dependencies(log: &Log, effects: &Effects) -> Vec<Edge> {
    let readers = Readers::of(log);
    let applied = |writer: &TransactionId| effects.applied[*writer as usize];
    let mut edges = Vec::new();
    let mut add = |from, to, why| {
        if from != to {
            edges.push(Edge { from, to, why });
        }
    };
    for (number, version) in log.versions.iter() {
        let writer = version.writer.filter(applied);
        if let Some(writer) = writer {
            for reader in readers.of_version(number) {
                add(writer, *reader, Why::WriteRead(number));
            }
        }
        let (Some(writer), Some(_)) = (writer, version.element) else { continue };
        let before = log.versions.get(version.parent).writer;
        if let Some(before) = before.filter(applied) {
            add(before, writer, Why::WriteWrite(number));
        }
        if before != Some(writer) {
            for reader in readers.of_version(version.parent) {
                add(*reader, writer, Why::ReadWrite(version.parent, number));
            }
        }
    }
    edges
}

/// Who was shown which version.
struct Readers {
    begins: Vec<u32>,
    readers: Vec<TransactionId>,
}

impl Readers {
    fn of(log: &Log) -> Self {
        let mut begins = vec![0; log.versions.len() + 1];
        for (_, transaction) in log.iter() {
            transaction.reads.iter().for_each(|read| begins[*read as usize + 1] += 1);
        }
        for at in 1..begins.len() {
            begins[at] += begins[at - 1];
        }
        let mut free: Vec<u32> = begins.clone();
        let total = begins.last().copied().unwrap_or(0);
        let mut readers = vec![0; total as usize];
        for (number, transaction) in log.iter() {
            for read in &transaction.reads {
                let place = &mut free[*read as usize];
                readers[*place as usize] = number;
                *place += 1;
            }
        }
        Self { begins, readers }
    }

    fn of_version(&self, version: VersionId) -> &[TransactionId] {
        let at = version as usize;
        &self.readers[self.begins[at] as usize..self.begins[at + 1] as usize]
    }
}
