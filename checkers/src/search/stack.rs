//! The order that is being tried.

use super::fingerprint::Fingerprint;

/// A state and its fingerprint, which is computed once.
#[derive(Clone, Debug)]
pub(super) struct Situation<S> {
    pub(super) state: S,
    pub(super) fingerprint: Fingerprint,
}

/// An operation in the order.
#[derive(Clone, Debug)]
pub(super) struct Frame<S> {
    /// Its number.
    pub(super) operation: u32,
    /// The state before it, if it changed the state.
    pub(super) before: Option<Situation<S>>,
    /// Whether its outcome is unknown.
    pub(super) doubtful: bool,
}

/// The order that is being tried, and the memory that its states take.
#[derive(Debug)]
pub(super) struct Stack<S> {
    frames: Vec<Frame<S>>,
    bytes: usize,
    bytes_of: fn(&S) -> usize,
}

impl<S> Stack<S> {
    pub(super) fn new(bytes_of: fn(&S) -> usize) -> Self {
        Self { frames: Vec::new(), bytes: 0, bytes_of }
    }

    pub(super) fn push(&mut self, frame: Frame<S>) {
        self.bytes += self.weight(&frame);
        self.frames.push(frame);
    }

    pub(super) fn pop(&mut self) -> Option<Frame<S>> {
        let frame = self.frames.pop()?;
        self.bytes -= self.weight(&frame);
        Some(frame)
    }

    /// The state before the last operation, if its outcome is unknown.
    pub(super) fn before_doubtful(&self) -> Option<&S> {
        let last = self.frames.last().filter(|frame| frame.doubtful)?;
        last.before.as_ref().map(|before| &before.state)
    }

    pub(super) fn len(&self) -> usize {
        self.frames.len()
    }

    /// The operations of the order, from a place on.
    pub(super) fn operations(&self, from: usize) -> impl Iterator<Item = u32> + '_ {
        self.frames[from..].iter().map(|frame| frame.operation)
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    fn weight(&self, frame: &Frame<S>) -> usize {
        size_of::<Frame<S>>()
            + frame.before.as_ref().map_or(0, |before| (self.bytes_of)(&before.state))
    }
}
