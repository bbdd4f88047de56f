//! The search on written histories: what it explains, what it refutes and how, and what it
//! gives up.

use crate::common::{self, Dice, delete, get, grant, if_value, put, put_with_lease, txn};
use crate::spans::{Shape, legal};
use stormglass_checkers::checker::Budget;
use stormglass_checkers::history::{Bytes, LeaseId, Lock, ProcessId, Put, Refusal, Request};
use stormglass_checkers::search::{
    Answer, Contradiction, Object, Operation, Outcome, Refutation, check, contradiction, finding,
};
use stormglass_checkers::spec::{
    Etcd, Register, RegisterOp, RegisterRet, Texts, TextsOp, TextsRet, etcd_operations,
};

use RegisterOp::{Delete, Read, Write};

fn operation<S: Object>(call: u64, op: S::Op, answer: Option<(u64, S::Ret)>) -> Operation<S> {
    let process = ProcessId(u32::try_from(call).unwrap_or(0));
    let answer = answer.map(|(at, ret)| Answer { at, ret });
    Operation { process, call, op, answer }
}

fn value(value: i64) -> RegisterRet {
    RegisterRet::Value(Some(value))
}

fn write(call: u64, new: i64, end: u64) -> Operation<Register> {
    operation(call, Write(new), Some((end, RegisterRet::Written)))
}

fn read(call: u64, shown: i64, end: u64) -> Operation<Register> {
    operation(call, Read, Some((end, value(shown))))
}

fn judge(operations: &[Operation<Register>]) -> Option<bool> {
    check(&Register::default(), operations, &Budget::default()).is_linearizable()
}

/// How a history is refuted.
///
/// # Panics
/// When it is not.
fn refuted<S: Object + Default>(operations: &[Operation<S>]) -> (Refutation<S>, Contradiction) {
    let found = check(&S::default(), operations, &Budget::default());
    let Outcome::Refuted(refutation) = found.outcome else { panic!("{operations:#?}") };
    let contradiction = contradiction(&S::default(), operations, &refutation);
    (*refutation, contradiction)
}

#[test]
fn overlapping_operations_may_go_either_way() {
    let [one, two] = [write(1, 1, 10), write(2, 2, 9)];
    for last in [1, 2] {
        assert_eq!(judge(&[one.clone(), two.clone(), read(11, last, 12)]), Some(true));
    }
    assert_eq!(judge(&[one, two, read(11, 1, 12), read(13, 2, 14)]), Some(false));
}

#[test]
fn operations_that_touch_overlap() {
    assert_eq!(judge(&[write(1, 1, 5), read(5, 7, 6), write(6, 7, 8)]), Some(true));
    assert_eq!(judge(&[write(1, 1, 5), read(5, 7, 6), write(7, 7, 8)]), Some(false));
}

#[test]
fn an_unknown_write_takes_effect_once_or_never_and_not_before_its_call() {
    let lost = operation(3, Write(2), None);
    let first = write(1, 1, 2);
    for shown in [&[1, 1][..], &[1, 2], &[2, 2]] {
        let reads = shown.iter().zip([4, 6]).map(|(shown, call)| read(call, *shown, call + 1));
        let all: Vec<_> = [first.clone(), lost.clone()].into_iter().chain(reads).collect();
        assert_eq!(judge(&all), Some(true), "{shown:?}");
    }
    let twice = [first.clone(), lost, read(4, 2, 5), write(6, 3, 7), read(8, 2, 9)];
    assert_eq!(judge(&twice), Some(false));
    assert_eq!(judge(&[first, read(3, 2, 4), operation(5, Write(2), None)]), Some(false));
}

#[test]
fn twins_stand_for_each_other() {
    // Two lost writes of the same value: each of them once.
    let lost = |call| operation(call, Write(5), None);
    let between = |at| [read(at, 5, at + 1), write(at + 2, 1, at + 3)];
    let mut all = vec![lost(1), lost(2)];
    all.extend(between(3));
    all.extend(between(10));
    assert_eq!(judge(&all), Some(true));
    all.extend(between(20));
    assert_eq!(judge(&all), Some(false));
}

#[test]
fn a_refutation_names_the_answers_that_contradict() {
    let mut all: Vec<Operation<Register>> = (0..200)
        .flat_map(|at| [write(at * 10, i64::try_from(at).unwrap_or(0), at * 10 + 5)])
        .collect();
    all.push(read(3000, 3, 3001));
    all.push(write(4000, 5000, 4001));
    let (refutation, contradiction) = refuted(&all);
    assert_eq!(refutation.culprit, 200);
    assert_eq!(refutation.order.len(), 200);
    assert_eq!(refutation.state, Register(Some(199)));
    assert!(contradiction.is_smallest);
    // The write that was read, one that came later, and the read.
    assert_eq!(contradiction.needed.len(), 3);
    assert_eq!((contradiction.needed[0], contradiction.needed[2]), (3, 200));
    let finding = finding("k1", &all, &refutation, &contradiction);
    assert_eq!(finding.sentence, "k1: no order explains read by p3000, answered 3");
    assert!(finding.because.starts_with("because everything that returned before it"));
    assert!(finding.because.ends_with("the register holds 199"), "{}", finding.because);
    assert!(finding.witness.steps[2].contradicts && finding.witness.steps.len() == 3);
}

#[test]
fn a_value_that_nobody_wrote_contradicts_alone() {
    let all = [write(1, 1, 2), read(3, 9, 4), read(5, 1, 6)];
    let (refutation, contradiction) = refuted(&all);
    assert_eq!((refutation.culprit, contradiction.needed), (1, vec![1]));
}

/// Histories that no search of this kind decides: many open compare-and-sets.
fn hard() -> Vec<Operation<Register>> {
    let mut all: Vec<Operation<Register>> = (0..40)
        .map(|at| {
            let new = i64::try_from(at).unwrap_or(0);
            operation(at, Write(new), Some((1000, RegisterRet::Written)))
        })
        .collect();
    all.extend((0..20).map(|at| {
        let op = RegisterOp::CompareAndSet { old: at, new: at + 100 };
        operation(100 + at.unsigned_abs(), op, Some((1000, RegisterRet::Done(false))))
    }));
    all.push(read(2000, 777, 2001));
    all
}

#[test]
fn a_budget_of_steps_ends_in_unknown_with_the_reason() {
    let budget = Budget { steps: 10_000, ..Budget::default() };
    let found = check(&Register::default(), &hard(), &budget);
    let Outcome::Unknown(reasons) = &found.outcome else { panic!("{:?}", found.outcome) };
    assert_eq!(reasons, &["the search was given up after 10000 steps"]);
    assert!(found.steps < 20_000, "{}", found.steps);
}

#[test]
fn a_budget_of_bytes_ends_in_unknown_with_the_reason() {
    let budget = Budget { bytes: 1 << 20, ..Budget::default() };
    let found = check(&Register::default(), &hard(), &budget);
    let Outcome::Unknown(reasons) = &found.outcome else { panic!("{:?}", found.outcome) };
    assert!(reasons[0].contains("when it had taken 1048576 bytes"), "{reasons:?}");
    assert!(found.bytes < 3 << 20, "{}", found.bytes);
}

#[test]
fn keys_are_judged_one_by_one_and_the_worst_wins() {
    let append = |call: u64, key: &str, text: &str| {
        let op = TextsOp::Append(Bytes::from(key), Bytes::from(text));
        operation::<Texts>(call, op, Some((call + 1, TextsRet::Written)))
    };
    let get = |call: u64, key: &str, text: &str| {
        let op = TextsOp::Get(Bytes::from(key));
        operation::<Texts>(call, op, Some((call + 1, TextsRet::Text(Bytes::from(text)))))
    };
    let mut all = vec![append(1, "a", "x"), append(3, "b", "y"), get(5, "a", "x")];
    let found = check(&Texts::default(), &all, &Budget::default());
    assert_eq!((found.is_linearizable(), found.parts), (Some(true), 2));
    all.push(get(7, "b", ""));
    let (refutation, contradiction) = refuted(&all);
    assert_eq!((refutation.culprit, contradiction.needed), (3, vec![1, 3]));
}

#[test]
fn many_lost_writes_that_nobody_saw_cost_nothing() {
    let mut all = vec![write(1, 1, 2)];
    all.extend((0..500).map(|at| operation(3 + at, Write(1000), None)));
    all.push(operation(600, Delete, None));
    all.push(read(700, 2, 701));
    let found = check(&Register::default(), &all, &Budget::default());
    assert_eq!(found.is_linearizable(), Some(false));
    assert!(found.steps < 100, "{}", found.steps);
}

#[test]
fn ten_thousand_operations_fit_into_little_memory() {
    let mut dice = Dice(3);
    let shape = Shape { operations: 10_000, clients: 10, unknown: 1, bursts: false };
    let mut register = Register::default();
    let mut number = 0;
    let ask = |dice: &mut Dice| {
        number += 1;
        if dice.percent(50) { Read } else { Write(number) }
    };
    let mut store =
        |op: &RegisterOp| stateright::semantics::SequentialSpec::invoke(&mut register, op);
    let all = legal::<Register>(shape, &mut dice, ask, &mut store);
    let found = check(&Register::default(), &all, &Budget::default());
    assert_eq!(found.is_linearizable(), Some(true));
    assert!(found.bytes < 20_000_000, "{} bytes, {} steps", found.bytes, found.steps);
}

/// A run of etcd with a transaction, a lease that ends by itself, and lost answers.
fn etcd_run() -> common::Cluster {
    let mut cluster = common::Cluster::new(1);
    let client = cluster.client(0);
    let does = |cluster: &mut common::Cluster, request: Request| {
        let op = cluster.invoke(client, request);
        let answer = cluster.take_effect(&op);
        cluster.answer(&op, answer);
    };
    does(&mut cluster, grant(7, 5));
    does(&mut cluster, put_with_lease("a", "1", 7));
    cluster.lose_answer(0, put("b", "2"));
    cluster.lose_request(0, delete("a"));
    does(&mut cluster, txn(vec![if_value("b", "2")], vec![put("b", "3")], vec![get("a")]));
    cluster.expire(7);
    does(&mut cluster, get("a"));
    does(&mut cluster, get("b"));
    cluster
}

#[test]
fn a_history_of_etcd_is_searched_with_its_leases() {
    let history = etcd_run().stop();
    let operations = etcd_operations(&history.events).expect("the model knows all of it");
    let found = check(&Etcd::default(), &operations, &Budget::default());
    assert_eq!(found.is_linearizable(), Some(true), "{operations:#?}");
}

#[test]
fn an_answer_of_etcd_that_is_wrong_is_refuted_in_words() {
    let mut history = etcd_run().stop();
    let last = common::edit_last(
        &mut history,
        |event| format!("{:?}", event.body).contains("Complete(Ok(Range"),
        |event| common::with_response(event, |response| common::set_revision(response, 3)),
    );
    assert!(last.is_some());
    let operations = etcd_operations(&history.events).expect("the model knows all of it");
    let (refutation, contradiction) = refuted(&operations);
    let finding = finding("the run", &operations, &refutation, &contradiction);
    assert!(finding.sentence.contains("no order explains read of b"), "{}", finding.sentence);
    assert!(finding.because.contains("and right is"), "{}", finding.because);
}

#[test]
fn a_refusal_is_for_a_reason_that_is_right() {
    let keep = |lease: i64| {
        let lease = LeaseId(lease);
        Request::Put(Put { key: "k".into(), lease, ignore_value: true, ..Put::default() })
    };
    let cases = [
        (put_with_lease("k", "v", 7), Refusal::LeaseNotFound, true),
        (put_with_lease("k", "v", 7), Refusal::KeyNotFound, false),
        (put("k", "v"), Refusal::KeyNotFound, false),
        (put("k", "v"), Refusal::TooManyRequests, true),
        (keep(0), Refusal::KeyNotFound, true),
        (keep(0), Refusal::LeaseNotFound, false),
        (keep(0), Refusal::Compacted, false),
        // Either is right.
        (keep(7), Refusal::KeyNotFound, true),
        (keep(7), Refusal::LeaseNotFound, true),
    ];
    for (request, reason, right) in cases {
        let admitted = Etcd::default().admits(&request, &Err(reason));
        assert_eq!(admitted, right, "{request:?} {reason:?}");
    }
}

#[test]
fn a_request_that_the_model_does_not_know_is_said() {
    let mut cluster = common::Cluster::new(1);
    let client = cluster.client(0);
    let lock = Lock { name: Bytes::from("l"), lease: LeaseId(1) };
    cluster.invoke(client, Request::Lock(lock));
    let told = etcd_operations(&cluster.stop().events).map(|operations| operations.len());
    assert!(told.expect_err("locks write").starts_with("the model does not know what `lock"));
}
