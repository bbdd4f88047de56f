//! The findings about refusals, leases and compactions, and about histories that no way
//! to place what is in doubt explains.

use super::engine::Engine;
use super::floor::{Cause, Floor};
use super::operation::Op;
use super::real_time::{capital, cause_step};
use super::report::in_order;
use super::tally::Tally;
use crate::history::{LeaseId, Request, Revision};
use crate::verdict::Finding;

impl Engine {
    /// A refusal that was true nowhere.
    pub(super) fn wrong_refusal(&mut self, op: &Op, cause: Cause, later: Option<&Op>) {
        let uncertain = self.tallies.of(Tally::Unexplained) > 0
            || self.tallies.of(Tally::AnswersWithoutRevision) > 0;
        if self.stopped.is_some() || self.foreign_writes || !self.taint.is_empty() || uncertain {
            return;
        }
        if self.chose {
            self.count(Tally::RefusalsOpen);
            return;
        }
        let from = op.floor.revision().max(self.start);
        let sentence = format!(
            "{} was refused, but the reason given is true of no state that the store had from \
             revision {from}, which had been shown before it was sent, until it was refused.",
            capital(&op.name()),
        );
        let shown = cause_step(&Floor { position: op.floor, cause });
        let mut steps: Vec<_> = shown.into_iter().collect();
        steps.push(op.step(None).contradicting());
        steps.extend(later.map(|later| later.step(None)));
        let guarantee = if matches!(op.request(), Request::Put(_)) { "K3" } else { "K7" };
        self.findings.add("wrong-refusal", || Finding {
            anomaly: "wrong-refusal".to_owned(),
            guarantee: guarantee.to_owned(),
            sentence,
            because: "because a refusal must be true at some time while it is under way".to_owned(),
            however: "however it would have been answered at every such time".to_owned(),
            witness: in_order(steps),
        });
    }

    /// A lease was used that did not exist.
    pub(super) fn dead_lease(&mut self, op: &Op, lease: LeaseId, ended: Option<&Op>) {
        let (why, because) = match ended {
            Some(ended) => (
                format!("sent after {} had shown that lease {lease} had ended", ended.name()),
                format!("because lease {lease} had ended before it was sent"),
            ),
            None => (
                format!("answered before anybody could have got lease {lease}"),
                format!("because no grant of lease {lease} had been sent, or all were refused"),
            ),
        };
        let sentence = format!("{} succeeded, although it was {why}.", capital(&op.name()));
        let mut steps: Vec<_> = ended.map(|ended| ended.step(None)).into_iter().collect();
        steps.push(op.step(None).contradicting());
        self.findings.add("lease-misordered", || Finding {
            anomaly: "lease-misordered".to_owned(),
            guarantee: "L6".to_owned(),
            sentence,
            because,
            however: "however it was answered as if the lease existed".to_owned(),
            witness: in_order(steps),
        });
    }

    /// The past was read after it had been compacted.
    pub(super) fn read_of_compacted(&mut self, op: &Op, read: Revision, compaction: &Op) {
        let sentence = format!(
            "{} was sent after {} had been acknowledged, but was answered at revision {read}.",
            capital(&op.name()),
            compaction.name(),
        );
        let steps = vec![compaction.step(None), op.step(None).contradicting()];
        self.findings.add("read-of-compacted", || Finding {
            anomaly: "read-of-compacted".to_owned(),
            guarantee: "K7".to_owned(),
            sentence,
            because: format!("because revision {read} had been compacted before it was sent"),
            however: "however it was answered instead of refused".to_owned(),
            witness: in_order(steps),
        });
    }

    /// No way to place the operations in doubt explains an answer.
    pub(super) fn no_explanation(&mut self, op: &Op, revision: Revision, wrong: &str) {
        let sentence = format!(
            "However the operations in doubt are placed, the answers do not fit: at best those \
             before revision {revision} do, where {} has a wrong answer ({wrong}).",
            op.name(),
        );
        let maker = self.last_maker(self.state.revision()).cloned();
        let mut steps: Vec<_> = maker.iter().map(|maker| maker.step(None)).collect();
        steps.push(op.step(None).contradicting());
        self.findings.add("no-explanation", || Finding {
            anomaly: "no-explanation".to_owned(),
            guarantee: "K3".to_owned(),
            sentence,
            because: "because each revision is made by one of the operations that were sent"
                .to_owned(),
            however: "however every way to choose them contradicts an answer".to_owned(),
            witness: in_order(steps),
        });
    }
}
