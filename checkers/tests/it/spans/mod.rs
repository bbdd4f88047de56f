//! What the tests of the search share: random histories of any object, and stateright's
//! tester as the oracle that judges them.

use stateright::semantics::{ConsistencyTester, LinearizabilityTester};
use stormglass_checkers::history::ProcessId;
use stormglass_checkers::search::{
    Answer, Contradiction, Object, Operation, Outcome, Refutation, Searched, contradiction,
};

use super::common::Dice;

/// Distance of two moments, so that one can be moved between others.
const MOMENT: u64 = 16;

/// The shape of a history.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// How many operations.
    pub operations: u64,
    /// How many clients.
    pub clients: u64,
    /// How many of a hundred operations have an unknown outcome.
    pub unknown: u64,
    /// Whether all that is open is given up at once, now and then.
    pub bursts: bool,
}

/// An open operation of a client, with the answer once it took effect.
type Open<S> = Option<(usize, Option<<S as stateright::semantics::SequentialSpec>::Ret>)>;

/// A run of some clients on a store that does one thing after the other.
struct Run<'a, S: Object> {
    shape: Shape,
    dice: &'a mut Dice,
    store: &'a mut dyn FnMut(&S::Op) -> S::Ret,
    operations: Vec<Operation<S>>,
    open: Vec<Open<S>>,
    /// Given up, and still to take effect.
    late: Vec<usize>,
    now: u64,
}

/// A history that is linearizable by its making.
pub fn legal<S: Object>(
    shape: Shape,
    dice: &mut Dice,
    mut ask: impl FnMut(&mut Dice) -> S::Op,
    store: &mut dyn FnMut(&S::Op) -> S::Ret,
) -> Vec<Operation<S>> {
    let open = (0..shape.clients).map(|_| None).collect();
    let mut run: Run<'_, S> =
        Run { shape, dice, store, operations: Vec::new(), open, late: Vec::new(), now: 0 };
    while (run.operations.len() as u64) < shape.operations || run.open.iter().any(Option::is_some) {
        run.step(&mut ask);
    }
    run.operations
}

impl<S: Object> Run<'_, S> {
    fn step(&mut self, ask: &mut impl FnMut(&mut Dice) -> S::Op) {
        // Some moments are shared: operations that touch overlap.
        self.now += if self.dice.percent(90) { MOMENT } else { 0 };
        if !self.late.is_empty() && self.dice.percent(20) {
            let at = self.dice.below(self.late.len() as u64);
            let number = self.late.swap_remove(usize::try_from(at).unwrap_or(0));
            (self.store)(&self.operations[number].op);
        }
        if self.shape.bursts && self.dice.percent(4) {
            (0..self.open.len()).for_each(|client| self.give_up(client));
        }
        let client = usize::try_from(self.dice.below(self.shape.clients)).unwrap_or(0);
        match &mut self.open[client] {
            None if (self.operations.len() as u64) < self.shape.operations => {
                let op = ask(self.dice);
                let process = ProcessId(u32::try_from(self.operations.len()).unwrap_or(0));
                self.open[client] = Some((self.operations.len(), None));
                self.operations.push(Operation { process, call: self.now, op, answer: None });
            }
            None => {}
            Some(_) if self.dice.percent(self.shape.unknown) => self.give_up(client),
            Some((number, answer)) => match answer.take() {
                None => *answer = Some((self.store)(&self.operations[*number].op)),
                Some(ret) => {
                    self.operations[*number].answer = Some(Answer { at: self.now, ret });
                    self.open[client] = None;
                }
            },
        }
    }

    fn give_up(&mut self, client: usize) {
        if let Some((number, None)) = self.open[client].take()
            && self.dice.percent(60)
        {
            self.late.push(number);
        }
    }
}

/// Plants up to two mistakes: answers are exchanged, changed, or given earlier.
pub fn spoil<S: Object>(
    dice: &mut Dice,
    operations: &mut [Operation<S>],
    change: impl Fn(&mut Dice, &mut S::Ret),
) {
    for _ in 0..dice.below(3) {
        let pick =
            |dice: &mut Dice| usize::try_from(dice.below(operations.len() as u64)).unwrap_or(0);
        let (one, other) = (pick(dice), pick(dice));
        match dice.below(4) {
            0 => {
                let ret = |at: usize| Some(operations[at].answer.as_ref()?.ret.clone());
                if let (Some(first), Some(second)) = (ret(one), ret(other)) {
                    set(&mut operations[one], second);
                    set(&mut operations[other], first);
                }
            }
            1 | 2 => {
                if let Some(answer) = &mut operations[one].answer {
                    change(dice, &mut answer.ret);
                }
            }
            _ => {
                let call = operations[one].call;
                if let Some(answer) = &mut operations[one].answer {
                    answer.at = answer.at.min(call + 1 + dice.below(3 * MOMENT));
                }
            }
        }
    }
}

fn set<S: Object>(operation: &mut Operation<S>, ret: S::Ret) {
    if let Some(answer) = &mut operation.answer {
        answer.ret = ret;
    }
}

/// What stateright's tester says. Every operation is a thread of its own, so that those
/// without an answer stay in flight.
///
/// # Panics
/// When the operations are not in the order of their calls and returns.
pub fn oracle<S: Object>(initial: &S, operations: &[Operation<S>]) -> bool {
    let mut moments: Vec<(u64, bool, usize)> = Vec::new();
    for (number, operation) in operations.iter().enumerate() {
        moments.push((operation.call, false, number));
        moments.extend(operation.answer.as_ref().map(|answer| (answer.at, true, number)));
    }
    moments.sort_unstable();
    let mut tester = LinearizabilityTester::new(initial.clone());
    for (_, returns, number) in moments {
        let operation = &operations[number];
        let told = match &operation.answer {
            Some(answer) if returns => tester.on_return(number, answer.ret.clone()).map(|_| ()),
            _ => tester.on_invoke(number, operation.op.clone()).map(|_| ()),
        };
        told.expect("calls come before returns");
    }
    tester.is_consistent()
}

/// Compares the search with the oracle, and holds what a refutation claims.
///
/// # Panics
/// When a claim of the refutation does not hold.
pub fn compare<S: Object>(initial: &S, operations: &[Operation<S>], found: &Searched<S>) -> bool {
    let expected = oracle(initial, operations);
    let told = || format!("{operations:#?}\n{:?}", found.is_linearizable());
    assert_eq!(found.is_linearizable(), Some(expected), "{}", told());
    if let Outcome::Refuted(refutation) = &found.outcome {
        let Contradiction { needed, is_smallest } = contradiction(initial, operations, refutation);
        assert!(!believing(initial, operations, &needed), "{}", told());
        hold_order(initial, operations, refutation);
        assert!(is_smallest);
        for left_out in &needed {
            let fewer: Vec<usize> =
                needed.iter().copied().filter(|other| other != left_out).collect();
            if *left_out != refutation.culprit {
                assert!(believing(initial, operations, &fewer), "{left_out} of {}", told());
            }
        }
    }
    expected
}

/// What the oracle says if only these answers are believed. What changed nothing by its
/// answer is left out.
fn believing<S: Object>(initial: &S, operations: &[Operation<S>], needed: &[usize]) -> bool {
    let believed = operations.iter().enumerate().filter_map(|(number, operation)| {
        let mut operation = operation.clone();
        if !needed.contains(&number) {
            let pure = operation
                .answer
                .take()
                .is_some_and(|Answer { ret, .. }| S::is_pure(&operation.op, Some(&ret)));
            return (!pure).then_some(operation);
        }
        Some(operation)
    });
    oracle(initial, &believed.collect::<Vec<_>>())
}

/// The order of a refutation explains all that returned before the culprit did.
fn hold_order<S: Object>(
    initial: &S,
    operations: &[Operation<S>],
    Refutation { culprit, order, .. }: &Refutation<S>,
) {
    let mut state = initial.clone();
    let mut latest_call = 0;
    for number in order {
        let Operation { call, op, answer, .. } = &operations[*number];
        match answer {
            Some(answer) => {
                assert!(state.is_valid_step(op, &answer.ret));
                assert!(answer.at >= latest_call, "the order is against real time");
            }
            None => drop(state.invoke(op)),
        }
        latest_call = latest_call.max(*call);
    }
    let end = operations[*culprit].answer.as_ref().map_or(u64::MAX, |answer| answer.at);
    let part = S::part(&operations[*culprit].op);
    let same_part = |operation: &&Operation<S>| S::part(&operation.op) == part;
    for (number, operation) in operations.iter().enumerate().filter(|(_, other)| same_part(other)) {
        let over = operation.answer.as_ref().is_some_and(|answer| answer.at < end);
        assert!(!over || order.contains(&number), "{number} is missing in {order:?}");
    }
    assert!(!order.contains(culprit));
}
