//! The shortest cycle of each component, the most telling kind first.

use super::component::components;
use super::graph::{Allowed, Edge, Graph, Why};
use super::log::Log;
use super::search::{Bounds, NONE, Search};

/// Steps that a search for short cycles may take in all; a component whose shortest
/// cycle is not found by then is proven by a longer one.
const STEPS_MAX: u64 = 20_000_000;

/// A cycle of transactions: each edge begins where the one before it ends.
#[derive(Clone, Debug)]
pub(super) struct Cycle {
    pub(super) edges: Vec<Edge>,
}

/// What is searched for, from the plainest dependencies to all: what is wrong without
/// real time is not reported once more with it.
const LEVELS: [Allowed; 9] = {
    let data = Allowed { write_read: false, read_write: false, process: false, real_time: false };
    let process = Allowed { process: true, ..data };
    let real_time = Allowed { process: true, real_time: true, ..data };
    [
        data,
        Allowed { write_read: true, ..data },
        Allowed { write_read: true, read_write: true, ..data },
        process,
        Allowed { write_read: true, ..process },
        Allowed { write_read: true, read_write: true, ..process },
        real_time,
        Allowed { write_read: true, ..real_time },
        Allowed { write_read: true, read_write: true, ..real_time },
    ]
};

/// A cycle of every component of the graph, each the shortest that the budget finds.
pub(super) fn cycles(graph: &Graph, log: &Log, steps: u64) -> Vec<Cycle> {
    let everything = LEVELS[LEVELS.len() - 1];
    let whole = components(graph, everything, 0..graph.nodes(), |_| true);
    let mut cycles = Vec::new();
    if whole.is_empty() {
        return cycles;
    }
    let mut suspects = vec![false; graph.nodes() as usize];
    whole.iter().flatten().for_each(|node| suspects[*node as usize] = true);
    let mut told = vec![false; graph.nodes() as usize];
    let mut hunt = Hunt { graph, log, search: Search::new(graph, steps.min(STEPS_MAX)) };
    for allowed in LEVELS {
        let nodes = whole.iter().flatten().copied();
        let mut found = components(graph, allowed, nodes, |node| suspects[node as usize]);
        found.retain(|component| !component.iter().any(|node| told[*node as usize]));
        hunt.search.divide(&found);
        for component in &found {
            cycles.extend(hunt.shortest(component, allowed));
            for node in component {
                told[*node as usize] = !graph.is_moment(*node);
            }
        }
        hunt.search.unite(&found);
    }
    cycles
}

struct Hunt<'a> {
    graph: &'a Graph,
    log: &'a Log,
    search: Search<'a>,
}

impl Hunt<'_> {
    /// The shortest cycle of a component: with one overwritten read, if there is such.
    fn shortest(&mut self, component: &[u32], allowed: Allowed) -> Option<Cycle> {
        if allowed.real_time
            && let Some(cycle) = self.against_time(component, allowed)
        {
            return Some(cycle);
        }
        if allowed.read_write
            && let Some(cycle) = self.single(component, allowed)
        {
            return Some(cycle);
        }
        self.any(component, allowed)
    }

    /// Two transactions in one order by their lists, and in the other by real time.
    fn against_time(&self, component: &[u32], allowed: Allowed) -> Option<Cycle> {
        self.edges_of(component, allowed).find_map(|(_, edge)| {
            let data = !matches!(edge.why, Why::Process | Why::RealTime);
            if !data || !self.log.get(edge.to).precedes(self.log.get(edge.from)) {
                return None;
            }
            let back = Edge { from: edge.to, to: edge.from, why: Why::RealTime };
            Some(Cycle { edges: vec![back, edge] })
        })
    }

    /// The shortest cycle with one overwritten read.
    fn single(&mut self, component: &[u32], allowed: Allowed) -> Option<Cycle> {
        let rest = Allowed { read_write: false, ..allowed };
        let mut best: Option<Vec<u32>> = None;
        for node in component.iter().filter(|node| !self.graph.is_moment(**node)) {
            for place in self.graph.from(*node) {
                let edge = self.graph.edge(place);
                let overwritten = matches!(edge.why, Why::ReadWrite(..));
                if !overwritten || !self.search.together(edge.from, edge.to) {
                    continue;
                }
                let longest = best.as_ref().map_or(NONE - 1, |best| self.length(best) - 2);
                let bounds = Bounds { allowed: rest, longest, budgeted: true };
                if let Some(mut path) = self.search.path(edge.to, edge.from, bounds) {
                    path.push(place);
                    best = Some(path);
                }
                let shortest = best.as_ref().is_some_and(|best| self.length(best) == 2);
                if shortest || self.search.steps == 0 {
                    return best.map(|best| self.cycle(&best));
                }
            }
        }
        best.map(|best| self.cycle(&best))
    }

    /// The shortest cycle of any kind. There is one around every node of a component;
    /// the first is looked for without a budget, so that none goes unproven.
    fn any(&mut self, component: &[u32], allowed: Allowed) -> Option<Cycle> {
        let mut best: Option<Vec<u32>> = None;
        for node in component.iter().filter(|node| !self.graph.is_moment(**node)) {
            let longest = best.as_ref().map_or(NONE - 1, |best| self.length(best) - 1);
            if longest < 2 || (best.is_some() && self.search.steps == 0) {
                break;
            }
            let bounds = Bounds { allowed, longest, budgeted: best.is_some() };
            best = self.search.path(*node, *node, bounds).or(best);
        }
        best.map(|best| self.cycle(&best))
    }

    fn edges_of<'b>(
        &'b self,
        component: &'b [u32],
        allowed: Allowed,
    ) -> impl Iterator<Item = (u32, Edge)> + 'b {
        let nodes = component.iter().filter(|node| !self.graph.is_moment(**node));
        let edges = nodes.flat_map(|node| self.graph.from(*node));
        edges.map(|place| (place, self.graph.edge(place))).filter(move |(_, edge)| {
            allowed.has(edge.why) && self.search.together(edge.from, edge.to)
        })
    }

    /// How many transactions a path of edges leads to.
    fn length(&self, places: &[u32]) -> u32 {
        let to = places.iter().filter(|place| !self.graph.is_moment(self.graph.edge(**place).to));
        u32::try_from(to.count()).unwrap_or(NONE - 1)
    }

    /// A closed path, with the moments between two transactions taken together.
    fn cycle(&self, places: &[u32]) -> Cycle {
        let mut edges: Vec<Edge> = Vec::new();
        let mut from = None;
        for place in places {
            let edge = self.graph.edge(*place);
            let began = *from.get_or_insert(edge.from);
            if !self.graph.is_moment(edge.to) {
                edges.push(Edge { from: began, to: edge.to, why: edge.why });
                from = None;
            }
        }
        Cycle { edges }
    }
}
