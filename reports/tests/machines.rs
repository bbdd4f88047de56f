//! What machines and pull requests read: JUnit and Markdown, as they are.

mod common;

use common::hostile::MARKER;
use common::{Run, Shape};

/// A short run: the texts do not depend on its length.
fn run() -> Run {
    Run::lost_write(Shape { seconds: 12, ..Shape::DEMO })
}

#[test]
fn junit_of_a_lost_write() {
    insta::assert_snapshot!(run().artifact("junit.xml"));
}

#[test]
fn summary_of_a_lost_write() {
    insta::assert_snapshot!(run().artifact("summary.md"));
}

#[test]
fn an_exit_for_the_environment_is_an_error_of_the_run() {
    let mut run = run();
    run.facts.exit_code = 4;
    let junit = run.artifact("junit.xml");
    assert!(junit.contains("<error message=\"the run ended with exit code 4\" type=\"exit\"/>"));
}

#[test]
fn hostile_texts_stay_within_junit_and_the_summary() {
    let run = Run::hostile();
    let junit = run.artifact("junit.xml");
    assert!(junit.contains(MARKER) && !junit.contains("<script"));
    let summary = run.artifact("summary.md");
    assert!(summary.len() <= 64 * 1024);
    let code = |line: &&str| line.starts_with("    ");
    assert_eq!(summary.lines().filter(code).count(), 2, "the two commands, one line each");
    let harm = |line: &str| line.replace("\\]", "").contains("](") || line.contains("<img");
    assert!(!summary.lines().filter(|line| !code(line)).any(harm), "{summary}");
}

#[test]
fn the_summary_of_endless_findings_has_a_limit() {
    let mut run = run();
    let found = run.judgement.verdicts[0].findings[0].clone();
    run.judgement.verdicts[0].findings = vec![found; 5_000];
    run.facts.not_tested = vec!["x ".repeat(50_000); 50];
    let summary = run.artifact("summary.md");
    assert!(summary.len() <= 64 * 1024, "{} bytes", summary.len());
    assert!(summary.contains("more findings are"));
}

/// Every line of the format: a comment, or a name, labels in quotation marks, and a number.
#[test]
fn metrics_are_open_metrics_however_hostile_their_labels() {
    for run in [Run::lost_write(Shape::DEMO), Run::hostile()] {
        let text = run.artifact("metrics.prom");
        assert!(text.ends_with("\n# EOF\n"));
        let mut families = Vec::new();
        for line in text.lines().filter(|line| *line != "# EOF") {
            if let Some(family) = line.strip_prefix("# TYPE ") {
                let name = family.split(' ').next().expect("a name").to_owned();
                assert!(!families.contains(&name), "{name} comes twice");
                families.push(name);
                continue;
            }
            if line.starts_with("# HELP ") {
                continue;
            }
            let family = families.last().expect("a family comes first");
            assert!(line.starts_with(family.as_str()), "{line} is not of {family}");
            let (_, value) = line.rsplit_once(' ').expect("a value");
            assert!(value.parse::<f64>().is_ok(), "{line}");
            let unescaped = line.replace("\\\\", "").replace("\\\"", "");
            assert!(unescaped.matches('"').count().is_multiple_of(2), "{line}");
        }
    }
    let text = Run::lost_write(Shape::DEMO).artifact("metrics.prom");
    for line in [
        "stormglass_verdict{stormglass_verdict=\"invalid\"} 1",
        "stormglass_verdict{stormglass_verdict=\"valid\"} 0",
        "stormglass_findings{checker=\"durability\",anomaly=\"lost-write\"} 1",
        "stormglass_faults{kind=\"kill\",state=\"landed\"} 3",
    ] {
        assert!(text.contains(&format!("{line}\n")), "{line} is not in {text}");
    }
}
