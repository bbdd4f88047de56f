//! Documentation: every entry of a registry has its page, and links lead somewhere.

use std::fs;
use std::path::Path;

use stormglass_checkers::registry::checkers;
use stormglass_scenarios::fault::faults;
use stormglass_scenarios::scenario::catalog_table;
use stormglass_scenarios::workload::workloads;

use super::workspace::{files, root};

#[test]
fn every_checker_has_a_page_that_names_its_anomalies() {
    assert!(!checkers().is_empty());
    for checker in checkers() {
        let page = page("checkers", checker.name);
        for anomaly in checker.anomalies {
            let named = page.contains(&format!("`{anomaly}`"));
            assert!(named, "docs/checkers/{}.md does not explain `{anomaly}`", checker.name);
        }
        for guarantee in checker.guarantees {
            let named = page.contains(guarantee);
            assert!(named, "docs/checkers/{}.md does not name {guarantee}", checker.name);
        }
    }
}

#[test]
fn every_workload_has_a_page_that_names_its_weights() {
    assert!(!workloads().is_empty());
    for workload in workloads() {
        let page = page("workloads", workload.kind);
        for weight in workload.weights {
            let named = page.contains(&format!("`{}`", weight.name));
            assert!(named, "docs/workloads/{}.md lacks `{}`", workload.kind, weight.name);
        }
    }
}

#[test]
fn every_fault_has_a_page_that_names_its_parameters() {
    assert!(!faults().is_empty());
    for fault in faults() {
        let page = page("faults", fault.kind);
        for param in fault.params {
            let named = page.contains(&format!("`{}`", param.name));
            assert!(named, "docs/faults/{}.md lacks `{}`", fault.kind, param.name);
        }
    }
}

#[test]
fn every_page_belongs_to_an_entry() {
    let names = |folder: &str| -> Vec<&str> {
        match folder {
            "checkers" => checkers().iter().map(|entry| entry.name).collect(),
            "workloads" => workloads().iter().map(|entry| entry.kind).collect(),
            _ => faults().iter().map(|entry| entry.kind).collect(),
        }
    };
    for folder in ["checkers", "workloads", "faults"] {
        for entry in fs::read_dir(root().join("docs").join(folder)).expect("the folder is there") {
            let path = entry.expect("it can be read").path();
            let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            let known = names(folder).contains(&stem.as_str());
            assert!(known, "docs/{folder}/{stem}.md describes nothing that exists");
        }
    }
}

#[test]
fn links_between_pages_lead_somewhere() {
    let mut broken = Vec::new();
    for (path, text) in files(&[".md"]) {
        let folder = root().join(&path);
        let folder = folder.parent().expect("a file lies in a folder");
        for link in links(&text) {
            if !folder.join(link).exists() {
                broken.push(format!("{path} links to {link}"));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

/// Targets of Markdown links to files of ours, without the part behind `#`.
fn links(text: &str) -> impl Iterator<Item = &str> {
    text.split("](")
        .skip(1)
        .filter_map(|rest| rest.split(')').next())
        .filter(|link| !link.contains("://"))
        .filter_map(|link| link.split('#').next())
        .filter(|link| !link.is_empty() && !link.contains(char::is_whitespace))
}

fn page(folder: &str, name: &str) -> String {
    let path = Path::new("docs").join(folder).join(format!("{name}.md"));
    fs::read_to_string(root().join(&path))
        .unwrap_or_else(|_| panic!("write {}: every entry has its page", path.display()))
}

#[test]
fn the_readme_has_the_table_of_scenarios_that_the_files_make() {
    let readme = fs::read_to_string(root().join("README.md")).expect("there is a README");
    let table = catalog_table().expect("the catalogue is valid");
    assert!(readme.contains(&table), "the README's table of scenarios is old: `make readme`");
}

#[test]
fn the_readme_names_everything_there_is() {
    let readme = fs::read_to_string(root().join("README.md")).expect("there is a README");
    let checkers = checkers().iter().map(|entry| ("checkers", entry.name));
    let workloads = workloads().iter().map(|entry| ("workloads", entry.kind));
    let faults = faults().iter().map(|entry| ("faults", entry.kind));
    for (folder, name) in checkers.chain(workloads).chain(faults) {
        let link = format!("[`{name}`](docs/{folder}/{name}.md)");
        assert!(readme.contains(&link), "README.md does not say {link}");
    }
}
