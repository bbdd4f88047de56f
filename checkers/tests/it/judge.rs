//! The judge: broken structures, panicking checkers, torn last lines, sentences.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::common::{self, Cluster};
use stormglass_checkers::checker::{CheckContext, Checker};
use stormglass_checkers::history::{Body, Event, History};
use stormglass_checkers::judge::Judge;
use stormglass_checkers::registry::CheckerEntry;
use stormglass_checkers::verdict::{Finding, Judgement, Status, Verdict, Witness};

/// A checker that does as its name says.
struct Puppet {
    name: &'static str,
    seen: u64,
}

impl Checker for Puppet {
    fn name(&self) -> &'static str {
        self.name
    }

    fn observe(&mut self, event: &Arc<Event>) {
        self.seen += 1;
        assert!(self.name != "panics-early" || event.index < 3, "event {} hurts", event.index);
    }

    fn so_far(&self) -> Status {
        Status::Valid
    }

    fn finish(self: Box<Self>) -> Verdict {
        assert!(self.name != "panics-late", "the end hurts");
        let finding = Finding {
            anomaly: "test".to_owned(),
            guarantee: "K1".to_owned(),
            sentence: "Something is wrong.".to_owned(),
            because: String::new(),
            however: String::new(),
            witness: Witness::default(),
        };
        let findings = if self.name == "finds" { vec![finding] } else { Vec::new() };
        let stats = BTreeMap::from([("events".to_owned(), self.seen)]);
        Verdict::new(self.name, findings, Vec::new(), stats)
    }
}

macro_rules! puppet {
    ($name:literal) => {
        CheckerEntry {
            name: $name,
            summary: "A puppet.",
            guarantees: &["K1"],
            anomalies: &["test"],
            needs_revisions: false,
            new: |_| Box::new(Puppet { name: $name, seen: 0 }),
        }
    };
}

fn judge(entries: &[CheckerEntry], history: &History, torn: Option<u64>) -> Judgement {
    let context: CheckContext = common::run::context(history);
    let mut judge = Judge::with(entries, &context);
    history.events.iter().for_each(|event| judge.observe(&Arc::new(event.clone())));
    judge.finish(torn)
}

fn small_run() -> History {
    let mut cluster = Cluster::new(3);
    cluster.put(0, "k1", "v1");
    cluster.finish()
}

#[test]
fn a_quiet_run_is_valid_in_one_sentence_with_numbers() {
    let judgement = judge(&[puppet!("quiet")], &small_run(), None);
    assert_eq!(judgement.status, Status::Valid);
    assert!(judgement.sentence.contains("13 operations on 3 members"), "{}", judgement.sentence);
}

#[test]
fn a_panicking_checker_is_unknown_and_the_others_go_on() {
    let puppets = [puppet!("panics-early"), puppet!("panics-late"), puppet!("quiet")];
    let judgement = judge(&puppets, &small_run(), None);
    let statuses: Vec<Status> = judgement.verdicts.iter().map(|verdict| verdict.status).collect();
    assert_eq!(statuses, [Status::Unknown, Status::Unknown, Status::Valid]);
    assert!(judgement.verdicts[0].reasons[0].contains("event 3 hurts"));
    assert!(judgement.sentence.contains("a bug of Stormglass"), "{}", judgement.sentence);
}

#[test]
fn invalid_wins_over_a_panic_and_tells_its_finding() {
    let judgement = judge(&[puppet!("panics-late"), puppet!("finds")], &small_run(), None);
    assert_eq!(judgement.status, Status::Invalid);
    assert_eq!(judgement.sentence, "Something is wrong.");
    assert_eq!(judgement.headline().map(|finding| finding.anomaly.as_str()), Some("test"));
}

#[test]
fn a_broken_structure_makes_everything_unknown_never_invalid() {
    let mut history = small_run();
    history.events.retain(|event| !matches!(event.body, Body::Invoke(_)) || event.index > 20);
    let judgement = judge(&[puppet!("finds")], &history, None);
    assert_eq!(judgement.status, Status::Unknown);
    assert!(judgement.sentence.contains("the history is not whole"), "{}", judgement.sentence);
}

#[test]
fn a_torn_last_line_is_noted_and_changes_no_verdict() {
    let judgement = judge(&[puppet!("quiet")], &small_run(), Some(42));
    assert_eq!(judgement.status, Status::Valid);
    assert!(judgement.sentence.contains("Line 42 is cut short"), "{}", judgement.sentence);
}
