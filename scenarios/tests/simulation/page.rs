//! The page of the simulated store names every bug and every fault.

use std::path::PathBuf;

use stormglass_scenarios::fault::faults;
use stormglass_scenarios::simulation::{bugs, simulates};

#[test]
fn the_page_names_every_bug_and_every_fault_that_is_simulated() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs/simulated.md");
    let text = std::fs::read_to_string(path).expect("docs/simulated.md");
    for entry in bugs() {
        let row = format!("| `{}` | {} |", entry.name, entry.summary);
        assert!(text.contains(&row), "docs/simulated.md has no row {row}");
    }
    for entry in faults().iter().filter(|entry| simulates(entry.kind).is_ok()) {
        let name = format!("`{}`", entry.kind);
        assert!(text.contains(&name), "docs/simulated.md does not mention {name}");
    }
}

#[test]
fn what_is_not_simulated_is_refused_with_a_reason() {
    assert!(simulates("kill").is_ok());
    let reason = simulates("no-such-fault").expect_err("nobody models it");
    assert!(reason.contains("--target local"), "{reason}");
}
