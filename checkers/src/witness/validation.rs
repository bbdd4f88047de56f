//! Findings that the validator refuses are taken out of a judgement.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::validator::{Ruling, Validator};
use crate::history::{Event, Preamble};
use crate::verdict::{Finding, Judgement};

/// Holds every finding of a judgement against the history, which `history` reads once more.
/// Where there are no findings, it is not read.
///
/// A finding that is not confirmed is taken out, and its verdict gets the reason: it is
/// unknown then, unless other findings stand. The headline is written anew.
pub fn validate<E: std::fmt::Display, I: IntoIterator<Item = Result<Event, E>>>(
    preamble: &Preamble,
    judgement: &mut Judgement,
    history: impl FnOnce() -> Result<I, E>,
) {
    if judgement.headline().is_none() {
        return;
    }
    let rulings = rulings(preamble, judgement, history);
    let refused = rulings.iter().any(|ruling| *ruling != Ruling::Accepted);
    if refused {
        withdraw(judgement, rulings);
    }
}

fn rulings<E: std::fmt::Display, I: IntoIterator<Item = Result<Event, E>>>(
    preamble: &Preamble,
    judgement: &Judgement,
    history: impl FnOnce() -> Result<I, E>,
) -> Vec<Ruling> {
    let findings: Vec<&Finding> =
        judgement.verdicts.iter().flat_map(|verdict| &verdict.findings).collect();
    let held = || -> Result<Vec<Ruling>, E> {
        let mut validator = Validator::new(preamble, findings.iter().copied());
        for event in history()? {
            validator.observe(&event?);
        }
        Ok(validator.finish())
    };
    // As a checker that panics, a validator that does must not end the run.
    let failed = match catch_unwind(AssertUnwindSafe(held)) {
        Ok(Ok(rulings)) => return rulings,
        Ok(Err(error)) => error.to_string(),
        Err(_) => "the validator panicked".to_owned(),
    };
    let reason = format!("could not be held against the history: {failed}");
    vec![Ruling::Refused(reason); findings.len()]
}

fn withdraw(judgement: &mut Judgement, rulings: Vec<Ruling>) {
    let before = judgement.headline().map(|finding| finding.sentence.clone()).unwrap_or_default();
    let mut rulings = rulings.into_iter();
    for verdict in &mut judgement.verdicts {
        let mut reasons = Vec::new();
        verdict.findings.retain(|finding| match rulings.next() {
            Some(Ruling::Accepted) => true,
            Some(Ruling::Refused(reason)) => {
                reasons.push(unconfirmed(finding, &reason));
                false
            }
            None => false,
        });
        if !reasons.is_empty() {
            verdict.reasons.extend(reasons);
            verdict.restate();
        }
    }
    judgement.retell(&before);
}

fn unconfirmed(finding: &Finding, reason: &str) -> String {
    let Finding { anomaly, sentence, .. } = finding;
    format!(
        "a finding of {anomaly} was not confirmed by the validator of witnesses, which is a bug \
         of Stormglass: the witness {reason}; it said: {sentence}"
    )
}
