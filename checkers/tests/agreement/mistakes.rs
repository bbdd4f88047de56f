//! Mistakes that a store might make, planted into what it answered.

use stormglass_checkers::history::{
    Body, Definite, History, KeyValue, Outcome, Refusal, Response, Revision,
};

use super::common::{Dice, edit, end_at_once, exchange_answers};

/// Plants one to three mistakes into a history. Some of them make no difference.
pub fn plant(dice: &mut Dice, history: &mut History) {
    for _ in 0..=dice.below(3) {
        let answers = answers(history);
        if answers.is_empty() {
            return;
        }
        let (one, other) = (dice.pick(&answers), dice.pick(&answers));
        match dice.below(8) {
            0..=3 => change(dice, history, one),
            4 | 5 => exchange_answers(history, one, other),
            6 if dice.percent(50) => refuse(dice, history, one),
            _ => end_at_once(history, one),
        }
    }
}

/// The indices of all definite completions.
fn answers(history: &History) -> Vec<u64> {
    let definite =
        |body: &Body| matches!(body, Body::Complete(Outcome::Ok(_) | Outcome::Failed(_)));
    history.events.iter().filter(|event| definite(&event.body)).map(|event| event.index).collect()
}

/// An answer says something else.
fn change(dice: &mut Dice, history: &mut History, at: u64) {
    edit(history, at, |event| match &mut event.body {
        Body::Complete(Outcome::Ok(response)) => spoil(dice, response),
        Body::Complete(Outcome::Failed(definite)) => definite.reason = refusal(dice),
        _ => {}
    });
}

fn spoil(dice: &mut Dice, response: &mut Response) {
    let by = if dice.percent(50) { 1 } else { -1 };
    if dice.percent(40) {
        if let Some(revision) = revision_of(response)
            && revision.0 + by > 0
        {
            revision.0 += by;
        }
        return;
    }
    match response {
        Response::Put(put) => put.prev_kv.iter_mut().for_each(|pair| spoil_pair(dice, pair)),
        Response::Range(range) => match dice.below(3) {
            0 => drop(range.kvs.pop()),
            1 => range.count = (range.count + by).max(0),
            _ => range.kvs.iter_mut().for_each(|pair| spoil_pair(dice, pair)),
        },
        Response::Delete(delete) => delete.deleted = (delete.deleted + by).max(0),
        Response::Txn(txn) => match txn.responses.first_mut() {
            Some(first) if dice.percent(60) => spoil(dice, first),
            _ => txn.succeeded = !txn.succeeded,
        },
        _ => {}
    }
}

fn spoil_pair(dice: &mut Dice, pair: &mut KeyValue) {
    match dice.below(4) {
        0 => pair.mod_revision.0 += 1,
        1 => pair.create_revision.0 -= 1,
        2 => pair.version += 1,
        _ => pair.value = "v1".into(),
    }
}

/// The revision in the header of a response that has a place in the order.
fn revision_of(response: &mut Response) -> Option<&mut Revision> {
    let header = match response {
        Response::Put(response) => &mut response.header,
        Response::Range(response) => &mut response.header,
        Response::Delete(response) => &mut response.header,
        Response::Txn(response) => &mut response.header,
        _ => return None,
    };
    header.as_mut().map(|header| &mut header.revision)
}

/// An answer becomes a refusal.
fn refuse(dice: &mut Dice, history: &mut History, at: u64) {
    let reason = refusal(dice);
    let refused = Outcome::Failed(Definite { reason, message: String::new() });
    edit(history, at, |event| event.body = Body::Complete(refused));
}

fn refusal(dice: &mut Dice) -> Refusal {
    dice.pick(&[
        Refusal::KeyNotFound,
        Refusal::Compacted,
        Refusal::FutureRevision,
        Refusal::LeaseNotFound,
        Refusal::TooManyRequests,
    ])
}
