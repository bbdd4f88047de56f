//! The built-in suites.

use super::document::Suite;
use crate::scenario::{ScenarioError, did_you_mean};

/// A built-in suite.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SuiteEntry {
    /// Its name.
    pub name: &'static str,
    /// Its file.
    pub text: &'static str,
}

/// Every built-in suite, shortest first.
pub fn suites() -> &'static [SuiteEntry] {
    &SUITES
}

/// The built-in suite of this name.
///
/// # Errors
/// When there is none; the message proposes the nearest.
pub fn catalog_suite(name: &str) -> Result<Suite, ScenarioError> {
    let entry = SUITES.iter().find(|entry| entry.name == name).ok_or_else(|| {
        let names: Vec<&str> = SUITES.iter().map(|entry| entry.name).collect();
        ScenarioError::NoSuchSuite { name: name.to_owned(), hint: did_you_mean(name, &names) }
    })?;
    Suite::parse(entry.text, &format!("suite:{name}"))
}

static SUITES: [SuiteEntry; 3] = [
    SuiteEntry { name: "smoke", text: include_str!("../../suites/smoke.toml") },
    SuiteEntry { name: "standard", text: include_str!("../../suites/standard.toml") },
    SuiteEntry { name: "nightly", text: include_str!("../../suites/nightly.toml") },
];
