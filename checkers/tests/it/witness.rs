//! The validator of witnesses: it has a rule for every anomaly, shares nothing with the
//! checkers, and takes out of a judgement what it cannot confirm.

use std::convert::Infallible;
use std::path::{Path, PathBuf};

use crate::common::{self, Cluster, judge};
use stormglass_checkers::history::{Event, History};
use stormglass_checkers::registry::checkers;
use stormglass_checkers::verdict::{Judgement, Status};
use stormglass_checkers::witness::{rule_of, validate};

#[test]
fn every_anomaly_has_a_rule_and_a_row() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/witnesses.md");
    let page = std::fs::read_to_string(page).expect("docs/witnesses.md");
    for anomaly in checkers().iter().flat_map(|entry| entry.anomalies) {
        assert!(rule_of(anomaly).is_some(), "{anomaly} has no rule");
        assert!(page.contains(&format!("| `{anomaly}` |")), "{anomaly} has no row");
    }
    assert!(rule_of("none").is_none());
}

/// Sources of the validator.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("readable") {
        let path = entry.expect("readable").path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else {
            found.push(path);
        }
    }
    found
}

#[test]
fn it_shares_nothing_with_the_checkers() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/witness");
    let sources = sources(&folder);
    assert!(sources.len() > 20);
    for path in sources {
        let text = std::fs::read_to_string(&path).expect("readable");
        let own = ["crate::history", "crate::verdict", "crate::witness"];
        for line in text.lines() {
            let rest = own.iter().fold(line.to_owned(), |line, name| line.replace(name, ""));
            assert!(!rest.contains("crate::"), "{}: {line}", path.display());
            let above = path.parent().is_some_and(|parent| parent == folder);
            let climbs =
                line.contains("super::super") || (above && line.contains("use super::super"));
            assert!(!climbs, "{}: {line}", path.display());
        }
    }
}

/// A run with a stale read.
fn stale() -> History {
    let mut cluster = Cluster::new(3);
    cluster.put(0, "k1", "v1");
    cluster.put(0, "k1", "v2");
    let end = cluster.get(1, "k1");
    let mut history = cluster.finish();
    common::edit(&mut history, end, |event| {
        common::with_response(event, |answer| common::set_revision(answer, 2));
    });
    history
}

fn again(history: &History) -> Vec<Result<Event, Infallible>> {
    history.events.iter().cloned().map(Ok).collect()
}

#[test]
fn a_finding_that_is_proven_stays() {
    let history = stale();
    let judgement = judge(&history);
    assert_eq!(judgement.status, Status::Invalid);
    let mut validated = judgement.clone();
    validate(&history.preamble, &mut validated, || Ok(again(&history)));
    assert_eq!(validated, judgement);
}

/// The same run without the fault, as if the checkers had seen one.
fn false_alarm() -> (History, Judgement) {
    let history = stale();
    let judgement = judge(&history);
    let mut cluster = Cluster::new(3);
    cluster.put(0, "k1", "v1");
    cluster.put(0, "k1", "v2");
    let _ = cluster.get(1, "k1");
    (cluster.finish(), judgement)
}

#[test]
fn a_finding_that_is_not_proven_makes_a_verdict_unknown() {
    let (history, mut judgement) = false_alarm();
    judgement.sentence.push_str(" (Line 9 is cut short and was left out.)");
    validate(&history.preamble, &mut judgement, || Ok(again(&history)));
    assert_eq!(judgement.status, Status::Unknown);
    assert!(judgement.headline().is_none());
    assert!(judgement.sentence.starts_with("Undecided: a finding of "), "{}", judgement.sentence);
    assert!(judgement.sentence.ends_with("was left out.)"), "{}", judgement.sentence);
    let reason = "was not confirmed by the validator of witnesses, which is a bug of Stormglass";
    let reasons: Vec<&String> =
        judgement.verdicts.iter().flat_map(|verdict| &verdict.reasons).collect();
    assert!(reasons.iter().any(|one| one.contains(reason)), "{reasons:?}");
}

#[test]
fn a_history_that_cannot_be_read_again_proves_nothing() {
    let history = stale();
    let mut judgement = judge(&history);
    validate(&history.preamble, &mut judgement, || {
        let lines: Vec<Result<Event, String>> = vec![Err("the disk is gone".to_owned())];
        Ok(lines)
    });
    assert_eq!(judgement.status, Status::Unknown);
    assert!(judgement.sentence.contains("the disk is gone"), "{}", judgement.sentence);
}

#[test]
fn a_validator_that_panics_proves_nothing() {
    let history = stale();
    let mut judgement = judge(&history);
    let bad = || -> Result<Vec<Result<Event, Infallible>>, Infallible> { panic!("a bug of ours") };
    validate(&history.preamble, &mut judgement, bad);
    assert_eq!(judgement.status, Status::Unknown);
    assert!(judgement.sentence.contains("the validator panicked"), "{}", judgement.sentence);
}

#[test]
fn without_findings_the_history_is_not_read() {
    let (history, _) = false_alarm();
    let mut judgement = judge(&history);
    let before = judgement.clone();
    validate(
        &history.preamble,
        &mut judgement,
        || -> Result<Vec<Result<Event, String>>, String> {
            unreachable!("there is nothing to confirm")
        },
    );
    assert_eq!(judgement, before);
}
