//! The gallery: each report proves its findings, and says the same in words, table, picture and
//! timeline.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use stormglass_checkers::verdict::{Finding, Judgement};

use crate::support::Home;

/// Steps that a drawing has at most.
const MOST_DRAWN: usize = 16;

fn gallery() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/gallery")
}

/// The folders of its reports.
fn exhibits() -> Vec<PathBuf> {
    let entries = fs::read_dir(gallery()).expect("a folder");
    entries.map(|entry| entry.expect("an entry").path()).filter(|path| path.is_dir()).collect()
}

/// What stands between two texts, each time.
fn between<'a>(text: &'a str, before: &str, after: &str) -> Vec<&'a str> {
    let rests = text.split(before).skip(1);
    rests.map(|rest| rest.split(after).next().unwrap_or_default()).collect()
}

fn findings(judgement: &Judgement) -> Vec<&Finding> {
    judgement.verdicts.iter().flat_map(|verdict| &verdict.findings).collect()
}

#[test]
fn five_different_findings_are_proven_from_what_is_kept() {
    let home = Home::new();
    let mut anomalies = Vec::new();
    for exhibit in exhibits() {
        let history = exhibit.join("history.jsonl.zst");
        let ran = home.run(&["check", history.to_str().expect("a path")]);
        assert_eq!(ran.code, 1, "{}: {ran:?}", exhibit.display());
        let kept = fs::read(exhibit.join("verdicts.json")).expect("verdicts");
        let kept: Judgement = serde_json::from_slice(&kept).expect("a judgement");
        let first = findings(&kept)[0];
        assert!(ran.stdout.contains(&first.anomaly), "{}: {ran:?}", exhibit.display());
        let page = fs::read_to_string(exhibit.join("report.html")).expect("a page");
        assert!(page.len() < 800 << 10, "{} is no small page", exhibit.display());
        anomalies.push(first.anomaly.clone());
    }
    anomalies.sort();
    anomalies.dedup();
    assert!(anomalies.len() >= 5, "{anomalies:?}");
}

#[test]
fn words_table_picture_and_timeline_have_the_same_operations() {
    let home = Home::new();
    for exhibit in exhibits() {
        let room = tempfile::tempdir().expect("a folder");
        for kept in ["history.jsonl.zst", "plan.json", "run.json", "verdicts.json"] {
            fs::copy(exhibit.join(kept), room.path().join(kept)).expect("copied");
        }
        let ran = home.run(&["report", room.path().to_str().expect("a path")]);
        assert_eq!(ran.code, 0, "{ran:?}");
        let page = fs::read_to_string(room.path().join("report.html")).expect("a page");
        let judgement = fs::read(room.path().join("verdicts.json")).expect("verdicts");
        let judgement: Judgement = serde_json::from_slice(&judgement).expect("a judgement");
        let data = between(&page, "id=\"timeline-data\">", "</script>");
        let data: Value = serde_json::from_str(data[0]).expect("JSON");
        for (finding, number) in findings(&judgement).into_iter().zip(1..=20) {
            let articles = between(&page, &format!("id=\"finding-{number}\">"), "</article>");
            agree(finding, articles[0], &data["findings"][number - 1]);
        }
        let first = findings(&judgement)[0];
        names_what_it_is_about(first);
    }
}

/// The article of a finding and its mark on the timeline have the events of the witness.
fn agree(finding: &Finding, article: &str, mark: &Value) {
    let steps: Vec<u64> = finding.witness.steps.iter().map(|step| step.index).collect();
    let marked: Vec<u64> = serde_json::from_value(mark["steps"].clone()).expect("numbers");
    assert_eq!(marked, steps, "{}", finding.sentence);
    let wide = between(article, "<div class=\"wide\">", "</div>")[0];
    let drawn: Vec<u64> = numbers(&between(wide, "data-event=\"", "\""));
    let listed: Vec<u64> = numbers(&between(article, "data-label=\"events\">", "<"));
    assert_eq!(listed, steps, "{}", finding.sentence);
    if steps.len() <= MOST_DRAWN {
        assert_eq!(drawn, steps, "{}", finding.sentence);
    } else {
        assert_eq!(drawn.len(), MOST_DRAWN, "{}", finding.sentence);
        assert!(drawn.iter().all(|event| steps.contains(event)), "{}", finding.sentence);
    }
}

/// The first number of each.
fn numbers(texts: &[&str]) -> Vec<u64> {
    let first = |text: &&str| text.split(", ").next().and_then(|first| first.parse().ok());
    texts.iter().map(|text| first(text).unwrap_or_else(|| panic!("no number: {text}"))).collect()
}

/// Whatever the sentence names, a step of the witness has too: operations or keys, revisions, members.
fn names_what_it_is_about(finding: &Finding) {
    let sentence = &finding.sentence;
    let steps = finding.witness.steps.iter().map(|step| {
        let member = step.member.map(|member| member.to_string()).unwrap_or_default();
        format!("{member} {} {}", step.what, step.shows)
    });
    let told: String = steps.collect::<Vec<_>>().join("\n");
    let words = words(sentence);
    let revisions = words.windows(2).filter(|pair| pair[0].starts_with("revision"));
    let revisions: Vec<&str> =
        revisions.map(|pair| pair[1]).filter(|word| word.parse::<u64>().is_ok()).collect();
    let is_member = |word: &&&str| word.strip_prefix('m').is_some_and(|n| n.parse::<u16>().is_ok());
    let members: Vec<&str> = words.iter().filter(is_member).copied().collect();
    assert!(!members.is_empty(), "no member: {sentence}");
    for named in revisions.iter().chain(&members) {
        assert!(self::words(&told).contains(named), "{named}: {sentence}\n{told}");
    }
}

fn words(text: &str) -> Vec<&str> {
    text.split(|it: char| !it.is_alphanumeric()).collect()
}
