//! A key that no order of its puts, gets and deletes explains: every order is tried.

use std::collections::BTreeSet;

use crate::history::{Bytes, Range, Request, Response};
use crate::witness::case::Case;
use crate::witness::operation::Operation;
use crate::witness::proof::{Proof, demand, required};
use crate::witness::rule::{Needs, Rule};
use crate::witness::writes::Writes;

pub(super) const RULES: &[Rule] =
    &[Rule::new("not-linearizable", Needs::CHANGES, not_linearizable)];

/// So many ways are tried.
const WAYS: usize = 200_000;

/// What a key holds: a value, or nothing.
type Held<'a> = Option<&'a Bytes>;

/// What an operation of a register does.
struct Item<'a> {
    call: u64,
    end: u64,
    needs: Needed<'a>,
    leaves: Leaves<'a>,
}

/// What the key must hold before.
#[derive(Clone, Copy)]
enum Needed<'a> {
    Nothing,
    /// This; an absent key is one that holds nothing.
    This(Held<'a>),
    /// Any value.
    Some,
}

/// What it holds afterwards.
#[derive(Clone, Copy)]
enum Leaves<'a> {
    Same,
    Other(Held<'a>),
}

impl Needed<'_> {
    fn fits(self, held: Held<'_>) -> bool {
        match self {
            Self::Nothing => true,
            Self::This(value) => held == value,
            Self::Some => held.is_some(),
        }
    }
}

impl<'a> Leaves<'a> {
    fn over(self, held: Held<'a>) -> Held<'a> {
        match self {
            Self::Same => held,
            Self::Other(value) => value,
        }
    }
}

fn not_linearizable(case: &Case<'_>) -> Proof {
    demand(!case.preamble.revisions, "is of a store whose revisions tell the order")?;
    let empty = case.preamble.territory().empty_at();
    demand(empty.is_some(), "is of a store of which nobody knows what it held at the start")?;
    let steps = super::answers::operations(case);
    demand(steps.len() == case.steps.len(), "has steps that are no operations")?;
    let key = required(steps.first().and_then(|one| key_of(&one.request)), "names no key")?;
    let mut believed = Vec::new();
    for step in &steps {
        demand(key_of(&step.request) == Some(key), "is about more than one key")?;
        believed.push(required(item(step), "has a step that no register answers")?);
    }
    let rest = rest(case, key, &steps)?;
    let mut trial = Trial { believed: &believed, rest: &rest, ways: 0 };
    let (placed, used) = (vec![false; believed.len()], vec![false; rest.len()]);
    let explained = trial.explain(&Way { placed, used, held: None })?;
    demand(!explained, "shows answers that some order explains")
}

/// What others may have done to the key, who are not believed.
fn rest<'a>(
    case: &'a Case<'_>,
    key: &Bytes,
    steps: &[&Operation],
) -> Result<Vec<Item<'a>>, String> {
    let named: BTreeSet<u64> = steps.iter().map(|one| one.invocation).collect();
    let mut rest = Vec::new();
    for one in &case.context.operations {
        if named.contains(&one.invocation) || one.refused() {
            continue;
        }
        if key_of(&one.request) == Some(key) {
            rest.extend(doubted(one));
        } else {
            // A lease may take the keys of a put that names it, at any time.
            let leased = matches!(&one.request, Request::Put(put) if put.key == *key);
            let may = Writes::possible(&one.request).may_touch(key) || services(&one.request);
            demand(!may && !leased, "is about a key that other requests may write")?;
        }
    }
    Ok(rest)
}

fn services(request: &Request) -> bool {
    matches!(
        request,
        Request::Lock(_)
            | Request::Unlock(_)
            | Request::Campaign(_)
            | Request::Proclaim(_)
            | Request::Resign(_)
    )
}

/// The key that a request uses as a register.
fn key_of(request: &Request) -> Option<&Bytes> {
    match request {
        Request::Put(put) => {
            let plain = put.lease.is_none() && !put.ignore_value && !put.ignore_lease;
            plain.then_some(&put.key)
        }
        Request::Delete(delete) => delete.range_end.is_empty().then_some(&delete.key),
        Request::Range(range) => {
            let (key, sort) = (range.key.clone(), range.sort);
            let plain = Range { key, sort, limit: range.limit.min(1), ..Range::default() };
            (*range == plain).then_some(&range.key)
        }
        _ => None,
    }
}

fn item(operation: &Operation) -> Option<Item<'_>> {
    let gone = Leaves::Other(None);
    let (needs, leaves) = match (&operation.request, operation.answer()?) {
        (Request::Put(put), Response::Put(_)) => (Needed::Nothing, Leaves::Other(Some(&put.value))),
        (Request::Delete(_), Response::Delete(answer)) if answer.deleted > 0 => {
            (Needed::Some, gone)
        }
        (Request::Delete(_), Response::Delete(_)) => (Needed::This(None), Leaves::Same),
        (Request::Range(_), Response::Range(answer)) => match answer.kvs.as_slice() {
            [] => (Needed::This(None), Leaves::Same),
            [pair] => (Needed::This(Some(&pair.value)), Leaves::Same),
            _ => return None,
        },
        _ => return None,
    };
    Some(Item { call: operation.invocation, end: operation.ended(), needs, leaves })
}

/// What an operation may do at any time after it was sent, or never.
fn doubted(operation: &Operation) -> Option<Item<'_>> {
    let value = match &operation.request {
        Request::Put(put) => Some(&put.value),
        Request::Delete(_) => None,
        _ => return None,
    };
    let (call, leaves) = (operation.invocation, Leaves::Other(value));
    Some(Item { call, end: u64::MAX, needs: Needed::Nothing, leaves })
}

struct Trial<'a> {
    believed: &'a [Item<'a>],
    rest: &'a [Item<'a>],
    ways: usize,
}

/// How far an order has come: what is placed of the believed, and used of the rest.
#[derive(Clone)]
struct Way<'a> {
    placed: Vec<bool>,
    used: Vec<bool>,
    held: Held<'a>,
}

impl<'a> Way<'a> {
    /// The next one is placed on what the key holds then.
    fn place(&self, number: usize, one: &Item<'a>, held: Held<'a>) -> Self {
        let mut next = self.clone();
        next.placed[number] = true;
        next.held = one.leaves.over(held);
        next
    }
}

impl<'a> Trial<'a> {
    /// Whether some order of what is not placed yet explains the answers.
    fn explain(&mut self, way: &Way<'a>) -> Result<bool, String> {
        self.ways += 1;
        demand(self.ways <= WAYS, "is of a key with too many orders to try")?;
        let left = self.believed.iter().zip(&way.placed).filter(|(_, placed)| !**placed);
        let Some(first) = left.map(|(one, _)| one.end).min() else { return Ok(true) };
        for (number, one) in self.believed.iter().enumerate() {
            if way.placed[number] || one.call > first {
                continue;
            }
            if one.needs.fits(way.held) {
                if self.explain(&way.place(number, one, way.held))? {
                    return Ok(true);
                }
                continue;
            }
            for (other, made) in self.helpers(way, one, first) {
                let mut next = way.place(number, one, made);
                next.used[other] = true;
                if self.explain(&next)? {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    /// Who may have made what one needs, right before it. Of those that leave the same, each
    /// can do what the others can.
    fn helpers(&self, way: &Way<'a>, one: &Item<'a>, first: u64) -> Vec<(usize, Held<'a>)> {
        let mut found: Vec<(usize, Held<'a>)> = Vec::new();
        for (other, item) in self.rest.iter().enumerate() {
            let Leaves::Other(made) = item.leaves else { continue };
            let may = !way.used[other] && item.call <= first && one.needs.fits(made);
            if may && !found.iter().any(|(_, known)| *known == made) {
                found.push((other, made));
            }
        }
        found
    }
}
