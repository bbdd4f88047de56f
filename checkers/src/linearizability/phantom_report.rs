//! The findings about changes that nobody can have made, or one request made twice.

use super::engine::Engine;
use super::floor::Sight;
use super::operation::Op;
use super::real_time::capital;
use super::report::{change, in_order, sight_of_changes, sight_step};
use super::unexplained::Suspicion;
use crate::history::{Bytes, Revision};
use crate::model::Change;
use crate::verdict::{Finding, Unattributed, WitnessStep};

impl Engine {
    /// A put that nobody can have made.
    pub(super) fn phantom_write(
        &mut self,
        suspicion: &Suspicion,
        revision: Revision,
        put: &Change,
        sight: Sight,
    ) {
        let promise = self.promise();
        let unattributed = &mut self.unattributed;
        self.findings.add(suspicion.anomaly(), || {
            let mut finding = phantom_write(suspicion, revision, put, sight);
            finding.because.push_str(&promise);
            if let (Suspicion::Nobody, Some(pair)) = (suspicion, &put.pair) {
                let kv = pair.with_key(&put.key);
                let Sight { index, at, member, watch } = sight;
                let finding = finding.sentence.clone();
                unattributed.push(Unattributed { finding, revision, kv, index, at, member, watch });
            }
            finding
        });
    }

    /// Deletions that nobody can have made.
    pub(super) fn phantom_delete(&mut self, revision: Revision, gone: &[Change], sight: Sight) {
        let shown: Vec<String> = gone.iter().take(3).map(change).collect();
        let shown = shown.join(", ");
        let before = gone
            .first()
            .and_then(|gone| self.state.index().last_change(&gone.key, self.state.revision()))
            .and_then(|last| self.maker_step(last));
        let sentence = format!(
            "A watch{} shows {shown} at revision {revision}, but no delete, transaction or end \
             of a lease can have made it.",
            on_member(sight)
        );
        let promise = self.promise();
        let mut steps: Vec<WitnessStep> = before.into_iter().collect();
        steps.push(sight_of_changes(sight, revision, gone).contradicting());
        self.findings.add("phantom-write", || Finding {
            anomaly: "phantom-write".to_owned(),
            guarantee: "K3".to_owned(),
            sentence,
            because: format!("because keys go only by a request or with their lease{promise}"),
            however: format!("however {shown} took effect"),
            witness: in_order(steps),
        });
    }

    /// One write that made two revisions.
    pub(super) fn doubled_write(
        &mut self,
        operation: &Op,
        one: Revision,
        other: Revision,
        key: &Bytes,
        sight: Sight,
    ) {
        // Of an acknowledged write the answer says which revision is the first.
        let first = self.past.get(one).and_then(|made| made.sight);
        let first = first.filter(|_| !operation.is_acknowledged_write());
        let first = first.map(|first| sight_step(first, one));
        self.findings
            .add("doubled-write", || doubled_write(operation, first, (one, other), key, sight));
    }
}

impl Suspicion {
    fn anomaly(&self) -> &'static str {
        match self {
            Self::Refused(_) | Self::Idle(_) => "refused-write-applied",
            Self::Early(_) => "time-travel",
            Self::Misfit(_) => "torn-transaction",
            Self::Twice(..) => "doubled-write",
            Self::Nobody | Self::Open => "phantom-write",
        }
    }

    fn guarantee(&self) -> &'static str {
        match self {
            Self::Refused(_) | Self::Idle(_) => "K10",
            Self::Early(_) => "K1",
            Self::Misfit(_) => "K4",
            Self::Twice(..) => "K11",
            Self::Nobody | Self::Open => "K3",
        }
    }

    /// Behind "a watch shows this value".
    fn why(&self) -> &'static str {
        match self {
            Self::Refused(_) => "whose write was definitely refused",
            Self::Idle(_) => "whose transaction was answered without writing it",
            Self::Early(_) => "whose write had not even been sent",
            Self::Misfit(_) => "and its write would have had other effects",
            Self::Twice(..) => "whose write took effect at another revision too",
            Self::Nobody | Self::Open => "which nobody was ever asked to write",
        }
    }

    fn writer(&self) -> Option<&Op> {
        match self {
            Self::Refused(op)
            | Self::Idle(op)
            | Self::Early(op)
            | Self::Misfit(op)
            | Self::Twice(op, _) => Some(op),
            Self::Nobody | Self::Open => None,
        }
    }
}

/// A put that nobody can have made, or not like this.
pub(super) fn phantom_write(
    suspicion: &Suspicion,
    revision: Revision,
    put: &Change,
    sight: Sight,
) -> Finding {
    let (shown, on, why) = (change(put), on_member(sight), suspicion.why());
    let writer = suspicion.writer();
    let by = writer.map(|writer| format!(" ({})", writer.name())).unwrap_or_default();
    let mut steps: Vec<WitnessStep> = writer.map(|writer| writer.step(None)).into_iter().collect();
    steps.push(sight_of_changes(sight, revision, std::slice::from_ref(put)).contradicting());
    Finding {
        anomaly: suspicion.anomaly().to_owned(),
        guarantee: suspicion.guarantee().to_owned(),
        sentence: format!("A watch{on} shows {shown} at revision {revision}, {why}{by}."),
        because: "because only what was asked for, and not refused, may take effect".to_owned(),
        however: format!("however {shown} took effect"),
        witness: in_order(steps),
    }
}

/// One write that made two revisions. What showed the first of them, where its answer does
/// not say it; what showed the other.
pub(super) fn doubled_write(
    operation: &Op,
    first: Option<WitnessStep>,
    (one, other): (Revision, Revision),
    key: &Bytes,
    sight: Sight,
) -> Finding {
    let (low, high) = (one.min(other), one.max(other));
    let sentence = format!(
        "{} took effect twice: {key} was changed by it at revision {low} and again at \
         revision {high}.",
        capital(&operation.name()),
    );
    let mut steps = vec![operation.step(None)];
    steps.extend(first);
    steps.push(sight_step(sight, other).contradicting());
    Finding {
        anomaly: "doubled-write".to_owned(),
        guarantee: "K11".to_owned(),
        sentence,
        because: "because a request takes effect at most once".to_owned(),
        however: format!("however revisions {low} and {high} both carry its value"),
        witness: in_order(steps),
    }
}

fn on_member(sight: Sight) -> String {
    sight.member.map(|member| format!(" on {member}")).unwrap_or_default()
}
