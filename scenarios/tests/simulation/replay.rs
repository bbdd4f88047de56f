//! The same plan makes the same history.

use stormglass_checkers::history::HistoryWriter;
use stormglass_scenarios::plan::Plan;
use stormglass_scenarios::simulation::{Bug, Simulation};

use crate::support::{ISOLATE, KILL, KILL_DEFRAGMENT, PAUSE, busy};

/// The history file of a run, byte by byte.
fn history(plan: &Plan, bug: Option<Bug>) -> Vec<u8> {
    let simulation = Simulation::new(plan);
    let simulation = match bug {
        Some(bug) => simulation.with_bug(bug),
        None => simulation,
    };
    let mut bytes = Vec::new();
    let mut writer =
        HistoryWriter::new(&mut bytes, &simulation.preamble()).expect("memory takes everything");
    simulation.run(&mut |event| writer.write(&event).expect("memory takes everything"));
    writer.flush().expect("memory takes everything");
    drop(writer);
    bytes
}

#[test]
fn a_plan_has_one_history_byte_by_byte() {
    for seed in 0..2 {
        let plan = busy(4, &[KILL, PAUSE, ISOLATE, KILL_DEFRAGMENT], seed);
        let first = history(&plan, None);
        assert!(first.len() > 100_000, "{} bytes", first.len());
        assert!(first == history(&plan, None), "seed {seed} has two histories");
    }
}

#[test]
fn a_bug_strikes_at_the_same_places_every_time() {
    let plan = busy(4, &[KILL], 5);
    let with = history(&plan, Some(Bug::WatchDrop));
    assert!(with == history(&plan, Some(Bug::WatchDrop)));
    assert!(with != history(&plan, None));
}

#[test]
fn another_seed_has_another_history() {
    assert!(history(&busy(2, &[], 1), None) != history(&busy(2, &[], 2), None));
}
