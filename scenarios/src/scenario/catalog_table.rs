//! The catalogue as a table for the README.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::catalog::catalog;
use super::document::Scenario;
use super::error::ScenarioError;
use crate::workload::workload;

/// The catalogue as a table in Markdown: what each scenario asks, what it does for that, and
/// how long its traffic lasts.
///
/// # Errors
/// When a scenario of the catalogue is none.
pub fn catalog_table() -> Result<String, ScenarioError> {
    let mut table =
        "| scenario | the question that it answers | faults | checkers it is made for | \
                     seconds |\n|---|---|---|---|---:|\n"
            .to_owned();
    for entry in catalog() {
        let scenario = Scenario::parse(entry.text, entry.name)?;
        let checks = workload(&scenario.workload.kind).map_or(&[][..], |entry| entry.checks);
        // Writing to a string does not fail.
        let _ = writeln!(
            table,
            "| [`{name}`](scenarios/catalog/{name}.toml) | {} | {} | {} | {} |",
            scenario.question,
            faults(&scenario),
            checks.join(", "),
            scenario.limits.duration.as_duration().as_secs(),
            name = entry.name,
        );
    }
    Ok(table)
}

fn faults(scenario: &Scenario) -> String {
    let kinds: BTreeSet<&str> = scenario.fault.iter().map(|fault| fault.kind.as_str()).collect();
    match (kinds.is_empty(), &scenario.storm) {
        (_, Some(_)) => "any that etcd promises to survive".to_owned(),
        (true, None) => "none".to_owned(),
        (false, None) => kinds.into_iter().collect::<Vec<_>>().join(", "),
    }
}
