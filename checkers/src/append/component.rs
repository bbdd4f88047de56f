//! Strongly connected components: where cycles are.

use super::graph::{Allowed, Graph};

/// A node that the search has not come to.
const NEW: u32 = u32::MAX;

/// The components of more than one node, over the edges that are allowed, and within
/// the nodes that `inside` holds. Tarjan's algorithm ("Depth-first search and linear
/// graph algorithms", 1972) with a stack of its own: linear, and no recursion.
pub(super) fn components(
    graph: &Graph,
    allowed: Allowed,
    nodes: impl IntoIterator<Item = u32>,
    inside: impl Fn(u32) -> bool,
) -> Vec<Vec<u32>> {
    let count = graph.nodes() as usize;
    let mut search = Search {
        order: vec![NEW; count],
        low: vec![0; count],
        waiting: vec![false; count],
        stack: Vec::new(),
        found: Vec::new(),
        next: 0,
    };
    for node in nodes {
        if search.order[node as usize] == NEW {
            search.from(graph, allowed, node, &inside);
        }
    }
    search.found
}

struct Search {
    order: Vec<u32>,
    low: Vec<u32>,
    waiting: Vec<bool>,
    stack: Vec<u32>,
    found: Vec<Vec<u32>>,
    next: u32,
}

impl Search {
    fn from(&mut self, graph: &Graph, allowed: Allowed, root: u32, inside: &impl Fn(u32) -> bool) {
        let mut path = vec![(root, graph.from(root))];
        self.enter(root);
        while let Some((node, places)) = path.last_mut() {
            let node = *node;
            let Some(place) = places.next() else {
                path.pop();
                self.leave(node);
                if let Some((before, _)) = path.last() {
                    let low = self.low[node as usize].min(self.low[*before as usize]);
                    self.low[*before as usize] = low;
                }
                continue;
            };
            let edge = graph.edge(place);
            if !allowed.has(edge.why) || !inside(edge.to) {
                continue;
            }
            if self.order[edge.to as usize] == NEW {
                self.enter(edge.to);
                path.push((edge.to, graph.from(edge.to)));
            } else if self.waiting[edge.to as usize] {
                let low = self.low[node as usize].min(self.order[edge.to as usize]);
                self.low[node as usize] = low;
            }
        }
    }

    fn enter(&mut self, node: u32) {
        (self.order[node as usize], self.low[node as usize]) = (self.next, self.next);
        self.next += 1;
        self.waiting[node as usize] = true;
        self.stack.push(node);
    }

    /// A node is done; it may be the first of a component, which is then on the stack.
    fn leave(&mut self, node: u32) {
        if self.low[node as usize] != self.order[node as usize] {
            return;
        }
        let from = self.stack.iter().rposition(|other| *other == node).unwrap_or(0);
        let mut component = self.stack.split_off(from);
        for node in &component {
            self.waiting[*node as usize] = false;
        }
        if component.len() > 1 {
            component.sort_unstable();
            self.found.push(component);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::graph::{Edge, Why};
    use super::*;

    fn graph(nodes: u32, pairs: &[(u32, u32)]) -> Graph {
        let edge = |(from, to): &(u32, u32)| Edge { from: *from, to: *to, why: Why::WriteWrite(0) };
        let edges: Vec<Edge> = pairs.iter().map(edge).collect();
        Graph::new(nodes, nodes, &edges)
    }

    fn found(graph: &Graph) -> Vec<Vec<u32>> {
        let mut found = components(graph, Allowed::default(), 0..graph.nodes(), |_| true);
        found.sort();
        found
    }

    #[test]
    fn cycles_that_touch_are_one_component() {
        let pairs = [(0, 1), (1, 2), (2, 0), (2, 3), (3, 4), (4, 3), (5, 0), (4, 6)];
        assert_eq!(found(&graph(7, &pairs)), [vec![0, 1, 2], vec![3, 4]]);
        assert!(found(&graph(7, &[(0, 1), (1, 2), (0, 2), (2, 3)])).is_empty());
    }

    #[test]
    fn a_long_chain_needs_no_deep_stack() {
        let last = 300_000;
        let mut pairs: Vec<(u32, u32)> = (0..last).map(|node| (node, node + 1)).collect();
        assert!(found(&graph(last + 1, &pairs)).is_empty());
        pairs.push((last, 0));
        assert_eq!(found(&graph(last + 1, &pairs)).len(), 1);
    }

    #[test]
    fn components_are_those_of_reachability_both_ways() {
        let mut seed: u64 = 7;
        let mut draw = |bound: u64| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            u32::try_from((seed >> 33) % bound).expect("small")
        };
        for _ in 0..300 {
            let nodes = 2 + draw(9);
            let many = draw(20);
            let pairs: Vec<(u32, u32)> =
                (0..many).map(|_| (draw(nodes.into()), draw(nodes.into()))).collect();
            let size = nodes as usize;
            let mut reach = vec![vec![false; size]; size];
            for (from, to) in &pairs {
                reach[*from as usize][*to as usize] = true;
            }
            for via in 0..size {
                for from in 0..size {
                    for to in 0..size {
                        reach[from][to] |= reach[from][via] && reach[via][to];
                    }
                }
            }
            let mut expected = Vec::new();
            for (from, there) in reach.iter().enumerate() {
                let with: Vec<u32> = (0..size)
                    .filter(|to| *to == from || (there[*to] && reach[*to][from]))
                    .map(|to| u32::try_from(to).expect("small"))
                    .collect();
                if with.len() > 1 && with[0] as usize == from {
                    expected.push(with);
                }
            }
            assert_eq!(found(&graph(nodes, &pairs)), expected, "{pairs:?}");
        }
    }
}
