//! The calls and returns that are not in the order yet, in the order of time.

use super::object::Object;
use super::operation::Span;

/// No node.
const END: u32 = u32::MAX;

/// A linked list of calls and returns, from which operations are taken and into which
/// they are put back in the reverse order, each in constant time.
///
/// Operation `i` has its call in node `2i` and its return in node `2i + 1`.
#[derive(Debug)]
pub(super) struct Timeline {
    next: Vec<u32>,
    previous: Vec<u32>,
    /// Place of each node in time, counted from 0.
    places: Vec<u32>,
}

/// What a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Node {
    /// An operation's call.
    Call(usize),
    /// An operation's return.
    Return(usize),
    /// Nothing is left.
    End,
}

impl Node {
    fn numbered(node: u32) -> Self {
        let operation = (node / 2) as usize;
        match node {
            END => Self::End,
            even if even % 2 == 0 => Self::Call(operation),
            _ => Self::Return(operation),
        }
    }
}

impl Timeline {
    /// Of operations that are sorted by their calls.
    pub(super) fn new<S: Object>(operations: &[Span<'_, S>]) -> Self {
        let nodes = operations.len() * 2;
        let mut moments: Vec<(u64, bool, u32)> = Vec::with_capacity(nodes);
        for (number, operation) in operations.iter().enumerate() {
            let node = narrow(number * 2);
            moments.push((operation.call, false, node));
            // Calls go before returns of the same position: closed spans overlap there.
            moments.extend(operation.answer.map(|answer| (answer.at, true, node + 1)));
        }
        moments.sort_unstable();
        let mut line = Self {
            next: vec![END; nodes + 1],
            previous: vec![END; nodes + 1],
            places: vec![END; nodes + 1],
        };
        let mut last = narrow(nodes);
        for (place, (_, _, node)) in moments.into_iter().enumerate() {
            line.next[last as usize] = node;
            line.previous[node as usize] = last;
            line.places[node as usize] = narrow(place);
            last = node;
        }
        line
    }

    /// The first node.
    pub(super) fn first(&self) -> Node {
        Node::numbered(self.next[self.next.len() - 1])
    }

    /// The node after an operation's call.
    pub(super) fn after_call(&self, operation: usize) -> Node {
        Node::numbered(self.next[operation * 2])
    }

    /// Place of an operation's return in time.
    pub(super) fn place_of_return(&self, operation: usize) -> u32 {
        self.places[operation * 2 + 1]
    }

    /// Takes an operation out: its return, if it has one, then its call. The node that
    /// is then after the call.
    pub(super) fn take(&mut self, operation: usize, returns: bool) -> Node {
        if returns {
            self.unlink(operation * 2 + 1);
        }
        self.unlink(operation * 2);
        self.after_call(operation)
    }

    /// Puts the operation back that was taken last.
    pub(super) fn put_back(&mut self, operation: usize, returns: bool) {
        self.relink(operation * 2);
        if returns {
            self.relink(operation * 2 + 1);
        }
    }

    /// Memory that it takes, in bytes.
    pub(super) fn bytes(&self) -> usize {
        self.next.len() * 3 * size_of::<u32>()
    }

    fn unlink(&mut self, node: usize) {
        let (previous, next) = (self.previous[node], self.next[node]);
        self.next[previous as usize] = next;
        if next != END {
            self.previous[next as usize] = previous;
        }
    }

    fn relink(&mut self, node: usize) {
        let (previous, next) = (self.previous[node], self.next[node]);
        self.next[previous as usize] = narrow(node);
        if next != END {
            self.previous[next as usize] = narrow(node);
        }
    }
}

/// Node numbers have 32 bits: two billion operations would not fit into memory anyway.
fn narrow(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(END)
}
