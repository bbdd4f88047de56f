//! The findings about contents, written out.

use super::engine::Engine;
use super::floor::Sight;
use super::operation::{End, Op};
use super::past::Maker;
use super::real_time::capital;
use super::replay::Wrong;
use super::tally::Tally;
use crate::history::{Delete, Put, Request, Response, Revision, Txn, TxnOp};
use crate::keys::KeyRange;
use crate::model::{Change, Claim};
use crate::verdict::{Finding, Witness, WitnessStep};
use crate::wording;

impl Engine {
    /// Who made a revision, as a step of a witness.
    pub(super) fn maker_step(&self, revision: Revision) -> Option<WitnessStep> {
        let made = self.past.get(revision)?;
        if let Maker::Operation(op) = &made.by {
            return Some(op.step(None));
        }
        let changes = self.state.changes(revision);
        made.sight.map(|sight| sight_of_changes(sight, revision, changes))
    }

    /// Who made what the guards of a transaction look at: the first few of them.
    fn guarded_steps(&self, request: &Request, at: Revision) -> Vec<WitnessStep> {
        const MAKERS: usize = 3;
        let Request::Txn(txn) = request else { return Vec::new() };
        let single = txn.compare.iter().filter(|guard| guard.range_end.is_empty());
        let mut last: Vec<Revision> =
            single.filter_map(|guard| self.state.index().last_change(&guard.key, at)).collect();
        last.sort_unstable();
        last.dedup();
        last.truncate(MAKERS);
        last.into_iter().filter_map(|last| self.maker_step(last)).collect()
    }

    /// An answer that differs from the model.
    pub(super) fn wrong_response(
        &mut self,
        operation: &Op,
        revision: Revision,
        response: &Response,
        wrong: &Wrong,
    ) {
        let key = match wrong {
            Wrong::Differs(difference) => difference.key.clone(),
            Wrong::NotRefused(_) => None,
        };
        let at = read_at(operation.request(), revision);
        let last = key.as_ref().and_then(|key| self.state.index().last_change(key, at));
        let from_watch = last.and_then(|last| self.past.get(last)).is_some_and(
            |made| !matches!(&made.by, Maker::Operation(op) if matches!(op.end, End::Answered(_))),
        );
        let what = match wrong {
            Wrong::Differs(difference) => difference.to_string(),
            Wrong::NotRefused(refusal) => format!("it should have been refused ({refusal:?})"),
        };
        let against = if from_watch { " by what a watch showed" } else { "" };
        let sentence = format!(
            "{} answered on revision {revision} something else than the store held{against}: \
             {what}.",
            capital(&operation.name()),
        );
        let mut steps: Vec<WitnessStep> = match &key {
            Some(_) => last.and_then(|last| self.maker_step(last)).into_iter().collect(),
            None => self.guarded_steps(operation.request(), at),
        };
        let shows = Some(wording::response(response));
        steps.push(operation.step(shows).contradicting());
        let (anomaly, guarantee) = kind_of(operation.request(), &operation.end, wrong);
        self.tallies.add(Tally::WrongAnswers);
        self.findings.add(anomaly, || Finding {
            anomaly: anomaly.to_owned(),
            guarantee: guarantee.to_owned(),
            sentence,
            because: format!("because the writes up to revision {revision} determine the answer"),
            however: format!("however {what}"),
            witness: in_order(steps),
        });
    }

    /// An acknowledged write at a revision that no write can have.
    pub(super) fn impossible_revision(&mut self, operation: &Op, revision: Revision) {
        let start = self.start;
        let sentence = format!(
            "{} was acknowledged as a change at revision {revision}, but the store was at \
             revision {start} before the first one.",
            capital(&operation.name()),
        );
        let steps = vec![operation.step(None).contradicting()];
        self.findings.add("phantom-revision", || Finding {
            anomaly: "phantom-revision".to_owned(),
            guarantee: "K2".to_owned(),
            sentence,
            because: format!("because the first write makes revision {}", start.next()),
            however: format!("however it was acknowledged with revision {revision}"),
            witness: in_order(steps),
        });
        self.stop(format!("after a write was acknowledged with revision {revision}"));
    }

    /// An acknowledged write's revision, shown with another's effects.
    pub(super) fn shows_other(
        &mut self,
        operation: &Op,
        revision: Revision,
        changes: &[Change],
        sight: Sight,
    ) {
        if changes.iter().all(|change| may_make(operation.request(), change)) {
            // What the watch shows is its doing. If it is not right on what the store held,
            // its answer is wrong and told as that, or that of a write before it was.
            self.stop(format!("after revision {revision} was not what its write makes of it"));
            return;
        }
        let on = sight.member.map(|member| format!(" on {member}")).unwrap_or_default();
        let shown = changes.first().map(change).unwrap_or_default();
        let sentence = format!(
            "Revision {revision} was given to {}, but a watch{on} shows another change at that \
             revision: {shown}.",
            operation.name(),
        );
        let steps =
            vec![operation.step(None), sight_of_changes(sight, revision, changes).contradicting()];
        self.findings.add("split-revision", || Finding {
            anomaly: "split-revision".to_owned(),
            guarantee: "K2".to_owned(),
            sentence,
            because: format!("because revision {revision} belongs to exactly one write"),
            however: "however a watch shows what that write cannot have done".to_owned(),
            witness: in_order(steps),
        });
        self.stop(format!("after revision {revision} was shown with two contents"));
    }

    /// A revision that later ones prove and that nobody can have made.
    pub(super) fn nobody(&mut self, revision: Revision) {
        let mut later = self.pending.iter().flat_map(|(_, expected)| expected.answers());
        let Some((operation, _)) = later.next().cloned() else { return };
        let reached = match operation.end {
            End::Answered(claim) => claim.revision().unwrap_or_default(),
            _ => revision,
        };
        let previous = self.maker_step(revision.previous());
        let sentence = format!(
            "{} was answered at revision {reached}, but nothing can have made revision {revision}.",
            capital(&operation.name()),
        );
        let mut steps: Vec<WitnessStep> = previous.into_iter().collect();
        steps.push(operation.step(None).contradicting());
        let (anomaly, guarantee) =
            if is_local(&operation) { ("future-read", "K8") } else { ("phantom-revision", "K2") };
        self.findings.add(anomaly, || Finding {
            anomaly: anomaly.to_owned(),
            guarantee: guarantee.to_owned(),
            sentence,
            because: "because every revision is made by exactly one write".to_owned(),
            however: format!("however no write or end of a lease is left for {revision}"),
            witness: in_order(steps),
        });
    }

    /// A member answered alone from a state that did not exist yet.
    pub(super) fn future_read(&mut self, operation: &Op, revision: Revision) {
        let early = self.past.first_sent_after(operation.returned());
        let sentence = format!(
            "A {} was answered from revision {revision} before the write that made revision \
             {early} was sent.",
            operation.name(),
        );
        let mut steps = vec![operation.step(None).contradicting()];
        steps.extend(self.maker_step(early));
        self.findings.add("future-read", || Finding {
            anomaly: "future-read".to_owned(),
            guarantee: "K8".to_owned(),
            sentence,
            because: "because a member can only have what was written".to_owned(),
            however: format!("however revision {early} was made by a later request"),
            witness: in_order(steps),
        });
    }
}

/// Whether a member answered alone.
pub(super) fn is_local(op: &Op) -> bool {
    matches!(op.end, End::Answered(Claim::Local(_)))
}

/// A witness of these steps, in order of time.
pub(super) fn in_order(mut steps: Vec<WitnessStep>) -> Witness {
    steps.sort_by_key(|step| step.index);
    Witness { steps }
}

/// A watch event as a step of a witness.
pub(super) fn sight_step(sight: Sight, revision: Revision) -> WitnessStep {
    WitnessStep {
        index: sight.index,
        completion: None,
        from: sight.at,
        to: sight.at,
        process: None,
        member: sight.member,
        what: format!("watch {} delivers", sight.watch),
        shows: format!("revision {revision}"),
        contradicts: false,
    }
}

pub(super) fn sight_of_changes(
    sight: Sight,
    revision: Revision,
    changes: &[Change],
) -> WitnessStep {
    let shown: Vec<String> = changes.iter().take(3).map(change).collect();
    let shows = format!("revision {revision}: {}", shown.join(", "));
    WitnessStep { shows, ..sight_step(sight, revision) }
}

/// What a wrong answer is called, and the guarantee that it breaks.
fn kind_of(request: &Request, end: &End, wrong: &Wrong) -> (&'static str, &'static str) {
    let bookkeeping = matches!(wrong, Wrong::Differs(difference)
        if ["version", "create_revision", "mod_revision"]
            .iter()
            .any(|field| difference.field.contains(&format!("the {field} of"))));
    match (request, end) {
        (Request::Range(range), _) if !range.revision.is_zero() => ("wrong-past-read", "K7"),
        (_, End::Answered(Claim::Local(_))) => ("wrong-serializable-read", "K8"),
        (Request::Txn(_), _) => ("wrong-transaction", "K4"),
        _ if bookkeeping => ("wrong-bookkeeping", "K6"),
        _ => ("wrong-response", "K3"),
    }
}

/// The revision whose content an answer shows.
pub(super) fn read_at(request: &Request, revision: Revision) -> Revision {
    match request {
        Request::Range(range) if !range.revision.is_zero() => range.revision,
        _ => revision,
    }
}

/// Whether a request may make a change, in whichever branch.
fn may_make(request: &Request, change: &Change) -> bool {
    match request {
        Request::Put(put) => put_may_make(put, change),
        Request::Delete(delete) => delete_may_make(delete, change),
        Request::Txn(txn) => transaction_may_make(txn, change),
        _ => false,
    }
}

fn transaction_may_make(txn: &Txn, change: &Change) -> bool {
    txn.success.iter().chain(&txn.failure).any(|op| match op {
        TxnOp::Put(put) => put_may_make(put, change),
        TxnOp::Delete(delete) => delete_may_make(delete, change),
        TxnOp::Txn(txn) => transaction_may_make(txn, change),
        TxnOp::Range(_) => false,
    })
}

fn put_may_make(put: &Put, change: &Change) -> bool {
    put.key == change.key
        && change.pair.as_ref().is_some_and(|pair| put.ignore_value || put.value == pair.value)
}

fn delete_may_make(delete: &Delete, change: &Change) -> bool {
    let range = KeyRange::new(&delete.key, &delete.range_end);
    change.pair.is_none() && range.contains(&change.key)
}

/// A change in words.
pub(super) fn change(change: &Change) -> String {
    match &change.pair {
        Some(pair) => format!("{} = {}", change.key, wording::quoted(&pair.value)),
        None => format!("{} deleted", change.key),
    }
}
