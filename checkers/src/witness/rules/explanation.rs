//! Histories that no way to place what is in doubt explains: every way is tried.

use std::collections::BTreeSet;

use crate::history::{Bytes, LeaseId, Put, Request, Revision, TxnOp};
use crate::witness::answers::{branch_taken, differences};
use crate::witness::case::Case;
use crate::witness::ledger::{Held, Ledger};
use crate::witness::operation::Operation;
use crate::witness::proof::{Proof, demand, required};
use crate::witness::rule::{Needs, Rule};
use crate::witness::span::holds;

pub(super) const RULES: &[Rule] = &[Rule::new("no-explanation", Needs::ALL, no_explanation)];

/// So many ways are tried, and so many answers compared in all of them.
const WAYS: usize = 5_000;
const ANSWERS: usize = 100_000;

/// On shared ground, so many revisions may be open.
const OF_OTHERS: usize = 100;

/// Somebody who may have made a revision.
#[derive(Clone, Copy)]
enum Maker<'a> {
    Operation(&'a Operation),
    Lease(LeaseId),
}

struct Trial<'a> {
    answers: Vec<&'a Operation>,
    holes: Vec<Revision>,
    ways: usize,
    compared: usize,
}

fn no_explanation(case: &Case<'_>) -> Proof {
    let ledger = case.context.ledger(case.preamble);
    let operations = &case.context.operations;
    let newest = operations.iter().filter_map(Operation::header).max().unwrap_or_default();
    let holes = ledger.holes(newest);
    demand(!holes.is_empty(), "is of a history in which nothing is in doubt")?;
    let few = !ledger.is_shared() || holes.len() <= OF_OTHERS;
    demand(few, "is of a history with too many revisions that others may have made")?;
    demand(first_step_plays(case, &holes), "has a first step that plays no part")?;
    let leases: BTreeSet<LeaseId> = operations
        .iter()
        .flat_map(|one| crate::witness::writes::Writes::possible(&one.request).puts)
        .map(|put| put.lease)
        .filter(|lease| !lease.is_none())
        .collect();
    let makers: Vec<Maker<'_>> = ledger
        .doubtful()
        .iter()
        .map(Maker::Operation)
        .chain(leases.into_iter().map(Maker::Lease))
        .collect();
    let answers = operations.iter().filter(|one| one.header().is_some()).collect();
    let mut trial = Trial { answers, holes, ways: 0, compared: 0 };
    let explained = trial.explain(&ledger.certain(), 0, &makers)?;
    demand(!explained, "is of a history that can be explained")
}

/// Beside the answer stands who made a revision before what is in doubt, if anybody did.
fn first_step_plays(case: &Case<'_>, holes: &[Revision]) -> bool {
    let answered = |one: &Operation| one.header().is_some();
    let made = |at: Revision| case.context.operations.iter().any(|one| one.made() == Some(at));
    let before = |one: &Operation| {
        let early = one.made().is_some_and(|made| holes.iter().any(|hole| *hole > made));
        one.in_doubt() || early
    };
    let steps = super::answers::operations(case);
    match steps.as_slice() {
        _ if steps.len() != case.steps.len() => false,
        [one] => answered(one) && holes.first().is_none_or(|hole| !made(hole.previous())),
        [one, other] => (answered(one) && before(other)) || (before(one) && answered(other)),
        _ => false,
    }
}

impl Trial<'_> {
    /// Whether some choice of makers for the holes from one on explains every answer.
    fn explain(
        &mut self,
        ledger: &Ledger,
        at: usize,
        makers: &[Maker<'_>],
    ) -> Result<bool, String> {
        self.ways += 1;
        let few = self.ways <= WAYS && self.compared <= ANSWERS;
        demand(few, "is of a history with too many ways to try")?;
        let Some(hole) = self.holes.get(at).copied() else {
            let fits = self.answers.iter().take_while(|one| differences(ledger, one).is_empty());
            let fitting = fits.count();
            self.compared += fitting + 1;
            return Ok(fitting == self.answers.len());
        };
        if ledger.is_shared()
            && self.explain(&ledger.supposing(hole, (&[], &[])), at + 1, makers)?
        {
            return Ok(true);
        }
        for (number, maker) in makers.iter().enumerate() {
            if !self.in_time(*maker, hole) {
                continue;
            }
            let Some((puts, gone)) = effects(ledger, hole.previous(), *maker)? else { continue };
            let mut rest = makers.to_vec();
            rest.remove(number);
            let next = ledger.supposing(hole, (&puts, &gone));
            if self.explain(&next, at + 1, &rest)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether a request was sent before anything showed its revision.
    fn in_time(&self, maker: Maker<'_>, at: Revision) -> bool {
        let Maker::Operation(operation) = maker else { return true };
        self.answers.iter().all(|one| {
            let after = one.ended() < operation.invocation;
            !(after && one.reached().is_some_and(|reached| reached >= at))
        })
    }
}

/// What a maker changes.
type Effects<'a> = (Vec<&'a Put>, Vec<Bytes>);

/// What somebody would change on the state at a revision; nothing where that is nothing.
fn effects<'a>(
    ledger: &Ledger,
    at: Revision,
    maker: Maker<'a>,
) -> Result<Option<Effects<'a>>, String> {
    let mut effects: Effects<'a> = (Vec::new(), Vec::new());
    match maker {
        Maker::Lease(lease) => {
            let every = (&Bytes::from(""), &Bytes::from("\0"));
            let keys = ledger.keys_in(every).filter(|key| match ledger.held(key, at) {
                Held::Pair(pair, _) => pair.lease == lease,
                _ => false,
            });
            effects.1.extend(keys.cloned());
        }
        Maker::Operation(operation) => match &operation.request {
            Request::Put(put) => add_put(ledger, at, put, &mut effects),
            Request::Delete(one) => {
                add_gone(ledger, at, (&one.key, &one.range_end), &mut effects);
            }
            Request::Txn(txn) => {
                let taken = branch_taken(ledger, at, txn);
                let taken = required(taken, "is of a history with guards that cannot be judged")?;
                for op in if taken { &txn.success } else { &txn.failure } {
                    match op {
                        TxnOp::Put(put) => add_put(ledger, at, put, &mut effects),
                        TxnOp::Delete(one) => {
                            add_gone(ledger, at, (&one.key, &one.range_end), &mut effects);
                        }
                        TxnOp::Range(_) => {}
                        TxnOp::Txn(_) => {
                            return Err("is of a history with nested transactions".to_owned());
                        }
                    }
                }
            }
            _ => {}
        },
    }
    Ok(Some(effects).filter(|(puts, gone)| !puts.is_empty() || !gone.is_empty()))
}

fn add_put<'a>(ledger: &Ledger, at: Revision, put: &'a Put, effects: &mut Effects<'a>) {
    let keeps = put.ignore_value || put.ignore_lease;
    if !keeps || matches!(ledger.held(&put.key, at), Held::Pair(..)) {
        effects.0.push(put);
    }
}

fn add_gone(ledger: &Ledger, at: Revision, span: (&Bytes, &Bytes), (_, gone): &mut Effects<'_>) {
    let there = |key: &&Bytes| matches!(ledger.held(key, at), Held::Pair(..));
    gone.extend(ledger.keys_in(span).filter(there).filter(|key| holds(span, key)).cloned());
}
