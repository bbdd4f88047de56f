//! A register under clients that overlap, simulated event by event.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use stateright::semantics::SequentialSpec as _;
use stormglass_checkers::history::ProcessId;
use stormglass_checkers::search::{Answer, Operation};
use stormglass_checkers::spec::{Register, RegisterOp, RegisterRet};

/// Mean times: of an operation, of an effect that comes late, between operations.
const OPERATION: f64 = 1000.0;
const LATE: f64 = 3000.0;
const PAUSE: f64 = 100.0;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Moment {
    Call(usize),
    Effect(usize),
    Return(usize, usize),
}

/// Random numbers from a seed (splitmix64).
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// From 0 to 1.
    #[expect(clippy::cast_precision_loss, reason = "53 bits are kept")]
    fn part(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn time(&mut self, mean: f64) -> f64 {
        -mean * (1.0 - self.part()).ln()
    }
}

/// A history of reads and writes of values that are all different.
pub(super) fn history(many: usize, clients: usize, stale: bool) -> Vec<Operation<Register>> {
    let mut dice = Dice(7);
    let mut moments = BinaryHeap::new();
    let mut order = 0_u64;
    let mut at = |moments: &mut BinaryHeap<_>, time: f64, moment: Moment| {
        order += 1;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "positive")]
        moments.push(Reverse(((time * 1e3) as u64, order, moment)));
    };
    for client in 0..clients {
        at(&mut moments, dice.time(OPERATION), Moment::Call(client));
    }
    let mut operations: Vec<Operation<Register>> = Vec::with_capacity(many);
    let mut rets: Vec<Option<RegisterRet>> = Vec::with_capacity(many);
    let (mut store, mut past, mut now) = (Register::default(), Vec::new(), 0_u64);
    while let Some(Reverse((time, _, moment))) = moments.pop() {
        now += 1;
        #[expect(clippy::cast_precision_loss, reason = "simulated times are small")]
        let time = time as f64 / 1e3;
        match moment {
            Moment::Call(_) if operations.len() >= many => {}
            Moment::Call(client) => {
                let number = operations.len();
                let value = i64::try_from(number).unwrap_or(0);
                let reads = dice.part() < 0.5;
                let op = if reads { RegisterOp::Read } else { RegisterOp::Write(value) };
                let process = ProcessId(u32::try_from(number).unwrap_or(0));
                operations.push(Operation { process, call: now, op, answer: None });
                rets.push(None);
                let takes = 10.0 + dice.time(OPERATION);
                if !reads && dice.part() < 0.01 {
                    if dice.part() < 0.5 {
                        at(&mut moments, time + dice.time(LATE), Moment::Effect(number));
                    }
                    at(&mut moments, time + takes + dice.time(PAUSE), Moment::Call(client));
                } else {
                    at(&mut moments, time + dice.part() * takes, Moment::Effect(number));
                    at(&mut moments, time + takes, Moment::Return(client, number));
                }
            }
            Moment::Effect(number) => {
                rets[number] = Some(store.invoke(&operations[number].op));
                past.push(store.0);
            }
            Moment::Return(client, number) => {
                operations[number].answer = rets[number].take().map(|ret| Answer { at: now, ret });
                at(&mut moments, time + dice.time(PAUSE), Moment::Call(client));
            }
        }
    }
    if stale {
        make_stale(&mut operations, &past);
    }
    operations
}

/// A read after three quarters shows a value that was overwritten long before.
fn make_stale(operations: &mut [Operation<Register>], past: &[Option<i64>]) {
    let old = past.get(past.len() / 2).copied().flatten();
    let from = operations.len() * 3 / 4;
    let read = operations[from..].iter_mut().find(|operation| operation.op == RegisterOp::Read);
    if let Some(answer) = read.and_then(|read| read.answer.as_mut()) {
        answer.ret = RegisterRet::Value(old);
    }
}
