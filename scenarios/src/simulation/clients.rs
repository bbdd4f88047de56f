//! The client's side of operations: sent once, never again.

use stormglass_checkers::history::{
    Body, Doubt, Invoke, MemberIndex, Nanos, Outcome, ProcessId, Request,
};

use super::operation::{OpId, Operation, Owner};
use super::outcome::doubtful;
use super::world::{Task, World};

impl World<'_> {
    /// Records a request and sends it.
    pub(super) fn invoke(
        &mut self,
        owner: Owner,
        (process, member): (ProcessId, MemberIndex),
        request: Request,
        intended: Nanos,
        deadline: u64,
    ) -> OpId {
        let id = self.new_operation();
        let body = Body::Invoke(Invoke { intended, request: request.clone() });
        let event = self.record(Some(process), Some(member), body);
        if let Owner::Actor(actor) = owner {
            self.clients[actor].workload.observe(&event);
        }
        let (arrived, given_up) = (false, false);
        let operation = Operation { owner, process, member, request, arrived, given_up };
        self.operations.insert(id, operation);
        let latency = self.client_latency();
        self.agenda.after(latency, Task::Arrive(id));
        self.agenda.after(deadline, Task::Deadline(id));
        id
    }

    /// The member answers; the client has it a little later.
    pub(super) fn answer(&mut self, id: OpId, outcome: Outcome) {
        let latency = self.client_latency();
        self.agenda.after(latency, Task::Answer(id, Box::new(outcome)));
    }

    pub(super) fn complete(&mut self, id: OpId, outcome: Outcome) {
        if let Some(operation) = self.operations.remove(&id).filter(|one| !one.given_up) {
            self.ended(id, &operation, outcome);
        }
    }

    /// The client gives up. The request goes its way all the same.
    pub(super) fn deadline(&mut self, id: OpId) {
        let Some(operation) = self.operations.get_mut(&id).filter(|one| !one.given_up) else {
            return;
        };
        operation.given_up = true;
        let operation = operation.clone();
        let outcome = doubtful(&operation.request, Doubt::Timeout);
        self.ended(id, &operation, outcome);
    }

    fn ended(&mut self, id: OpId, operation: &Operation, outcome: Outcome) {
        let body = Body::Complete(outcome.clone());
        let event = self.record(Some(operation.process), Some(operation.member), body);
        match operation.owner {
            Owner::Actor(actor) => {
                self.clients[actor].workload.observe(&event);
                self.actor_answered(actor, &outcome);
            }
            Owner::Fault(fault) => self.fault_answered(fault, &outcome),
            Owner::Conductor => {
                self.finished.insert(id, outcome);
            }
        }
    }

    /// A member's process ends: whoever waits for it knows at once, and knows nothing.
    pub(super) fn disconnect(&mut self, member: MemberIndex) {
        let waiting = self.operations.iter().filter(|(_, operation)| {
            operation.member == member && operation.arrived && !operation.given_up
        });
        let waiting: Vec<OpId> = waiting.map(|(id, _)| *id).collect();
        for id in waiting {
            let outcome = doubtful(&self.operations[&id].request, Doubt::Disconnected);
            self.answer(id, outcome);
        }
    }
}
