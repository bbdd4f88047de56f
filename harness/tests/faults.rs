//! Every fault on a real cluster: it lands, something other than our own word shows that
//! it bit, and it heals.

#[path = "faults/clocks.rs"]
mod clocks;
#[path = "faults/disks.rs"]
mod disks;
#[path = "faults/links.rs"]
mod links;
#[path = "faults/members.rs"]
mod members;
#[path = "faults/membership.rs"]
mod membership;
#[path = "faults/one_client.rs"]
mod one_client;
#[path = "faults/pauses.rs"]
mod pauses;
#[path = "faults/processes.rs"]
mod processes;
#[path = "faults/releases.rs"]
mod releases;
#[path = "faults/restore.rs"]
mod restore;
#[expect(dead_code, reason = "each test program uses a part of it")]
mod support;

use std::fmt::Write as _;
use std::ops::Range;
use std::path::{Path, PathBuf};

use stormglass_checkers::history::{Body, Environment, Event, FaultBegin, FaultEnd, Phase};
use stormglass_checkers::verdict::Status;
use support::{Said, events, fault, run_into};

/// One fault, and what shows that it bit.
struct Case {
    kind: &'static str,
    duration: &'static str,
    /// Its parameters, as TOML.
    params: &'static str,
    bit: fn(&[Event], &FaultBegin, &FaultEnd, &Path) -> bool,
}

const CASES: &[Case] = &[
    Case { kind: "kill", duration: "1s", params: "", bit: members::process_died_of_a_signal },
    Case { kind: "pause", duration: "1500ms", params: "", bit: members::member_fell_silent },
    Case { kind: "isolate", duration: "3s", params: "", bit: links::peers_lost_the_member },
    Case { kind: "defragment", duration: "0s", params: "", bit: log_says("defrag") },
    Case { kind: "compact", duration: "0s", params: "", bit: log_says("compact") },
    Case {
        kind: "kill-defragment",
        duration: "1s",
        params: "",
        bit: members::defragmentation_never_answered,
    },
    Case {
        kind: "partition",
        duration: "3s",
        params: "shape = \"halves\"",
        bit: links::peers_lost_the_member,
    },
    Case {
        kind: "disturb",
        duration: "3s",
        params: "delay = \"40ms\", jitter = \"5ms\", clients = \"true\"",
        bit: links::answers_were_late,
    },
    Case { kind: "reset", duration: "200ms", params: "", bit: links::peers_saw_resets },
    Case {
        kind: "power-failure",
        duration: "1s",
        // Torn, the only sector that is under way may survive.
        params: "lost = \"all\"",
        bit: disks::unsynced_bytes_were_lost,
    },
    Case {
        kind: "slow-disk",
        duration: "3s",
        params: "delay = \"100ms\", spread = \"20ms\"",
        bit: disks::the_member_measured_slow_syncs,
    },
    Case {
        kind: "disk-full",
        duration: "1s",
        params: "",
        bit: |events, begin, _, dir| {
            disks::the_member_ended_naming(events, begin, dir, "no space left on device")
        },
    },
    Case {
        kind: "disk-error",
        duration: "1s",
        params: "",
        bit: |events, begin, _, dir| {
            disks::the_member_ended_naming(events, begin, dir, "input/output error")
        },
    },
    Case { kind: "lying-disk", duration: "2s", params: "", bit: disks::every_member_lost_bytes },
    Case {
        kind: "corrupt",
        duration: "1s",
        params: "file = \"wal\"",
        bit: disks::the_member_refused_its_log,
    },
    Case {
        kind: "clock-wall",
        duration: "3s",
        params: "jump = \"1h\"",
        bit: clocks::log_jumped_an_hour_and_came_back,
    },
    Case {
        kind: "clock-mono",
        duration: "4s",
        params: "rate = \"5\"",
        bit: clocks::leases_ended_before_their_time,
    },
    Case {
        kind: "terminate",
        duration: "1s",
        params: "",
        bit: processes::the_member_was_asked_to_end,
    },
    Case { kind: "kill-start", duration: "1s", params: "", bit: processes::one_life_never_served },
    Case {
        kind: "kill-compact",
        duration: "1s",
        params: "",
        bit: processes::compaction_never_answered,
    },
    Case {
        kind: "kill-snapshot",
        duration: "1s",
        params: "",
        bit: processes::snapshot_was_broken_off,
    },
    Case {
        kind: "starve",
        duration: "3s",
        params: "share = \"10\"",
        bit: processes::the_member_hardly_ran,
    },
    Case {
        kind: "limit-memory",
        duration: "5s",
        params: "",
        bit: processes::the_kernel_refused_memory,
    },
    Case {
        kind: "lose-data",
        duration: "3s",
        params: "state = \"lost\"",
        bit: processes::the_member_missed_its_data,
    },
    Case {
        kind: "replace-member",
        duration: "1s",
        params: "learner = \"true\"",
        bit: membership::another_member_came_in_its_place,
    },
    Case { kind: "move-leader", duration: "0s", params: "", bit: membership::the_office_moved },
    Case {
        kind: "force-snapshot",
        duration: "500ms",
        params: "",
        bit: membership::a_snapshot_was_sent_and_applied,
    },
    Case {
        kind: "change-release",
        duration: "2s",
        params: "to = \"3.5.30\"",
        bit: releases::the_member_runs_another_release,
    },
    Case {
        kind: "restore",
        duration: "1s",
        params: "age = \"6s\"",
        bit: restore::another_cluster_knows_less,
    },
];

/// The places of the first faults of links, of disks, of clocks and of processes.
const FIRST_OF_LINKS: usize = 6;
const FIRST_OF_DISKS: usize = 9;
const FIRST_OF_CLOCKS: usize = 15;
const FIRST_OF_PROCESSES: usize = 17;
/// How many of these there are.
const OF_PROCESSES: usize = 7;

/// The sort of evidence that a member's own log gives.
const fn log_says(word: &'static str) -> fn(&[Event], &FaultBegin, &FaultEnd, &Path) -> bool {
    match word.len() {
        6 => |_, begin, _, dir| log_contains(begin, dir, "finished defragment"),
        _ => |_, begin, _, dir| log_contains(begin, dir, "finished scheduled compaction"),
    }
}

#[test]
fn every_fault_has_a_case() {
    let known: Vec<_> =
        stormglass_scenarios::fault::faults().iter().map(|fault| fault.kind).collect();
    let tested: Vec<_> = CASES.iter().map(|case| case.kind).collect();
    assert_eq!(known, tested, "every fault of the registry has its firing test");
}

#[test]
fn faults_of_members_land_bite_and_heal() {
    land_bite_and_heal(&cases(0..FIRST_OF_LINKS));
}

#[test]
fn faults_of_links_land_bite_and_heal() {
    // Resets come first: connections that a partition broke end with resets too.
    let mut cases = cases(FIRST_OF_LINKS..FIRST_OF_DISKS);
    cases.reverse();
    land_bite_and_heal(&cases);
}

#[test]
fn faults_of_disks_land_bite_and_heal() {
    // What damages a correct store has a test of its own.
    let mut cases = cases(FIRST_OF_DISKS..FIRST_OF_CLOCKS);
    cases.retain(|case| case.kind != "lying-disk");
    land_bite_and_heal(&cases);
}

#[test]
fn an_acknowledged_write_that_was_never_synced_is_gone_after_a_power_failure() {
    let folder = tempfile::tempdir().expect("a folder");
    let case = CASES.iter().find(|case| case.kind == "lying-disk").expect("a case");
    let text = scenario_text(&[case]).replace("[\"m2\"]", "\"all\"");
    let (dir, said) = run_scenario(folder.path(), &text, 1);
    let events = events(&dir);
    let (begin, end) = fault(&events, case.kind);
    assert!((case.bit)(&events, begin, end, &dir), "{end:?}");
    let judgement = support::judgement(&dir);
    // What was lost may be overwritten before anybody reads it; that its revisions are given
    // to others stays.
    let lost = judgement.verdicts.iter().any(|verdict| {
        let judges = ["durability", "linearizability"].contains(&verdict.checker.as_str());
        judges && verdict.status == Status::Invalid
    });
    assert!(lost, "acknowledged writes are gone, and nobody saw it: {}", said.out);
}

#[test]
fn faults_of_clocks_land_bite_and_heal() {
    land_bite_and_heal(&cases(FIRST_OF_CLOCKS..FIRST_OF_PROCESSES));
}

#[test]
fn faults_of_processes_land_bite_and_heal() {
    // What damages a correct store has tests of its own.
    let mut cases = cases(FIRST_OF_PROCESSES..FIRST_OF_PROCESSES + OF_PROCESSES);
    cases.retain(|case| !["lose-data", "limit-memory"].contains(&case.kind));
    land_bite_and_heal(&cases);
}

fn cases(part: Range<usize>) -> Vec<&'static Case> {
    CASES[part].iter().collect()
}

/// Runs a scenario, and expects it to end with this code.
fn run_scenario(folder: &Path, text: &str, code: i32) -> (PathBuf, Said) {
    let scenario = folder.join("faults.toml");
    std::fs::write(&scenario, text).expect("written");
    let dir = folder.join("run");
    let scenario = scenario.to_str().expect("a path");
    let said = run_into(&dir, &[scenario, "--etcd", "3.5.16", "--seed", "3"]).expect(code);
    (dir, said)
}

/// Injects faults one after the other, in one run.
fn land_bite_and_heal(cases: &[&Case]) {
    land_bite_and_heal_in(&scenario_text(cases), cases);
}

/// Runs a scenario that injects these faults.
fn land_bite_and_heal_in(text: &str, cases: &[&Case]) {
    let folder = tempfile::tempdir().expect("a folder");
    let (dir, said) = run_scenario(folder.path(), text, 0);
    let events = events(&dir);
    for case in cases {
        let (begin, end) = fault(&events, case.kind);
        assert_eq!(end.error, None, "{}: {}", case.kind, said.out);
        assert!(end.landed.is_some(), "{} did not land", case.kind);
        assert!((case.bit)(&events, begin, end, &dir), "{} left no trace: {end:?}", case.kind);
    }
    assert!(
        events.iter().any(|e| e.body == Body::Environment(Environment::Phase(Phase::Recovered))),
        "the cluster is healthy after the last heal"
    );
}

#[test]
fn without_its_device_no_fault_of_disks_is_injected_and_the_run_says_so() {
    let folder = tempfile::tempdir().expect("a folder");
    let case = CASES.iter().find(|case| case.kind == "slow-disk").expect("a case");
    let scenario = folder.path().join("faults.toml");
    std::fs::write(&scenario, scenario_text(&[case])).expect("written");
    let dir = folder.path().join("run");
    let scenario = scenario.to_str().expect("a path");
    run_into(&dir, &[scenario, "--etcd", "3.5.16", "--seed", "3", "--fuse", "/no/such"]).expect(3);
    let (kind, reason) = unavailable(&dir);
    assert_eq!(kind, "slow-disk");
    assert!(reason.contains("FUSE device") && reason.contains("modprobe fuse"), "{reason}");
}

/// A kind of fault that a run could not inject, and why.
fn unavailable(dir: &Path) -> (String, String) {
    let refused = events(dir).into_iter().find_map(|event| match event.body {
        Body::Environment(Environment::FaultUnavailable { kind, reason }) => Some((kind, reason)),
        _ => None,
    });
    refused.expect("refused")
}

#[test]
fn without_faults_nothing_is_reported_as_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let dir = folder.path().join("run");
    run_into(&dir, &["quiet", "--etcd", "3.5.16", "--seed", "1"]).expect(0);
    let events = events(&dir);
    let any = events.iter().any(|event| {
        matches!(
            event.body,
            Body::FaultBegin(_)
                | Body::FaultEnd(_)
                | Body::Environment(Environment::MemberExited(_))
        )
    });
    assert!(!any, "a quiet run has no fault and no exit");
}

fn scenario_text(cases: &[&Case]) -> String {
    let seconds = 6 + 5 * cases.len();
    let mut text = "schema = 1\nname = \"faults\"\n[workload]\nclients = 6\nwatchers = 1\n\
                    rate = 200\nprefill = 8000\nvalue-size = { min = 100, max = 200 }\n\
                    [limits]\nduration = \"SECONDSs\"\n\
                    [[avoid]]\nreleases = \"*\"\ntriggers = [\"txn-range-revision\", \
                    \"watch-compacted-start\", \"watch-future-start\", \"late-keepalive\"]\n"
        .to_owned();
    for (position, case) in cases.iter().enumerate() {
        let at = 4 + 5 * position;
        // Leases follow the leader's clock.
        let target = match case.kind {
            "clock-mono" => "\"leader\"",
            "restore" => "\"all\"",
            _ => "[\"m2\"]",
        };
        let _ = write!(
            text,
            "[[fault]]\nkind = \"{}\"\ntarget = {target}\nat = \"{at}s\"\nfor = \"{}\"\n\
             params = {{ {} }}\n",
            case.kind, case.duration, case.params
        );
        if case.kind == "clock-wall" {
            // Something for the member to log, while its clock is wrong and after it.
            for at in [at + 2, at + 4] {
                let _ = writeln!(text, "[[fault]]\nkind = \"compact\"\nat = \"{at}s 500ms\"");
            }
        }
    }
    text.replace("for = \"0s\"\n", "").replace("SECONDS", &seconds.to_string())
}

fn log(dir: &Path, member: &str) -> String {
    std::fs::read_to_string(dir.join("members").join(member).join("log.txt")).unwrap_or_default()
}

fn log_contains(begin: &FaultBegin, dir: &Path, text: &str) -> bool {
    begin.fault.members.iter().any(|member| log(dir, &member.to_string()).contains(text))
}
