//! The search against stateright's tester, which tries every order, on tiny histories.
//!
//! `PROPTEST_CASES` asks for more of them: 100,000 of each take about ten minutes.

use crate::common::{Dice, Requests, Store};
use crate::spans::{Shape, compare, legal, spoil};
use proptest::prelude::*;
use stormglass_checkers::checker::Budget;
use stormglass_checkers::history::{Bytes, Request, Response, Revision};
use stormglass_checkers::search::{Object, Operation, check};
use stormglass_checkers::spec::{
    Etcd, Register, RegisterOp, RegisterRet, Texts, TextsOp, TextsRet,
};

fn cases(many: u32) -> ProptestConfig {
    let asked = std::env::var_os("PROPTEST_CASES").is_some();
    let default = ProptestConfig::default();
    let cases = if asked { default.cases } else { many };
    ProptestConfig { cases, failure_persistence: None, ..default }
}

fn shapes(operations: u64) -> impl Strategy<Value = (u64, Shape)> {
    let unknown = prop_oneof![Just(0_u64), Just(15), Just(40)];
    (any::<u64>(), 2..=operations, 2..=4_u64, unknown, any::<bool>()).prop_map(
        |(seed, operations, clients, unknown, bursts)| {
            (seed, Shape { operations, clients, unknown, bursts })
        },
    )
}

/// A history as it is and spoilt; that as it is must be linearizable.
fn both<S: Object + Default>(
    operations: Vec<Operation<S>>,
    dice: &mut Dice,
    change: impl Fn(&mut Dice, &mut S::Ret),
) {
    let initial = S::default();
    let found = check(&initial, &operations, &Budget::default());
    assert!(compare(&initial, &operations, &found), "it was made in an order: {operations:#?}");
    let mut spoilt = operations;
    spoil(dice, &mut spoilt, change);
    let found = check(&initial, &spoilt, &Budget::default());
    compare(&initial, &spoilt, &found);
}

fn register_op(dice: &mut Dice) -> RegisterOp {
    let value = |dice: &mut Dice| i64::try_from(dice.below(3)).unwrap_or(0);
    match dice.below(8) {
        0..=2 => RegisterOp::Read,
        3..=4 => RegisterOp::Write(value(dice)),
        5..=6 => RegisterOp::CompareAndSet { old: value(dice), new: value(dice) },
        _ => RegisterOp::Delete,
    }
}

fn spoil_register(dice: &mut Dice, ret: &mut RegisterRet) {
    match ret {
        RegisterRet::Value(value) => {
            *value = dice.percent(70).then(|| i64::try_from(dice.below(3)).unwrap_or(0));
        }
        RegisterRet::Done(done) => *done = !*done,
        RegisterRet::Written => {}
    }
}

fn texts_op(dice: &mut Dice, number: &mut u64) -> TextsOp {
    *number += 1;
    let key = Bytes::from(format!("k{}", dice.below(2)));
    // Some values come twice.
    let value = Bytes::from(format!("{}", if dice.percent(70) { *number } else { 1 }));
    match dice.below(5) {
        0..=1 => TextsOp::Get(key),
        2 => TextsOp::Put(key, value),
        _ => TextsOp::Append(key, value),
    }
}

fn spoil_texts(dice: &mut Dice, ret: &mut TextsRet) {
    if let TextsRet::Text(text) = ret {
        let mut bytes = text.as_slice().to_vec();
        if dice.percent(50) {
            bytes.pop();
        } else {
            bytes.reverse();
        }
        *text = bytes.into();
    }
}

/// Requests of one register without failing compare-and-sets: what nobody needs is left
/// out beforehand.
fn plain_op(dice: &mut Dice, number: &mut i64) -> RegisterOp {
    *number += 1;
    if dice.percent(50) { RegisterOp::Read } else { RegisterOp::Write(*number % 5) }
}

fn spoil_etcd(dice: &mut Dice, ret: &mut <Etcd as stateright::semantics::SequentialSpec>::Ret) {
    let by = if dice.percent(50) { 1 } else { -1 };
    let Ok(response) = ret else { return };
    match (dice.below(3), response) {
        (0, Response::Put(put)) => bump(put.header.as_mut().map(|h| &mut h.revision), by),
        (0, Response::Range(range)) => bump(range.header.as_mut().map(|h| &mut h.revision), by),
        (0, Response::Delete(delete)) => bump(delete.header.as_mut().map(|h| &mut h.revision), by),
        (0, Response::Txn(txn)) => bump(txn.header.as_mut().map(|h| &mut h.revision), by),
        (1, Response::Range(range)) => drop(range.kvs.pop()),
        (_, Response::Range(range)) => {
            bump(range.kvs.first_mut().map(|kv| &mut kv.mod_revision), by);
        }
        (_, Response::Delete(delete)) => delete.deleted = (delete.deleted + by).max(0),
        (_, Response::Txn(txn)) => txn.succeeded = !txn.succeeded,
        _ => {}
    }
}

fn bump(revision: Option<&mut Revision>, by: i64) {
    if let Some(revision) = revision.filter(|revision| revision.0 + by > 0) {
        revision.0 += by;
    }
}

/// An etcd request; its revisions are about right.
fn etcd_op(requests: &mut Requests, dice: &mut Dice) -> Request {
    let revision = i64::try_from(1 + dice.below(5)).unwrap_or(1);
    requests.next(revision)
}

proptest! {
    #![proptest_config(cases(400))]

    #[test]
    fn registers_are_judged_as_the_oracle_does((seed, shape) in shapes(9)) {
        let mut dice = Dice(seed);
        let mut register = Register::default();
        let mut store = |op: &RegisterOp| {
            stateright::semantics::SequentialSpec::invoke(&mut register, op)
        };
        let operations = legal::<Register>(shape, &mut dice, register_op, &mut store);
        both(operations, &mut dice, spoil_register);
    }

    #[test]
    fn plain_registers_are_judged_as_the_oracle_does((seed, shape) in shapes(9)) {
        let mut dice = Dice(seed);
        let mut register = Register::default();
        let mut store = |op: &RegisterOp| {
            stateright::semantics::SequentialSpec::invoke(&mut register, op)
        };
        let mut number = 0;
        let ask = |dice: &mut Dice| plain_op(dice, &mut number);
        let operations = legal::<Register>(shape, &mut dice, ask, &mut store);
        both(operations, &mut dice, spoil_register);
    }

    #[test]
    fn texts_are_judged_as_the_oracle_does((seed, shape) in shapes(9)) {
        let mut dice = Dice(seed);
        let mut texts = Texts::default();
        let mut store =
            |op: &TextsOp| stateright::semantics::SequentialSpec::invoke(&mut texts, op);
        let mut number = 0;
        let ask = |dice: &mut Dice| texts_op(dice, &mut number);
        let operations = legal::<Texts>(shape, &mut dice, ask, &mut store);
        both(operations, &mut dice, spoil_texts);
    }

    #[test]
    fn etcd_is_judged_as_the_oracle_does((seed, shape) in shapes(8)) {
        let mut dice = Dice(seed);
        // Not our model: the naive store of the tests answers.
        let mut naive = Store::default();
        let mut requests = Requests::new(seed ^ 1, 2, 2);
        let mut store = |request: &Request| naive.apply(request);
        let ask = |dice: &mut Dice| etcd_op(&mut requests, dice);
        let operations = legal::<Etcd>(shape, &mut dice, ask, &mut store);
        both(operations, &mut dice, spoil_etcd);
    }
}
