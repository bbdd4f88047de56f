//! The append checker on long random runs against the reference store: silent on legal
//! ones, and firing on every planted mistake.

use std::collections::BTreeMap;

use crate::common::{
    self, Cluster, Dice, Op, edit, if_mod_revision, listing, told, verdict, with_response,
};
use crate::lists::range;
use stormglass_checkers::append::{list_elements, list_value};
use stormglass_checkers::history::{
    Body, Bytes, History, KeyValue, Outcome, Put, Range, RangeResponse, Request, Response, Txn,
    TxnOp,
};
use stormglass_checkers::verdict::Status;

/// Lists in one value, and in many keys.
const VALUES: [&str; 2] = ["a", "b"];
const KEYS: [&str; 2] = ["c/", "d/"];

/// Clients that overlap, on three members, with unknown outcomes and lagging members.
struct Run {
    cluster: Cluster,
    dice: Dice,
    elements: u64,
    /// What clients know of lists in one value.
    known: BTreeMap<&'static str, (Vec<Bytes>, i64)>,
    open: Vec<(Op, Option<common::cluster::Answer>)>,
    late: Vec<Op>,
    unknown: u64,
}

impl Run {
    fn legal(seed: u64, operations: u64, unknown: u64) -> History {
        let mut run = Self {
            cluster: Cluster::new(3),
            dice: Dice(seed),
            elements: 0,
            known: BTreeMap::new(),
            open: Vec::new(),
            late: Vec::new(),
            unknown,
        };
        for _ in 0..operations {
            run.step();
        }
        while !run.open.is_empty() {
            run.end_one();
        }
        run.cluster.finish()
    }

    fn element(&mut self) -> Bytes {
        self.elements += 1;
        format!("{:05}", self.elements).into()
    }

    fn request(&mut self) -> Request {
        let mut names: Vec<&'static str> = VALUES.into_iter().chain(KEYS).collect();
        let local = self.dice.percent(15);
        let (mut compare, mut success, mut failure) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..=self.dice.below(4) {
            let at = usize::try_from(self.dice.below(names.len() as u64)).unwrap_or(0);
            let name = names.swap_remove(at);
            let read = Range { serializable: local, ..range(name) };
            if local || self.dice.percent(45) {
                success.push(TxnOp::Range(read));
            } else if name.ends_with('/') {
                for _ in 0..=self.dice.below(2) {
                    let element = self.element();
                    let key = format!("list/{name}{element}").into();
                    success.push(TxnOp::Put(Put { key, value: element, ..Put::default() }));
                }
            } else {
                let (mut list, revision) = self.known.get(name).cloned().unwrap_or_default();
                list.extend((0..=self.dice.below(2)).map(|_| self.element()));
                let key = format!("list/{name}");
                compare.push(if_mod_revision(&key, revision));
                let value = list_value(&list);
                success.push(TxnOp::Put(Put { key: key.into(), value, ..Put::default() }));
                failure.push(TxnOp::Range(range(name)));
            }
            if !local && self.dice.percent(15) {
                success.push(TxnOp::Range(range(name)));
            }
        }
        Request::Txn(Txn { compare, success, failure })
    }

    fn learn(&mut self, response: &Response) {
        let Response::Txn(answer) = response else { return };
        for response in &answer.responses {
            let Response::Range(RangeResponse { kvs, .. }) = response else { continue };
            for KeyValue { key, value, mod_revision, .. } in kvs {
                let name = VALUES.into_iter().find(|name| *key == format!("list/{name}").into());
                if let (Some(name), Some(list)) = (name, list_elements(value)) {
                    self.known.insert(name, (list, mod_revision.0));
                }
            }
        }
    }

    fn step(&mut self) {
        let member = u16::try_from(self.dice.below(3)).unwrap_or(0);
        match self.dice.below(30) {
            0 => self.cluster.lag(member),
            1..4 => self.cluster.catch_up(member),
            _ => {}
        }
        let process = self.cluster.client(member);
        let request = self.request();
        let op = self.cluster.invoke(process, request);
        self.open.push((op, None));
        while self.open.len() >= 6 {
            self.end_one();
        }
    }

    fn end_one(&mut self) {
        if !self.late.is_empty() && self.dice.percent(30) {
            let op = self.late.remove(0);
            let _ = self.cluster.take_effect(&op);
        }
        let at = usize::try_from(self.dice.below(self.open.len() as u64)).unwrap_or(0);
        let unknown = self.dice.percent(self.unknown);
        if unknown {
            let (op, answer) = self.open.swap_remove(at);
            if answer.is_none() && self.dice.percent(50) {
                self.late.push(op.clone());
            }
            self.cluster.give_up(&op);
            return;
        }
        let (op, answer) = &mut self.open[at];
        let Some(answer) = answer.take() else {
            *answer = Some(self.cluster.take_effect(op));
            return;
        };
        let (op, _) = self.open.swap_remove(at);
        if let Ok(response) = &answer {
            self.learn(response);
        }
        self.cluster.answer(&op, answer);
    }
}

#[test]
fn legal_runs_are_silent() {
    let mut resolved = 0;
    for seed in 0..300 {
        let history = Run::legal(seed, 120, seed % 20);
        let verdict = verdict("append", &history);
        let message = || format!("seed {seed}: {}\n{}", told(&verdict), listing(&history));
        assert_eq!(verdict.status, Status::Valid, "{}", message());
        assert!(verdict.stats["appends"] > 20, "{}", message());
        resolved += verdict.stats["unknown outcomes that took effect"];
    }
    assert!(resolved > 500, "{resolved}");
}

/// A place for a mistake: a linearizable read that was answered, what was appended by
/// transactions that had ended before it was sent, and its event.
struct Place {
    event: u64,
    /// Which answer inside the transaction.
    part: usize,
    single: bool,
    /// Elements that it must show, in their order.
    due: Vec<Bytes>,
}

/// Every read of more than `least` due elements.
fn places(history: &History, least: usize) -> Vec<Place> {
    let mut ended: Vec<Bytes> = Vec::new();
    let mut open = BTreeMap::new();
    let mut places = Vec::new();
    for event in &history.events {
        match (&event.body, event.process) {
            (Body::Invoke(invoke), Some(process)) => {
                open.insert(process, (invoke.request.clone(), ended.len()));
            }
            (Body::Complete(outcome), Some(process)) => {
                let Some((Request::Txn(txn), due)) = open.remove(&process) else { continue };
                let Outcome::Ok(Response::Txn(answer)) = outcome else { continue };
                let branch = if answer.succeeded { &txn.success } else { &txn.failure };
                let pure = branch
                    .iter()
                    .all(|op| matches!(op, TxnOp::Range(range) if !range.serializable));
                for (part, (op, response)) in branch.iter().zip(&answer.responses).enumerate() {
                    if let (TxnOp::Range(_), Response::Range(read), true) = (op, response, pure) {
                        let shown = shown(read);
                        let due: Vec<Bytes> =
                            shown.into_iter().filter(|one| ended[..due].contains(one)).collect();
                        if due.len() > least {
                            let single = read
                                .kvs
                                .first()
                                .is_some_and(|pair| list_elements(&pair.value).is_some());
                            places.push(Place { event: event.index, part, single, due });
                        }
                    }
                }
                if answer.succeeded {
                    for op in &txn.success {
                        let TxnOp::Put(put) = op else { continue };
                        match list_elements(&put.value) {
                            Some(list) => ended.extend(list),
                            None => ended.push(put.value.clone()),
                        }
                    }
                }
            }
            _ => {}
        }
    }
    places
}

fn shown(read: &RangeResponse) -> Vec<Bytes> {
    let mut pairs: Vec<&KeyValue> = read.kvs.iter().collect();
    pairs.sort_by_key(|pair| (pair.create_revision, &pair.key));
    pairs
        .iter()
        .flat_map(|pair| list_elements(&pair.value).unwrap_or(vec![pair.value.clone()]))
        .collect()
}

/// Plants a mistake at every place, each in a history of its own: all must be found.
fn plants(least: usize, mistake: impl Fn(&Place, &mut RangeResponse)) {
    let mut planted = 0;
    for seed in 0..40 {
        let history = Run::legal(seed, 60, seed % 10);
        for place in places(&history, least) {
            let mut wrong = history.clone();
            edit(&mut wrong, place.event, |event| {
                with_response(event, |response| {
                    if let Response::Txn(answer) = response
                        && let Response::Range(read) = &mut answer.responses[place.part]
                    {
                        mistake(&place, read);
                    }
                });
            });
            let verdict = verdict("append", &wrong);
            let message = || format!("seed {seed}, {}: {}", place.event, told(&verdict));
            assert_eq!(verdict.status, Status::Invalid, "{}\n{}", message(), listing(&wrong));
            assert!(verdict.findings.iter().all(|f| f.witness.steps.len() <= 12), "{}", message());
            planted += 1;
        }
    }
    assert!(planted > 200, "{planted}");
}

/// Replaces what a read shows of a list, keeping the pairs of elements that stay.
fn show(place: &Place, read: &mut RangeResponse, list: &[Bytes]) {
    if place.single {
        read.kvs[0].value = list_value(list);
        return;
    }
    let revisions: Vec<_> = {
        let mut pairs: Vec<&KeyValue> = read.kvs.iter().collect();
        pairs.sort_by_key(|pair| (pair.create_revision, &pair.key));
        pairs.iter().map(|pair| pair.create_revision).collect()
    };
    read.kvs.retain(|pair| list.contains(&pair.value));
    for pair in &mut read.kvs {
        let at = list.iter().position(|one| *one == pair.value).unwrap_or(0);
        pair.create_revision = revisions[at];
    }
}

#[test]
fn a_dropped_element_is_always_found() {
    plants(0, |place, read| {
        let middle = &place.due[place.due.len() / 2];
        let list: Vec<Bytes> = shown(read).into_iter().filter(|one| one != middle).collect();
        show(place, read, &list);
    });
}

#[test]
fn a_stale_snapshot_is_always_found() {
    plants(0, |place, read| {
        let last = place.due.last().expect("there is one");
        let list = shown(read);
        let end = list.iter().position(|one| one == last).unwrap_or(0);
        show(place, read, &list[..end]);
    });
}

#[test]
fn swapped_elements_are_always_found() {
    // Of elements of one revision the keys decide, so the outermost are swapped.
    plants(4, |place, read| {
        let mut list = shown(read);
        let last = list.len() - 1;
        list.swap(0, last);
        show(place, read, &list);
    });
}

#[test]
fn a_repeated_element_is_always_found() {
    plants(0, |place, read| {
        if place.single {
            let mut list = shown(read);
            list.push(place.due[0].clone());
            show(place, read, &list);
        } else {
            read.kvs.push(read.kvs[0].clone());
        }
    });
}
