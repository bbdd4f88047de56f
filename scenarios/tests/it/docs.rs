//! Every entry of a registry has its page, and the reference has every key.

use std::path::PathBuf;

use stormglass_scenarios::fault::faults;
use stormglass_scenarios::scenario::{PROPERTIES, Scenario, catalog_scenario};
use stormglass_scenarios::trigger::triggers;
use stormglass_scenarios::workload::workloads;

fn page(name: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs").join(name);
    std::fs::read_to_string(&path)
        .unwrap_or_else(|error| panic!("docs/{name} is missing, write it: {error}"))
}

fn says(page: &str, name: &str, word: &str) {
    assert!(page.contains(&format!("`{word}`")), "docs/{name} does not mention `{word}`");
}

#[test]
fn every_fault_has_a_page_with_its_parameters() {
    for entry in faults() {
        let name = format!("faults/{}.md", entry.kind);
        let text = page(&name);
        assert!(text.starts_with(&format!("# {}\n", entry.kind)), "docs/{name}: wrong title");
        for heading in ["## Mechanism", "## Evidence", "## Healing", "## Limits"] {
            assert!(text.contains(heading), "docs/{name} has no section {heading}");
        }
        for param in entry.params {
            says(&text, &name, param.name);
        }
    }
}

#[test]
fn every_workload_has_a_page_with_its_requests() {
    for entry in workloads() {
        let name = format!("workloads/{}.md", entry.kind);
        let text = page(&name);
        assert!(text.starts_with(&format!("# {}\n", entry.kind)), "docs/{name}: wrong title");
        for weight in entry.weights {
            let row = format!("| `{}` | {} |", weight.name, weight.default);
            assert!(text.contains(&row), "docs/{name} has no row {row}");
        }
    }
}

#[test]
fn every_trigger_and_property_is_in_the_reference() {
    let text = page("scenarios.md");
    for entry in triggers() {
        says(&text, "scenarios.md", entry.name);
        assert!(text.contains(entry.issue), "docs/scenarios.md does not name {}", entry.issue);
    }
    for entry in &PROPERTIES {
        says(&text, "scenarios.md", entry.name);
    }
}

#[test]
fn every_key_is_in_the_reference() {
    let text = page("scenarios.md");
    let mut scenario: Scenario = catalog_scenario("demo").expect("in the catalogue");
    scenario.cluster.etcd = Some("3.5.16".to_owned());
    scenario.fault.truncate(2);
    scenario.fault[0].every = scenario.fault[0].at;
    let root = toml::Table::try_from(&scenario).expect("a table");
    for (key, value) in &root {
        says(&text, "scenarios.md", key);
        let tables = match value {
            toml::Value::Table(table) => vec![table],
            toml::Value::Array(list) => list.iter().filter_map(toml::Value::as_table).collect(),
            _ => Vec::new(),
        };
        for key in tables.into_iter().flat_map(|table| table.keys()) {
            says(&text, "scenarios.md", key);
        }
    }
}
