//! Short ways through the graph, within one component.

use std::collections::VecDeque;

use super::graph::{Allowed, Graph, Why};

/// No edge, no component, no bound.
pub(super) const NONE: u32 = u32::MAX;

/// A search for short paths. Its memory is taken once; a new search only counts up.
pub(super) struct Search<'a> {
    graph: &'a Graph,
    /// By node: the component that it belongs to at the moment.
    component: Vec<u32>,
    round: u32,
    seen: Vec<u32>,
    distance: Vec<u32>,
    /// The edge by which the search came to a node.
    came_by: Vec<u32>,
    came_from: Vec<u32>,
    /// Edges that may still be looked at.
    pub(super) steps: u64,
}

/// What a path may use, and how long it may be.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    /// The edges.
    pub(super) allowed: Allowed,
    /// At most so many transactions further.
    pub(super) longest: u32,
    /// Whether the search must end when its steps are used up.
    pub(super) budgeted: bool,
}

impl<'a> Search<'a> {
    pub(super) fn new(graph: &'a Graph, steps: u64) -> Self {
        let nodes = graph.nodes() as usize;
        Self {
            graph,
            component: vec![NONE; nodes],
            round: 0,
            seen: vec![0; nodes],
            distance: vec![0; nodes],
            came_by: vec![NONE; nodes],
            came_from: vec![NONE; nodes],
            steps,
        }
    }

    /// Says which nodes belong together, and searches stay within.
    pub(super) fn divide(&mut self, components: &[Vec<u32>]) {
        for (number, component) in (0..).zip(components) {
            for node in component {
                self.component[*node as usize] = number;
            }
        }
    }

    /// Forgets what [`Self::divide`] said.
    pub(super) fn unite(&mut self, components: &[Vec<u32>]) {
        components.iter().flatten().for_each(|node| self.component[*node as usize] = NONE);
    }

    /// Whether two nodes belong together.
    pub(super) fn together(&self, one: u32, other: u32) -> bool {
        let component = self.component[one as usize];
        component != NONE && component == self.component[other as usize]
    }

    /// The edges of a shortest path between two nodes, or around a node where both are
    /// the same. Steps of real time count as one, however many moments they pass.
    pub(super) fn path(&mut self, from: u32, to: u32, bounds: Bounds) -> Option<Vec<u32>> {
        self.round += 1;
        let mut queue = VecDeque::from([(from, 0)]);
        while let Some((node, distance)) = queue.pop_front() {
            // A shorter way to it was found after this one was noted.
            let again = self.seen[node as usize] == self.round;
            if again && node != from && distance > self.distance[node as usize] {
                continue;
            }
            for place in self.graph.from(node) {
                self.steps = self.steps.saturating_sub(1);
                let edge = self.graph.edge(place);
                if !bounds.allowed.has(edge.why) || !self.together(from, edge.to) {
                    continue;
                }
                let free = edge.why == Why::RealTime && self.graph.is_moment(node);
                let further = if free { distance } else { distance + 1 };
                let known = self.seen[edge.to as usize] == self.round
                    && self.distance[edge.to as usize] <= further;
                if further > bounds.longest || known {
                    continue;
                }
                self.seen[edge.to as usize] = self.round;
                self.distance[edge.to as usize] = further;
                self.came_by[edge.to as usize] = place;
                self.came_from[edge.to as usize] = node;
                if free {
                    queue.push_front((edge.to, further));
                } else {
                    queue.push_back((edge.to, further));
                }
            }
            if bounds.budgeted && self.steps == 0 {
                return None;
            }
            let nearest = queue.front().map_or(NONE, |(_, distance)| *distance);
            if self.seen[to as usize] == self.round && self.distance[to as usize] <= nearest {
                return Some(self.back(from, to));
            }
        }
        None
    }

    fn back(&self, from: u32, to: u32) -> Vec<u32> {
        let mut places = Vec::new();
        let mut node = to;
        loop {
            places.push(self.came_by[node as usize]);
            node = self.came_from[node as usize];
            if node == from {
                break;
            }
        }
        places.reverse();
        places
    }
}
