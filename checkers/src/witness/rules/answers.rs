//! Answers that differ from what the store held.

use crate::history::Request;
use crate::witness::answers::differences;
use crate::witness::case::{Case, Step};
use crate::witness::operation::Operation;
use crate::witness::proof::{Proof, demand, required};
use crate::witness::rule::{Needs, Rule};

pub(super) const RULES: &[Rule] = &[
    Rule::new("wrong-response", Needs::CHANGES, wrong_response),
    Rule::new("wrong-transaction", Needs::CHANGES, wrong_transaction),
    Rule::new("wrong-bookkeeping", Needs::CHANGES, wrong_bookkeeping),
    Rule::new("wrong-past-read", Needs::CHANGES, wrong_past_read),
    Rule::new("wrong-serializable-read", Needs::CHANGES, wrong_serializable_read),
];

fn wrong_response(case: &Case<'_>) -> Proof {
    differs(case, |operation| !operation.local() && !is_past(operation))
}

fn wrong_transaction(case: &Case<'_>) -> Proof {
    differs(case, |operation| matches!(operation.request, Request::Txn(_)) && !operation.local())
}

fn wrong_bookkeeping(case: &Case<'_>) -> Proof {
    differs(case, |operation| {
        !matches!(operation.request, Request::Txn(_)) && !operation.local() && !is_past(operation)
    })
}

fn wrong_past_read(case: &Case<'_>) -> Proof {
    differs(case, is_past)
}

fn wrong_serializable_read(case: &Case<'_>) -> Proof {
    differs(case, |operation| operation.local() && !is_past(operation))
}

fn is_past(operation: &Operation) -> bool {
    matches!(&operation.request, Request::Range(range) if !range.revision.is_zero())
}

/// An answer shows something else than the store held, and the other step, if there is
/// one, is the last change of a key that it shows wrongly.
fn differs(case: &Case<'_>, kind: impl Fn(&Operation) -> bool) -> Proof {
    let maker_and_answer = match case.steps.as_slice() {
        [answer] => (None, answer),
        [maker, answer] => (Some(maker), answer),
        _ => return Err("has other steps than a change and an answer".to_owned()),
    };
    let (maker, answer) = maker_and_answer;
    let operation = required(answer.operation(), "does not end with an operation")?;
    demand(kind(operation), "ends with an operation of another kind")?;
    let ledger = case.context.ledger(case.preamble);
    let found = differences(ledger, operation);
    demand(!found.is_empty(), "has an answer that fits what the store held")?;
    let at = match &operation.request {
        Request::Range(range) if !range.revision.is_zero() => range.revision,
        _ => required(operation.seen(), "has an answer without a revision")?,
    };
    match maker {
        None => {
            let fresh = |key| ledger.changed(key, at).is_none();
            let plain = found.others || found.keys.iter().any(fresh);
            demand(plain, "leaves out who wrote what was shown wrongly")
        }
        Some(maker) => {
            let made = |key: &_| {
                let changed = ledger.changed(key, at);
                changed.is_some_and(|last| super::phantoms::shows(maker, key, last))
            };
            let about = found.keys.iter().any(made);
            demand(about, "has a first step that did not write what was shown wrongly")
        }
    }
}

/// The steps that are operations.
pub(super) fn operations<'a>(case: &'a Case<'_>) -> Vec<&'a Operation> {
    case.steps.iter().filter_map(Step::operation).collect()
}
