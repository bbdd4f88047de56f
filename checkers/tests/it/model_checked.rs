//! stateright's model checker walks through every run of a few clients on a small store;
//! the search must explain each of them with the etcd specification.

use crate::common::{Requests, Store};
use stateright::{Checker, Model, Property};
use stormglass_checkers::checker::Budget;
use stormglass_checkers::history::{ProcessId, Refusal, Request, Response};
use stormglass_checkers::search::{Answer, Operation, check};
use stormglass_checkers::spec::Etcd;

/// Clients that ask what the generator of the tests gives them, and stop at their first
/// unknown outcome.
#[derive(Clone, Copy, Debug)]
struct Clients {
    count: usize,
    /// Requests of each.
    requests: usize,
    seeds: u64,
}

/// Everything that has happened, from which all else follows.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Run {
    seed: u64,
    steps: Vec<Step>,
}

/// What can happen next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Step {
    /// A client sends its next request.
    Call(usize),
    /// The store carries out a client's open request, or one that was given up.
    Effect(usize),
    /// The answer arrives.
    Return(usize),
    /// The client gives up.
    GiveUp(usize),
}

/// How far a client is.
#[derive(Clone, Debug, Default)]
struct Client {
    asked: usize,
    /// Its last operation, if it has not ended.
    open: Option<usize>,
    effect: Option<Result<Response, Refusal>>,
    gave_up: bool,
}

/// A run, carried out.
struct Carried {
    clients: Vec<Client>,
    operations: Vec<Operation<Etcd>>,
}

impl Clients {
    fn program(self, seed: u64) -> Vec<Vec<Request>> {
        let mut requests = Requests::new(seed, 2, 1);
        let mut program = |_| (0..self.requests).map(|_| requests.next(2)).collect();
        (0..self.count).map(&mut program).collect()
    }

    fn carry_out(self, run: &Run) -> Carried {
        let program = self.program(run.seed);
        // Not our model: the naive store of the tests.
        let mut store = Store::default();
        let mut clients = vec![Client::default(); self.count];
        let mut operations: Vec<Operation<Etcd>> = Vec::new();
        for (at, step) in (1_u64..).zip(&run.steps) {
            match *step {
                Step::Call(number) => {
                    let client = &mut clients[number];
                    let op = program[number][client.asked].clone();
                    client.asked += 1;
                    client.open = Some(operations.len());
                    let process = ProcessId(u32::try_from(operations.len()).unwrap_or(0));
                    operations.push(Operation { process, call: at, op, answer: None });
                }
                Step::Effect(number) => {
                    let client = &mut clients[number];
                    if let Some(open) = client.open {
                        client.effect = Some(store.apply(&operations[open].op));
                    }
                }
                Step::Return(number) => {
                    let client = &mut clients[number];
                    if let (Some(open), Some(ret)) = (client.open.take(), client.effect.take()) {
                        operations[open].answer = Some(Answer { at, ret });
                    }
                }
                Step::GiveUp(number) => clients[number].gave_up = true,
            }
        }
        Carried { clients, operations }
    }
}

impl Model for Clients {
    type State = Run;
    type Action = Step;

    fn init_states(&self) -> Vec<Run> {
        (0..self.seeds).map(|seed| Run { seed, steps: Vec::new() }).collect()
    }

    fn actions(&self, run: &Run, actions: &mut Vec<Step>) {
        for (number, client) in self.carry_out(run).clients.iter().enumerate() {
            match client {
                Client { open: None, asked, .. } if *asked < self.requests => {
                    actions.push(Step::Call(number));
                }
                Client { open: None, .. } => {}
                Client { effect: None, gave_up, .. } => {
                    actions.push(Step::Effect(number));
                    actions.extend((!gave_up).then_some(Step::GiveUp(number)));
                }
                Client { gave_up: false, .. } => {
                    actions.extend([Step::Return(number), Step::GiveUp(number)]);
                }
                Client { .. } => {}
            }
        }
    }

    fn next_state(&self, run: &Run, step: Step) -> Option<Run> {
        let steps = run.steps.iter().copied().chain([step]).collect();
        Some(Run { seed: run.seed, steps })
    }

    fn properties(&self) -> Vec<Property<Self>> {
        let all_done = |model: &Self, run: &Run| {
            let carried = model.carry_out(run);
            carried.clients.iter().all(|client| client.asked == model.requests)
        };
        vec![
            Property::always("the search explains it", |model: &Self, run: &Run| {
                let Carried { operations, .. } = model.carry_out(run);
                let found = check(&Etcd::default(), &operations, &Budget::default());
                found.is_linearizable() == Some(true)
            }),
            Property::sometimes("every request was sent", all_done),
            Property::sometimes("a client gave up, and its request took effect", |model, run| {
                let clients = model.carry_out(run).clients;
                clients.iter().any(|client| client.gave_up && client.effect.is_some())
            }),
        ]
    }
}

fn walk(clients: Clients, states_min: usize) {
    let checker = clients.checker().spawn_bfs().join();
    checker.assert_properties();
    let states = checker.unique_state_count();
    assert!(states >= states_min, "only {states} states were reached");
}

#[test]
fn every_run_of_two_clients_is_explained() {
    walk(Clients { count: 2, requests: 2, seeds: 3 }, 5_000);
}

#[test]
fn every_run_of_three_clients_is_explained() {
    walk(Clients { count: 3, requests: 1, seeds: 3 }, 2_000);
}
