//! How far any order came: what a refutation tells.

use super::stack::Stack;

/// The order that came furthest in time.
#[derive(Debug, Default)]
pub(super) struct Frontier {
    /// Place in time of the return that no order has passed, and whose it is.
    furthest: Option<(u32, usize)>,
    order: Vec<u32>,
    /// How much of `order` is still the beginning of the stack.
    shared: usize,
}

impl Frontier {
    /// The stack was cut to a length.
    pub(super) fn cut(&mut self, length: usize) {
        self.shared = self.shared.min(length);
    }

    /// The stack came up to the return of an operation. Copies only what is new since
    /// the last time, so that all calls together cost no more than the search's steps.
    pub(super) fn reach<S>(&mut self, place: u32, operation: usize, stack: &Stack<S>) {
        if self.furthest.is_some_and(|(furthest, _)| place <= furthest) {
            return;
        }
        self.furthest = Some((place, operation));
        self.order.truncate(self.shared);
        self.order.extend(stack.operations(self.shared));
        self.shared = self.order.len();
    }

    /// The operation whose return no order passes, and the order that came there.
    pub(super) fn into_parts(self) -> (usize, Vec<u32>) {
        (self.furthest.map_or(0, |(_, operation)| operation), self.order)
    }
}
