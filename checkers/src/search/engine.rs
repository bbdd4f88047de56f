//! The search through the orders of one object's operations.

use super::fingerprint::Fingerprint;
use super::frontier::Frontier;
use super::memo::Memo;
use super::object::Object;
use super::operation::Span;
use super::stack::{Frame, Situation, Stack};
use super::timeline::{Node, Timeline};
use crate::checker::Budget;

/// How many earlier operations of unknown outcome are looked at for a twin. A twin that
/// is missed costs time and nothing else.
const TWINS_MAX: usize = 64;

/// What a search ended with. Operations have their numbers in the engine's list.
#[derive(Debug)]
pub(super) enum Decision {
    /// An order explains every answer.
    Explained,
    /// No order passes the return of `culprit`; `order` is one that comes there.
    Refuted { culprit: usize, order: Vec<u32> },
    /// The budget is spent: a sentence.
    Exhausted(String),
}

/// The search. Operations are numbered in the order of their calls.
pub(super) struct Engine<'a, S: Object> {
    operations: &'a [Span<'a, S>],
    /// For each operation of unknown outcome, the last one before it that asked the same.
    twins: Vec<Option<usize>>,
    /// The operations as elements of sets.
    elements: Vec<Fingerprint>,
    timeline: Timeline,
    now: Situation<S>,
    stack: Stack<S>,
    /// The set of the operations in the order.
    placed: Fingerprint,
    is_placed: Vec<bool>,
    memo: Memo,
    frontier: Frontier,
    /// Answered operations that are not in the order yet.
    left: usize,
    steps: u64,
    budget: Budget,
}

impl<'a, S: Object> Engine<'a, S> {
    /// A search over operations that are sorted by their calls.
    pub(super) fn new(initial: S, operations: &'a [Span<'a, S>], budget: Budget) -> Self {
        let fingerprint = initial.fingerprint();
        Self {
            operations,
            twins: twins(operations),
            elements: (0..operations.len()).map(Fingerprint::of_number).collect(),
            timeline: Timeline::new(operations),
            now: Situation { state: initial, fingerprint },
            stack: Stack::new(S::bytes),
            placed: Fingerprint::default(),
            is_placed: vec![false; operations.len()],
            memo: Memo::new(),
            frontier: Frontier::default(),
            left: operations.iter().filter(|operation| operation.answer.is_some()).count(),
            steps: 0,
            budget,
        }
    }

    /// Steps taken so far.
    pub(super) fn steps(&self) -> u64 {
        self.steps
    }

    /// States that are remembered.
    pub(super) fn remembered(&self) -> usize {
        self.memo.len()
    }

    /// Memory taken beyond the history's own, in bytes.
    pub(super) fn bytes(&self) -> u64 {
        let of_each = 1 + size_of::<Option<usize>>() + size_of::<Fingerprint>();
        let lists = self.is_placed.len() * of_each;
        (self.memo.bytes() + self.stack.bytes() + self.timeline.bytes() + lists) as u64
    }

    /// Searches until an order is found, all have failed, or the budget is spent.
    pub(super) fn decide(&mut self) -> Decision {
        let mut from = self.place_reads();
        while self.left > 0 {
            if let Some(reason) = self.exhausted() {
                return Decision::Exhausted(reason);
            }
            if let Some((operation, next)) = self.candidate(from) {
                self.place(operation, next);
                from = self.place_reads();
            } else if let Some(next) = self.retreat() {
                from = next;
            } else {
                let (culprit, order) = std::mem::take(&mut self.frontier).into_parts();
                return Decision::Refuted { culprit, order };
            }
        }
        Decision::Explained
    }

    /// Puts every operation into the order that changes nothing and may be next. No
    /// choice is lost: whatever explains the rest explains it with these here as well,
    /// since they change no state. The first node, from where to go on.
    fn place_reads(&mut self) -> Node {
        let mut node = self.timeline.first();
        while let Node::Call(operation) = node {
            node = if self.is_read(operation) && self.fits(operation) {
                self.push(operation, None)
            } else {
                self.timeline.after_call(operation)
            };
        }
        self.timeline.first()
    }

    fn is_read(&self, operation: usize) -> bool {
        let Span { op, answer, .. } = self.operations[operation];
        answer.is_some_and(|answer| S::is_pure(op, Some(&answer.ret)))
    }

    fn fits(&mut self, operation: usize) -> bool {
        self.steps += 1;
        let Span { op, answer, .. } = self.operations[operation];
        answer.is_some_and(|answer| self.now.state.admits(op, &answer.ret))
    }

    /// The next operation, from a node on, that may follow and was not tried yet in the
    /// same situation; with the state after it.
    fn candidate(&mut self, from: Node) -> Option<(usize, Situation<S>)> {
        let mut node = from;
        while let Node::Call(operation) = node {
            if !self.is_read(operation)
                && self.twins[operation].is_none_or(|twin| self.is_placed[twin])
                && let Some(next) = self.step(operation)
            {
                return Some((operation, next));
            }
            node = self.timeline.after_call(operation);
        }
        if let Node::Return(operation) = node {
            let place = self.timeline.place_of_return(operation);
            self.frontier.reach(place, operation, &self.stack);
        }
        None
    }

    /// The state after an operation, if it may follow, makes a difference, and leads to
    /// a situation that is new.
    fn step(&mut self, operation: usize) -> Option<Situation<S>> {
        self.steps += 1;
        let state = after(&self.now.state, self.operations[operation])?;
        let fingerprint = state.fingerprint();
        let doubtful = self.operations[operation].answer.is_none();
        // Without effect it can as well be left out.
        if doubtful && fingerprint == self.now.fingerprint {
            return None;
        }
        if self.goes_unnoticed(operation, fingerprint) {
            return None;
        }
        let placed = self.placed.toggle(self.elements[operation]);
        let is_new = self.memo.insert(placed.beside(fingerprint));
        is_new.then_some(Situation { state, fingerprint })
    }

    /// Whether the last operation in the order has an unknown outcome, and the state is
    /// the same after this one if that is left out. Then leaving it out explains as much
    /// with one operation less, and that order is searched from the situation before it:
    /// an effect that nobody is sure of is worth trying only where something notices it.
    fn goes_unnoticed(&mut self, operation: usize, fingerprint: Fingerprint) -> bool {
        let Some(before) = self.stack.before_doubtful() else { return false };
        self.steps += 1;
        let without = after(before, self.operations[operation]);
        without.is_some_and(|without| without.fingerprint() == fingerprint)
    }

    /// Puts an operation into the order that changes the state.
    fn place(&mut self, operation: usize, next: Situation<S>) {
        let before = std::mem::replace(&mut self.now, next);
        self.push(operation, Some(before));
    }

    fn push(&mut self, operation: usize, before: Option<Situation<S>>) -> Node {
        let answered = self.operations[operation].answer.is_some();
        self.left -= usize::from(answered);
        self.placed = self.placed.toggle(self.elements[operation]);
        self.is_placed[operation] = true;
        #[expect(clippy::cast_possible_truncation, reason = "the timeline's nodes fit 32 bits")]
        let frame = Frame { operation: operation as u32, before, doubtful: !answered };
        self.stack.push(frame);
        self.timeline.take(operation, answered)
    }

    /// Takes operations out of the order, up to the last that was a choice. The node
    /// from where to try others in its place; nothing if there was none.
    fn retreat(&mut self) -> Option<Node> {
        while let Some(frame) = self.stack.pop() {
            let operation = frame.operation as usize;
            self.timeline.put_back(operation, !frame.doubtful);
            self.left += usize::from(!frame.doubtful);
            self.placed = self.placed.toggle(self.elements[operation]);
            self.is_placed[operation] = false;
            if let Some(before) = frame.before {
                self.now = before;
                self.frontier.cut(self.stack.len());
                return Some(self.timeline.after_call(operation));
            }
        }
        None
    }

    fn exhausted(&self) -> Option<String> {
        let Budget { steps, bytes } = self.budget;
        if self.steps > steps {
            return Some(format!("the search was given up after {steps} steps"));
        }
        (self.bytes() > bytes)
            .then(|| format!("the search was given up when it had taken {bytes} bytes"))
    }
}

/// The state after an operation, if it may be answered as it was.
fn after<S: Object>(state: &S, Span { op, answer, .. }: Span<'_, S>) -> Option<S> {
    let Some(answer) = answer else {
        let mut next = state.clone();
        next.invoke(op);
        return Some(next);
    };
    if !state.admits(op, &answer.ret) {
        return None;
    }
    let mut next = state.clone();
    next.is_valid_step(op, &answer.ret).then_some(next)
}

/// Of two operations of unknown outcome that asked the same, the earlier one can stand
/// for the later wherever only one is needed: it may take effect at every place where the
/// later one may. So the later is tried only behind the earlier.
fn twins<S: Object>(operations: &[Span<'_, S>]) -> Vec<Option<usize>> {
    let mut doubtful: Vec<usize> = Vec::new();
    let mut twins = vec![None; operations.len()];
    for (number, operation) in operations.iter().enumerate() {
        if operation.answer.is_none() {
            let mut recent = doubtful.iter().rev().take(TWINS_MAX);
            twins[number] = recent.find(|other| operations[**other].op == operation.op).copied();
            doubtful.push(number);
        }
    }
    twins
}
