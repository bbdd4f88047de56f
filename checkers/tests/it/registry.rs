//! Every registered checker has a page, and every anomaly a case that fires.

use std::collections::BTreeSet;
use std::path::Path;

use crate::common::{self, Cluster, judge};
use stormglass_checkers::registry::checkers;
use stormglass_checkers::verdict::Status;

/// The text of every test file of this folder, where the cases are.
fn cases() -> String {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let mut text = String::new();
    let mut folders = vec![tests];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("the tests' folder is readable") {
            let path = entry.expect("the tests' folder is readable").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                text.push_str(&std::fs::read_to_string(path).expect("a test file is readable"));
            }
        }
    }
    text
}

#[test]
fn names_and_anomalies_are_unique_and_in_kebab_case() {
    let mut names = BTreeSet::new();
    let mut anomalies = BTreeSet::new();
    for entry in checkers() {
        assert!(names.insert(entry.name), "{} is registered twice", entry.name);
        for anomaly in entry.anomalies {
            assert!(anomalies.insert(anomaly), "{anomaly} belongs to two checkers");
            // Adya's and Elle's own names have capitals and digits.
            let theirs = entry.name == "append";
            let plain = |c: char| c.is_ascii_lowercase() || c == '-';
            let named = |c: char| plain(c) || theirs && matches!(c, 'G' | '0'..='9');
            assert!(anomaly.chars().all(named), "{anomaly}");
        }
    }
    let expected = [
        "durability",
        "linearizability",
        "append",
        "convergence",
        "revisions",
        "watch",
        "leases",
        "locks",
        "availability",
        "logs",
        "coverage",
    ];
    assert_eq!(checkers().iter().map(|entry| entry.name).collect::<Vec<_>>(), expected);
}

#[test]
fn every_checker_has_a_page_that_names_its_guarantees_and_anomalies() {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs");
    let guarantees = std::fs::read_to_string(docs.join("guarantees.md")).expect("guarantees.md");
    for entry in checkers() {
        let page = docs.join("checkers").join(format!("{}.md", entry.name));
        let text = std::fs::read_to_string(&page)
            .unwrap_or_else(|_| panic!("{} has no page at docs/checkers", entry.name));
        for word in entry.guarantees.iter().chain(entry.anomalies) {
            assert!(text.contains(word), "docs/checkers/{}.md does not name {word}", entry.name);
        }
        for number in entry.guarantees {
            let heading = format!("**{number} ");
            assert!(guarantees.contains(&heading), "docs/guarantees.md has no {number}");
        }
    }
}

#[test]
fn every_anomaly_has_a_case_that_fires() {
    let cases = cases();
    for entry in checkers() {
        for anomaly in entry.anomalies {
            let quoted = format!("\"{anomaly}\"");
            assert!(cases.contains(&quoted), "no test expects {anomaly} of {}", entry.name);
        }
    }
}

#[test]
fn every_checker_is_silent_on_a_run_of_everything_that_is_allowed() {
    for seed in 0..40 {
        let shape =
            common::Legal { seed, operations: 200, keys: 6, open: 6, unknown: 8, disturbed: true };
        let judgement = judge(&shape.history());
        for verdict in &judgement.verdicts {
            assert_eq!(verdict.status, Status::Valid, "seed {seed}: {}", common::told(verdict));
        }
    }
}

#[test]
fn the_judge_tells_lost_data_first() {
    let mut cluster = Cluster::new(3);
    cluster.put(0, "k1", "v1");
    let mut history = cluster.finish();
    for event in &mut history.events {
        if let stormglass_checkers::history::Body::Complete(
            stormglass_checkers::history::Outcome::Ok(
                stormglass_checkers::history::Response::Range(range),
            ),
        ) = &mut event.body
            && event.member.is_some_and(|member| member.0 == 2)
        {
            range.kvs.clear();
            range.count = 0;
        }
    }
    let judgement = judge(&history);
    assert_eq!(judgement.status, Status::Invalid);
    let headline = judgement.headline().map(|finding| finding.anomaly.as_str());
    assert_eq!(headline, Some("lost-write"), "{}", judgement.sentence);
    assert!(judgement.sentence.contains("m3"), "{}", judgement.sentence);
}
