//! The checker by revision against a search through all orders, on tiny histories.

use std::collections::BTreeMap;

use crate::common::witnesses::rulings;
use crate::common::{
    self, Dice, Legal, Store, edit, end_at_once, exchange_answers, invocation_of, listing, remove,
    told, unconfirmed,
};
use stormglass_checkers::history::{
    Body, History, KeyEvent, Outcome, ProcessId, Refusal, Request, Response, Revision, TxnOp,
    WatchFrame,
};
use stormglass_checkers::verdict::{Status, Verdict};
use stormglass_checkers::witness::Ruling;

/// Something that must have its place in the order.
#[derive(Clone, Debug)]
struct Item {
    from: u64,
    to: u64,
    what: What,
}

#[derive(Clone, Debug)]
enum What {
    /// An operation that was answered so.
    Answered(Request, Response),
    /// One that may have taken effect, or may not.
    Doubtful(Request),
    /// One that was refused for what the state was.
    Refused(Request),
    /// A watch showed a revision.
    Watched(i64, Vec<KeyEvent>),
}

/// A member's own answer from a state of the past.
#[derive(Clone, Debug)]
struct Local {
    to: u64,
    request: Request,
    response: Response,
}

#[derive(Clone, Debug, Default)]
struct Search {
    items: Vec<Item>,
    locals: Vec<Local>,
}

/// A state of the search: the store, and when the writer of each revision was sent.
#[derive(Clone, Debug, Default)]
struct Point {
    store: Store,
    sent: Vec<u64>,
}

impl Search {
    fn of(history: &History) -> Self {
        let mut search = Self::default();
        let mut open: BTreeMap<ProcessId, (u64, Request)> = BTreeMap::new();
        for event in &history.events {
            match (&event.body, event.process) {
                (Body::Invoke(invoke), Some(process)) => {
                    open.insert(process, (event.index, invoke.request.clone()));
                }
                (Body::Complete(outcome), Some(process)) => {
                    if let Some((from, request)) = open.remove(&process) {
                        search.operation(from, event.index, request, outcome);
                    }
                }
                (Body::Watch(watch), _) => {
                    if let WatchFrame::Events(events) = &watch.frame {
                        let revision = events.events[0].kv.mod_revision.0;
                        let what = What::Watched(revision, events.events.clone());
                        search.items.push(Item { from: 0, to: event.index, what });
                    }
                }
                _ => {}
            }
        }
        for (from, request) in open.into_values() {
            search.items.push(Item { from, to: u64::MAX, what: What::Doubtful(request) });
        }
        search
    }

    fn operation(&mut self, from: u64, to: u64, request: Request, outcome: &Outcome) {
        match outcome {
            Outcome::Ok(response) if is_local(&request) => {
                self.locals.extend(plain(Ok(response.clone())).map(|response| Local {
                    to,
                    request,
                    response,
                }));
            }
            Outcome::Ok(response) => {
                let mut response = response.clone();
                strip(&mut response);
                self.items.push(Item { from, to, what: What::Answered(request, response) });
            }
            Outcome::Unknown(_) => {
                self.items.push(Item { from, to: u64::MAX, what: What::Doubtful(request) });
            }
            Outcome::Failed(definite) => {
                let reasons = [Refusal::KeyNotFound, Refusal::FutureRevision, Refusal::Compacted];
                if reasons.contains(&definite.reason) && !is_local(&request) {
                    self.items.push(Item { from, to, what: What::Refused(request) });
                }
            }
        }
    }

    /// Whether some order of everything explains everything.
    fn linearizable(&self, left: &[usize], point: &Point) -> bool {
        let required = |at: &&usize| !matches!(self.items[**at].what, What::Doubtful(_));
        if !left.iter().any(|at| required(&at)) && self.locals_agree(point) {
            return true;
        }
        let first = left.iter().filter(required).map(|at| self.items[*at].to).min();
        left.iter().any(|at| {
            self.items[*at].from < first.unwrap_or(u64::MAX)
                && Self::step(&self.items[*at], point).is_some_and(|next| {
                    let rest: Vec<usize> =
                        left.iter().copied().filter(|other| other != at).collect();
                    self.linearizable(&rest, &next)
                })
        })
    }

    fn step(item: &Item, point: &Point) -> Option<Point> {
        let mut next = point.clone();
        let before = next.store.revision();
        match &item.what {
            What::Answered(request, response) => {
                (plain(next.store.apply(request)).as_ref() == Some(response)).then_some(())?;
            }
            What::Doubtful(request) => {
                let _ = next.store.apply(request);
                // Without effect it can as well be left out.
                (next.store.revision() > before).then_some(())?;
            }
            What::Refused(request) => {
                next.store.apply(request).is_err().then_some(())?;
            }
            What::Watched(revision, events) => {
                let same = next.store.revision() >= *revision
                    && next.store.changes(*revision) == events.as_slice();
                same.then_some(())?;
            }
        }
        if next.store.revision() > before {
            next.sent.push(item.from);
        }
        Some(next)
    }

    fn locals_agree(&self, point: &Point) -> bool {
        self.locals.iter().all(|local| {
            let revision = local.response.header().map_or(0, |header| header.revision.0);
            let shown = usize::try_from(revision - 1).ok().and_then(|many| point.sent.get(..many));
            shown.is_some_and(|sent| sent.iter().all(|sent| *sent < local.to))
                && plain(point.store.read_old(&local.request, revision)).as_ref()
                    == Some(&local.response)
        })
    }

    fn decide(&self) -> bool {
        let all: Vec<usize> = (0..self.items.len()).collect();
        self.linearizable(&all, &Point::default())
    }

    /// Whether the refusals alone are at fault.
    fn decide_without_refusals(&self) -> bool {
        let refused = |at: &usize| matches!(self.items[*at].what, What::Refused(_));
        let all: Vec<usize> = (0..self.items.len()).filter(|at| !refused(at)).collect();
        self.linearizable(&all, &Point::default())
    }
}

/// An answer without the headers inside transactions, which releases fill differently.
fn plain(answer: common::cluster::Answer) -> Option<Response> {
    let mut response = answer.ok()?;
    strip(&mut response);
    Some(response)
}

fn strip(response: &mut Response) {
    if let Response::Txn(txn) = response {
        for inner in &mut txn.responses {
            match inner {
                Response::Put(inner) => inner.header = None,
                Response::Range(inner) => inner.header = None,
                Response::Delete(inner) => inner.header = None,
                Response::Txn(nested) => nested.header = None,
                _ => {}
            }
            strip(inner);
        }
    }
}

fn is_local(request: &Request) -> bool {
    let serializable = |op: &TxnOp| matches!(op, TxnOp::Range(range) if range.serializable);
    match request {
        Request::Range(range) => range.serializable,
        Request::Txn(txn) => txn.success.iter().chain(&txn.failure).all(serializable),
        _ => false,
    }
}

/// A tiny run on one member, its requests kept to the key space.
fn tiny(seed: u64) -> History {
    let mut dice = Dice(seed ^ 0xabcd);
    let shape = Legal {
        seed,
        operations: 2 + dice.below(5),
        keys: 2,
        open: 3,
        unknown: 20,
        disturbed: false,
    };
    let mut history = shape.traffic().stop();
    let first_watch = stormglass_checkers::history::WatchId(1);
    remove(&mut history, |event| match &event.body {
        Body::Watch(watch) => watch.watch != first_watch,
        _ => false,
    });
    history
}

/// Whether every request concerns the key space only.
fn is_plain(history: &History) -> bool {
    history.events.iter().all(|event| match &event.body {
        Body::Invoke(invoke) => match &invoke.request {
            Request::Put(put) => put.lease.is_none(),
            Request::Range(_) | Request::Delete(_) => true,
            Request::Txn(_) => (1..=3).all(|lease| {
                !format!("{:?}", invoke.request).contains(&format!("lease: LeaseId({lease})"))
            }),
            _ => false,
        },
        _ => true,
    })
}

fn revision_of(response: &mut Response) -> Option<&mut Revision> {
    let header = match response {
        Response::Put(response) => response.header.as_mut(),
        Response::Range(response) => response.header.as_mut(),
        Response::Delete(response) => response.header.as_mut(),
        Response::Txn(response) => response.header.as_mut(),
        _ => None,
    };
    header.map(|header| &mut header.revision)
}

/// Plants a mistake into a completion.
fn spoil(dice: &mut Dice, response: &mut Response) {
    let by = if dice.percent(50) { 1 } else { -1 };
    match (dice.below(4), response) {
        (0 | 1, response) => {
            if let Some(revision) = revision_of(response)
                && revision.0 + by > 0
            {
                revision.0 += by;
            }
        }
        (2, Response::Range(range)) => {
            range.kvs.pop();
        }
        (_, Response::Range(range)) => {
            if let Some(kv) = range.kvs.first_mut() {
                kv.mod_revision.0 += by;
            }
        }
        (2, Response::Delete(delete)) => delete.deleted = (delete.deleted + by).max(0),
        (_, Response::Txn(txn)) => txn.succeeded = !txn.succeeded,
        _ => {}
    }
}

/// Plants a mistake somewhere, or none.
fn plant(dice: &mut Dice, history: &mut History) {
    let completions: Vec<u64> = history
        .events
        .iter()
        .filter(|event| matches!(event.body, Body::Complete(Outcome::Ok(_))))
        .map(|event| event.index)
        .collect();
    if completions.is_empty() {
        return;
    }
    let at = dice.pick(&completions);
    match dice.below(4) {
        0 => edit(history, at, |event| {
            if let Body::Complete(Outcome::Ok(response)) = &mut event.body {
                spoil(dice, response);
            }
        }),
        1 => {
            let (one, other) = (dice.pick(&completions), dice.pick(&completions));
            exchange_answers(history, one, other);
        }
        2 if invocation_of(history, at).is_some() && dice.percent(80) => end_at_once(history, at),
        _ => {}
    }
}

/// How many histories are compared; `STORMGLASS_HISTORIES` makes it more.
fn histories() -> u64 {
    let asked = std::env::var("STORMGLASS_HISTORIES").ok().and_then(|text| text.parse().ok());
    asked.unwrap_or(30_000)
}

/// How many findings the validator refuses. Where a store contradicts itself in several ways
/// at once, it can know less than the checker did, or doubt the name that the checker chose.
fn refused_of(history: &History, found: &Verdict) -> usize {
    let rulings = rulings(history, &found.findings);
    rulings.iter().filter(|ruling| **ruling != Ruling::Accepted).count()
}

#[test]
#[expect(clippy::print_stdout, reason = "how many histories were compared is worth knowing")]
fn the_checker_agrees_with_a_search_through_all_orders() {
    let (mut plain, mut unknown, mut valid, mut invalid) = (0_u32, 0_u32, 0_u32, 0_u32);
    let mut let_off = 0_u32;
    let (mut findings, mut refused) = (0_usize, 0_usize);
    for seed in 0..histories() {
        let mut dice = Dice(seed);
        let mut history = tiny(seed);
        if !is_plain(&history) {
            continue;
        }
        plain += 1;
        let watched = dice.percent(60);
        if !watched {
            remove(&mut history, |event| matches!(event.body, Body::Watch(_)));
        }
        plant(&mut dice, &mut history);
        let search = Search::of(&history);
        let expected = search.decide();
        let found = unconfirmed("linearizability", &history);
        // Without a watch it does not search for who made a revision that nothing shows.
        if watched {
            refused += refused_of(&history, &found);
            findings += found.findings.len();
        }
        let message = || format!("seed {seed}: {}\n{}", told(&found), listing(&history));
        match found.status {
            // A refusal at the end is let off where something in doubt may follow.
            Status::Valid if !expected && search.decide_without_refusals() => let_off += 1,
            Status::Valid => assert!(expected, "should be invalid: {}", message()),
            Status::Invalid => assert!(!expected, "should be valid: {}", message()),
            Status::Unknown => unknown += 1,
        }
        *(if expected { &mut valid } else { &mut invalid }) += 1;
    }
    assert!(valid > 1000 && invalid > 500, "{valid} valid and {invalid} invalid of {plain}");
    assert!(let_off * 100 < plain, "{let_off} wrong refusals of {plain} are let off");
    assert!(unknown * 100 < plain, "{unknown} of {plain} are unknown");
    assert!(refused * 8 < findings, "{refused} of {findings} findings are not confirmed");
    println!(
        "{refused} of {findings} findings are not confirmed by the validator; {plain} histories: {valid} valid, {invalid} invalid, {unknown} unknown, {let_off} let off"
    );
}
