//! The same register for the crate `porcupine-rs`.

use porcupine_rs::{Model, check_operations};
use stormglass_checkers::search::Operation;
use stormglass_checkers::spec::{Register, RegisterOp, RegisterRet};

#[derive(Clone, Debug)]
struct OneRegister;

impl Model for OneRegister {
    type State = Option<i64>;
    type Op = (RegisterOp, Option<RegisterRet>);
    type Metadata = ();

    fn init() -> Self::State {
        None
    }

    fn step(state: &Self::State, (op, ret): &Self::Op) -> (bool, Self::State) {
        match (op, ret) {
            (RegisterOp::Write(value), _) => (true, Some(*value)),
            (RegisterOp::Read, Some(RegisterRet::Value(value))) => (value == state, *state),
            _ => (true, *state),
        }
    }
}

/// Whether it finds an order. A write without an answer may come at the very end, where
/// it is as good as none.
pub(super) fn judge(operations: &[Operation<Register>]) -> bool {
    let position = |at: u64| i64::try_from(at).unwrap_or(i64::MAX);
    let history: Vec<porcupine_rs::Operation<OneRegister>> = operations
        .iter()
        .map(|operation| porcupine_rs::Operation {
            client_id: None,
            call_time: position(operation.call),
            return_time: operation.answer.as_ref().map_or(i64::MAX, |end| position(end.at)),
            op: (operation.op, operation.answer.as_ref().map(|answer| answer.ret)),
            metadata: None,
        })
        .collect();
    check_operations(&history)
}
