//! One transaction after the other.

use std::collections::BTreeMap;

use rand::RngExt as _;
use rand::rngs::ChaCha8Rng;
use stormglass_checkers::history::{
    Bytes, Compare, Request, Response, Revision, Txn, TxnOp, TxnResponse,
};

use super::lists::Known;
use super::settings::Settings;
use super::weights::WEIGHTS;
use crate::workload::weights::Weights;

/// How often a list gets two elements at once.
const TWO: f64 = 0.2;
/// How often a transaction reads what it has just appended.
const OWN: f64 = 0.15;
/// How often the list before is read, which is full.
const OLD: f64 = 0.1;
/// How many lists a transaction is about, at most.
const LISTS_MAX: u32 = 4;

/// Draws the transactions of one client.
pub(super) struct Requests {
    client: u32,
    rng: ChaCha8Rng,
    weights: Weights,
    lists: BTreeMap<u32, Known>,
    elements: u64,
    /// The slots that the open transaction is about.
    slots: Vec<u32>,
}

impl Requests {
    pub(super) fn new(settings: &Settings, client: u32, rng: ChaCha8Rng) -> Self {
        Self {
            client,
            rng,
            weights: Weights::new(&WEIGHTS, &settings.spec, &[]),
            lists: BTreeMap::new(),
            elements: 0,
            slots: Vec::new(),
        }
    }

    /// The next transaction; none where every weight is 0.
    pub(super) fn next(&mut self, settings: &Settings) -> Option<Request> {
        let name = self.weights.draw(&mut self.rng)?;
        let slots = self.draw_slots(settings, if name == "append" { 1 } else { 2 });
        self.slots.clone_from(&slots);
        let txn = match name {
            "read" => self.reads(settings, &slots, false),
            "local-read" => self.reads(settings, &slots, true),
            "append" => self.writes(settings, &slots, slots.len()),
            _ => {
                let appends = self.rng.random_range(1..slots.len());
                self.writes(settings, &slots, appends)
            }
        };
        Some(Request::Txn(txn))
    }

    /// Some slots, each once.
    fn draw_slots(&mut self, settings: &Settings, least: u32) -> Vec<u32> {
        let most = LISTS_MAX.min(settings.spec.keys);
        let count = self.rng.random_range(least..=most) as usize;
        let mut slots = Vec::with_capacity(count);
        while slots.len() < count {
            let slot = self.rng.random_range(0..settings.spec.keys);
            if !slots.contains(&slot) {
                slots.push(slot);
            }
        }
        slots
    }

    fn reads(&mut self, settings: &Settings, slots: &[u32], local: bool) -> Txn {
        let success = slots.iter().map(|slot| self.read(settings, *slot, local)).collect();
        Txn { success, ..Txn::default() }
    }

    fn read(&mut self, settings: &Settings, slot: u32, local: bool) -> TxnOp {
        let old = self.rng.random_bool(OLD);
        TxnOp::Range(self.known(slot).read(settings, slot, old, local))
    }

    /// Appends to so many of the lists and reads of the others, in any order. Where the
    /// guards do not hold all of them are read, so that the client can try again.
    fn writes(&mut self, settings: &Settings, slots: &[u32], appends: usize) -> Txn {
        let mut compare: Vec<Compare> = Vec::new();
        let mut success = Vec::new();
        let first = self.rng.random_range(0..slots.len());
        for (number, slot) in slots.iter().enumerate() {
            // The appends are drawn, and so is whether they are first.
            if (number + first) % slots.len() >= appends {
                success.push(self.read(settings, *slot, false));
                continue;
            }
            let elements = self.elements();
            let (puts, guard) = self.known(*slot).append(settings, *slot, &elements);
            success.extend(puts);
            compare.extend(guard);
            if self.rng.random_bool(OWN) {
                success.push(TxnOp::Range(self.known(*slot).read(settings, *slot, false, false)));
            }
        }
        let read = |slot: &u32| TxnOp::Range(self.known(*slot).read(settings, *slot, false, false));
        let failure =
            if compare.is_empty() { Vec::new() } else { slots.iter().map(read).collect() };
        Txn { compare, success, failure }
    }

    /// New elements: `CLIENT-COUNTER`, so that those of one transaction sort as they
    /// were appended.
    fn elements(&mut self) -> Vec<Bytes> {
        let count = if self.rng.random_bool(TWO) { 2 } else { 1 };
        let mut next = || {
            self.elements += 1;
            Bytes::from(format!("{}-{:06}", self.client, self.elements))
        };
        (0..count).map(|_| next()).collect()
    }

    fn known(&self, slot: u32) -> Known {
        self.lists.get(&slot).cloned().unwrap_or_default()
    }

    /// Learns from an answer.
    pub(super) fn answered(&mut self, settings: &Settings, txn: &Txn, answer: &TxnResponse) {
        let at = answer.header.map_or(Revision(0), |header| header.revision);
        let branch = if answer.succeeded { &txn.success } else { &txn.failure };
        let slots = std::mem::take(&mut self.slots);
        for slot in slots {
            let mut known = self.known(slot);
            for (op, response) in branch.iter().zip(&answer.responses) {
                match (op, response) {
                    (TxnOp::Range(range), Response::Range(read)) => {
                        known.learn(settings, slot, range, read);
                    }
                    (TxnOp::Put(put), Response::Put(_)) => known.wrote(settings, slot, put, at),
                    _ => {}
                }
            }
            self.lists.insert(slot, known);
        }
    }
}
