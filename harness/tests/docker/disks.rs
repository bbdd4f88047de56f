//! Faults of disks that are mounted on the machine and given to containers.

use super::support::{self, Said};
use super::{Planned, Turn, landed, log, run_in_containers, scenario_text};

const FAULTS: &[Planned] = &[
    ("slow-disk", "2s", "[\"m2\"]", "delay = \"100ms\", spread = \"20ms\""),
    ("disk-full", "1s", "[\"m2\"]", ""),
    ("disk-error", "1s", "[\"m3\"]", ""),
];

#[test]
fn disks_of_containers_are_slow_full_and_fail() {
    let Some(turn) = Turn::take() else { return };
    let (dir, _) = run_in_containers(turn.folder(), &scenario_text(FAULTS), 0);
    let events = support::events(&dir);
    for (kind, ..) in FAULTS {
        landed(&events, kind);
    }
    let mean = &landed(&events, "slow-disk").evidence["m2-wal-fsync-mean-ms"];
    assert!(mean.parse::<f64>().is_ok_and(|mean| mean >= 80.0), "etcd measured {mean} ms");
    assert!(log(&dir, "m2").contains("no space left on device"));
    assert!(log(&dir, "m3").contains("input/output error"));
}

/// The control of all the others: what a disk in a container acknowledges and does not keep is
/// gone, and the checkers see it.
#[test]
fn what_a_lying_disk_acknowledged_is_gone_after_a_power_failure() {
    let Some(turn) = Turn::take() else { return };
    let lying: Planned = ("lying-disk", "2s", "\"all\"", "");
    let text = scenario_text(&[lying]).replace("duration = \"6s\"", "duration = \"8s\"");
    let (dir, Said { out, .. }) = run_in_containers(turn.folder(), &text, 1);
    let end = landed(&support::events(&dir), "lying-disk").clone();
    for member in ["m1", "m2", "m3"] {
        let lost = &end.evidence[&format!("{member}-lost-bytes")];
        assert!(lost.parse::<u64>().is_ok_and(|bytes| bytes > 0), "{member}: {lost}");
    }
    assert!(out.starts_with("✕ INVALID"), "{out}");
}
