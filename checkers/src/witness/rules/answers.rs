//! Answers that differ from what the store held.

use crate::history::{Bytes, Request};
use crate::witness::answers::{Differences, differences};
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
    differs(case, |operation| {
        !is_transaction(operation) && !operation.local() && !is_past(operation)
    })
    .map(|_| ())
}

fn wrong_transaction(case: &Case<'_>) -> Proof {
    differs(case, |operation| is_transaction(operation) && !operation.local()).map(|_| ())
}

fn wrong_bookkeeping(case: &Case<'_>) -> Proof {
    let kind = |operation: &Operation| {
        !is_transaction(operation) && !operation.local() && !is_past(operation)
    };
    demand(differs(case, kind)?.numbers, "has an answer whose numbers are right")
}

fn wrong_past_read(case: &Case<'_>) -> Proof {
    differs(case, is_past).map(|_| ())
}

fn wrong_serializable_read(case: &Case<'_>) -> Proof {
    differs(case, |operation| operation.local() && !is_past(operation)).map(|_| ())
}

fn is_past(operation: &Operation) -> bool {
    matches!(&operation.request, Request::Range(range) if !range.revision.is_zero())
}

fn is_transaction(operation: &Operation) -> bool {
    matches!(operation.request, Request::Txn(_))
}

/// An answer shows something else than the store held, and the other step, if there is
/// one, is the last change of a key that it shows wrongly.
fn differs(case: &Case<'_>, kind: impl Fn(&Operation) -> bool) -> Result<Differences, String> {
    let few = case.steps.len() <= 4;
    demand(few, "has other steps than a few changes and an answer")?;
    let mut reason = Err("has no answer that differs from what the store held".to_owned());
    for (number, answer) in case.steps.iter().enumerate() {
        let Some(operation) = answer.operation().filter(|operation| kind(operation)) else {
            continue;
        };
        let others = case.steps.iter().enumerate().filter(|(other, _)| *other != number);
        let makers: Vec<&Step> = others.map(|(_, step)| step).collect();
        match differs_by(case, &makers, operation) {
            Ok(found) => return Ok(found),
            Err(why) => reason = Err(why),
        }
    }
    reason
}

fn differs_by(
    case: &Case<'_>,
    makers: &[&Step],
    operation: &Operation,
) -> Result<Differences, String> {
    let compared = matches!(
        operation.request,
        Request::Put(_) | Request::Range(_) | Request::Delete(_) | Request::Txn(_)
    );
    demand(compared, "has an operation of another kind")?;
    let ledger = case.context.ledger(case.preamble);
    let found = differences(ledger, operation);
    demand(!found.is_empty(), "has an answer that fits what the store held")?;
    let at = match &operation.request {
        Request::Range(range) if !range.revision.is_zero() => range.revision,
        _ => required(operation.seen(), "has an answer without a revision")?,
    };
    let made = |maker: &Step, key: &Bytes| {
        let changed = ledger.changed(key, at);
        changed.is_some_and(|last| super::phantoms::shows(maker, key, last))
    };
    let guarded = |maker: &Step| match &operation.request {
        Request::Txn(txn) => txn.compare.iter().any(|guard| made(maker, &guard.key)),
        _ => false,
    };
    // A count or an order that is wrong is that of all keys of the range.
    let listed = match &operation.request {
        Request::Range(range) if found.others => Some((&range.key, &range.range_end)),
        _ => None,
    };
    let counted =
        |maker: &Step| listed.is_some_and(|span| ledger.keys_in(span).any(|key| made(maker, key)));
    let wrongly = |maker: &Step| found.keys.iter().any(|key| made(maker, key)) || counted(maker);
    let proven = if makers.is_empty() {
        found.others || found.keys.iter().any(|key| ledger.changed(key, at).is_none())
    } else {
        let some = makers.iter().any(|maker| wrongly(maker));
        some && makers.iter().all(|maker| wrongly(maker) || guarded(maker))
    };
    demand(proven, "does not have who wrote what was shown wrongly")?;
    Ok(found)
}

/// The steps that are operations.
pub(super) fn operations<'a>(case: &'a Case<'_>) -> Vec<&'a Operation> {
    case.steps.iter().filter_map(Step::operation).collect()
}
