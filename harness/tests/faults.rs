//! Every fault on a real cluster: it lands, something other than our own word shows that
//! it bit, and it heals.

#[path = "faults/disks.rs"]
mod disks;
#[expect(dead_code, reason = "each test program uses a part of it")]
mod support;

use std::fmt::Write as _;
use std::ops::Range;
use std::path::{Path, PathBuf};

use stormglass_checkers::history::{
    Body, Environment, Event, FaultBegin, FaultEnd, Outcome, Phase, Request,
};
use stormglass_checkers::judge::Judge;
use stormglass_checkers::verdict::Status;
use support::{Said, events, history, run_into};

/// One fault, and what shows that it bit.
struct Case {
    kind: &'static str,
    duration: &'static str,
    /// Its parameters, as TOML.
    params: &'static str,
    bit: fn(&[Event], &FaultBegin, &FaultEnd, &Path) -> bool,
}

const CASES: &[Case] = &[
    Case { kind: "kill", duration: "1s", params: "", bit: process_died_of_a_signal },
    Case { kind: "pause", duration: "1500ms", params: "", bit: member_fell_silent },
    Case { kind: "isolate", duration: "3s", params: "", bit: peers_lost_the_member },
    Case { kind: "defragment", duration: "0s", params: "", bit: log_says("defrag") },
    Case { kind: "compact", duration: "0s", params: "", bit: log_says("compact") },
    Case {
        kind: "kill-defragment",
        duration: "1s",
        params: "",
        bit: defragmentation_never_answered,
    },
    Case {
        kind: "partition",
        duration: "3s",
        params: "shape = \"halves\"",
        bit: peers_lost_the_member,
    },
    Case {
        kind: "disturb",
        duration: "3s",
        params: "delay = \"40ms\", jitter = \"5ms\", clients = \"true\"",
        bit: answers_were_late,
    },
    Case { kind: "reset", duration: "200ms", params: "", bit: peers_saw_resets },
    Case {
        kind: "power-failure",
        duration: "1s",
        params: "lost = \"torn\"",
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
        bit: log_jumped_an_hour_and_came_back,
    },
    Case {
        kind: "clock-mono",
        duration: "4s",
        params: "rate = \"5\"",
        bit: leases_ended_before_their_time,
    },
];

/// The places of the first faults of links, of disks and of clocks.
const FIRST_OF_LINKS: usize = 6;
const FIRST_OF_DISKS: usize = 9;
const FIRST_OF_CLOCKS: usize = 15;

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
    let durability = judgement.verdicts.iter().find(|verdict| verdict.checker == "durability");
    let lost = durability.is_some_and(|verdict| verdict.status == Status::Invalid);
    assert!(lost, "acknowledged writes are gone, and nobody saw it: {}", said.out);
}

#[test]
fn faults_of_clocks_land_bite_and_heal() {
    land_bite_and_heal(&cases(FIRST_OF_CLOCKS..CASES.len()));
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
    let folder = tempfile::tempdir().expect("a folder");
    let (dir, said) = run_scenario(folder.path(), &scenario_text(cases), 0);
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
    let refused = events(&dir).into_iter().find_map(|event| match event.body {
        Body::Environment(Environment::FaultUnavailable { kind, reason }) => Some((kind, reason)),
        _ => None,
    });
    let (kind, reason) = refused.expect("refused");
    assert_eq!(kind, "slow-disk");
    assert!(reason.contains("FUSE device") && reason.contains("modprobe fuse"), "{reason}");
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
        let target = if case.kind == "clock-mono" { "\"leader\"" } else { "[\"m2\"]" };
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

fn fault<'a>(events: &'a [Event], kind: &str) -> (&'a FaultBegin, &'a FaultEnd) {
    let begin = events.iter().find_map(|event| match &event.body {
        Body::FaultBegin(begin) if begin.fault.kind == kind => Some(begin),
        _ => None,
    });
    let begin = begin.unwrap_or_else(|| panic!("{kind} never began"));
    let end = events.iter().find_map(|event| match &event.body {
        Body::FaultEnd(end) if end.id == begin.id => Some(end),
        _ => None,
    });
    (begin, end.unwrap_or_else(|| panic!("{kind} never ended")))
}

/// The kernel told how the process ended, and a process with another number came back.
fn process_died_of_a_signal(
    events: &[Event],
    begin: &FaultBegin,
    end: &FaultEnd,
    _dir: &Path,
) -> bool {
    let landed = end.landed.expect("landed");
    let members = &begin.fault.members;
    let mut around = events
        .iter()
        .filter(|event| event.member.is_some_and(|member| members.contains(&member)))
        .filter(|event| event.at.0 + 1_000_000_000 > landed.from.0);
    let died = around.any(|event| match &event.body {
        Body::Environment(Environment::MemberExited(exit)) => exit.status == "signal 9",
        _ => false,
    });
    died && around.any(|event| matches!(event.body, Body::Environment(Environment::MemberReady {})))
}

/// Nothing was answered by the member while it was stopped.
fn member_fell_silent(events: &[Event], begin: &FaultBegin, end: &FaultEnd, _dir: &Path) -> bool {
    let landed = end.landed.expect("landed");
    // What was under way in sockets may still arrive a moment later.
    let from = landed.from.0 + 100_000_000;
    !events.iter().any(|event| {
        let hit = event.member.is_some_and(|member| begin.fault.members.contains(&member));
        let within = event.at.0 > from && event.at.0 < landed.to.0;
        let answer = matches!(event.body, Body::Complete(Outcome::Ok(_)) | Body::Sample(_));
        hit && within && answer
    })
}

/// Packets were dropped, and the peers' own logs say that they lost the member.
fn peers_lost_the_member(_: &[Event], begin: &FaultBegin, end: &FaultEnd, dir: &Path) -> bool {
    let dropped = end.evidence.get("packets-dropped");
    let dropped: u64 = dropped.and_then(|count| count.parse().ok()).unwrap_or(0);
    let isolated = begin.fault.members[0].to_string();
    let logs = ["m1", "m2", "m3"].into_iter().filter(|name| *name != isolated);
    let lost = logs.map(|name| log(dir, name)).any(|log| {
        log.contains("lost TCP streaming connection with remote peer")
            || log.contains("prober detected unhealthy status")
            || log.contains("lost leader")
            || log.contains("elected leader")
    });
    dropped > 0 && lost
}

fn log(dir: &Path, member: &str) -> String {
    std::fs::read_to_string(dir.join("members").join(member).join("log.txt")).unwrap_or_default()
}

fn log_contains(begin: &FaultBegin, dir: &Path, text: &str) -> bool {
    begin.fault.members.iter().any(|member| log(dir, &member.to_string()).contains(text))
}

/// The defragmentation was asked for and had no answer when the process died.
fn defragmentation_never_answered(
    events: &[Event],
    begin: &FaultBegin,
    end: &FaultEnd,
    dir: &Path,
) -> bool {
    let asked = events.iter().rev().find(|event| {
        matches!(&event.body, Body::Invoke(invoke) if invoke.request == Request::Defragment {})
    });
    let Some(asked) = asked else { return false };
    let outcome = events.iter().find_map(|event| match &event.body {
        Body::Complete(outcome) if event.process == asked.process => Some(outcome),
        _ => None,
    });
    matches!(outcome, Some(Outcome::Unknown(_)))
        && process_died_of_a_signal(events, begin, end, dir)
}

/// Every answer of the member took the way there and back, as clients saw it.
fn answers_were_late(events: &[Event], begin: &FaultBegin, end: &FaultEnd, _dir: &Path) -> bool {
    let landed = end.landed.expect("landed");
    let mut sent = std::collections::BTreeMap::new();
    let mut took = Vec::new();
    for event in events {
        let hit = event.member.is_some_and(|member| begin.fault.members.contains(&member));
        match &event.body {
            Body::Invoke(_) if hit && event.at.0 > landed.from.0 => {
                sent.insert(event.process, event.at.0);
            }
            Body::Complete(Outcome::Ok(_)) if event.at.0 < landed.to.0 => {
                took.extend(sent.remove(&event.process).map(|sent| event.at.0 - sent));
            }
            _ => {}
        }
    }
    took.len() > 5 && took.iter().all(|nanos| *nanos >= 80_000_000)
}

/// Other members' logs tell of connections that were reset.
fn peers_saw_resets(_: &[Event], begin: &FaultBegin, _: &FaultEnd, dir: &Path) -> bool {
    let hit = begin.fault.members[0].to_string();
    let logs = ["m1", "m2", "m3"].into_iter().filter(|name| *name != hit);
    logs.map(|name| log(dir, name)).any(|log| log.contains("connection reset by peer"))
}

/// The member's own log says that an hour went by in a moment, and later that it had not.
fn log_jumped_an_hour_and_came_back(
    _: &[Event],
    begin: &FaultBegin,
    _: &FaultEnd,
    dir: &Path,
) -> bool {
    let log = log(dir, &begin.fault.members[0].to_string());
    let stamps: Vec<i64> = log.lines().filter_map(stamp).collect();
    let steps: Vec<i64> = stamps.windows(2).map(|pair| pair[1] - pair[0]).collect();
    let forth = steps.iter().position(|step| (3_500..3_700).contains(step));
    let back = steps.iter().rposition(|step| (-3_700..-3_500).contains(step));
    forth.zip(back).is_some_and(|(forth, back)| forth < back)
}

/// When a line was logged, by its own account, in seconds.
fn stamp(line: &str) -> Option<i64> {
    let (_, rest) = line.split_once("\"ts\":\"")?;
    let stamp: jiff::Timestamp = rest.split_once('"')?.0.parse().ok()?;
    Some(stamp.as_second())
}

/// Leases ended when, by the harness's clock, they had to live: that is what their checker
/// finds as soon as the record does not tell of the fault.
fn leases_ended_before_their_time(
    events: &[Event],
    begin: &FaultBegin,
    end: &FaultEnd,
    dir: &Path,
) -> bool {
    let leader = begin.fault.members[0];
    let number = |name| end.evidence.get(&format!("{leader}-{name}"))?.parse::<u64>().ok();
    let (Some(counted), Some(took)) = (number("counted-ms"), number("took-ms")) else {
        return false;
    };
    let context = stormglass::run::context(&history(dir).preamble, None);
    let mut judge = Judge::with(&[stormglass_checkers::leases::ENTRY], &context);
    for event in events {
        let mut event = event.clone();
        if let Body::FaultBegin(begin) = &mut event.body
            && begin.fault.kind == "clock-mono"
        {
            "reset".clone_into(&mut begin.fault.kind);
        }
        judge.observe(&event);
    }
    let judgement = judge.finish(None);
    let early = ["lease-early-expiry", "lease-lost"];
    let mut found = judgement.verdicts.iter().flat_map(|verdict| &verdict.findings);
    found.any(|finding| early.contains(&finding.anomaly.as_str())) && counted > 3 * took
}

/// Clocks that are wrong in every other way, by their parameters.
const WRONG: [(&str, &str); 5] = [
    ("clock-wall", "jump = \"-300ms\""),
    ("clock-wall", "rate = \"2\""),
    ("clock-wall", "strobe = \"1m\", period = \"10ms\""),
    ("clock-mono", "jump = \"5s\""),
    ("clock-mono", "rate = \"0.1\""),
];

#[test]
fn clocks_are_wrong_in_every_way_and_a_restart_rights_them() {
    let folder = tempfile::tempdir().expect("a folder");
    let scenario = folder.path().join("clocks.toml");
    let mut text = scenario_text(&[]);
    text = text.replace("duration = \"6s\"", "duration = \"46s\"");
    for (position, (kind, params)) in WRONG.iter().enumerate() {
        let at = 4 + 7 * position;
        let _ = writeln!(
            text,
            "[[fault]]\nkind = \"{kind}\"\ntarget = \"one\"\nat = \"{at}s\"\nfor = \"2s\"\n\
             params = {{ {params} }}"
        );
    }
    text.push_str(
        "[[fault]]\nkind = \"clock-wall\"\ntarget = [\"m3\"]\nat = \"39s\"\nfor = \"4s\"\n\
         params = { jump = \"1m\" }\n\
         [[fault]]\nkind = \"kill\"\ntarget = [\"m3\"]\nat = \"41s\"\nfor = \"1s\"\n",
    );
    std::fs::write(&scenario, text).expect("written");
    let dir = folder.path().join("run");
    let scenario = scenario.to_str().expect("a path");
    run_into(&dir, &[scenario, "--etcd", "3.5.16", "--seed", "3"]).expect(0);
    let events = events(&dir);
    let ends: Vec<&FaultEnd> = events
        .iter()
        .filter_map(|event| match &event.body {
            Body::FaultEnd(end) => Some(end),
            _ => None,
        })
        .collect();
    assert_eq!(ends.len(), WRONG.len() + 2);
    for end in &ends {
        assert!(end.landed.is_some() && end.error.is_none(), "{end:?}");
    }
    let restarted = ends.iter().filter(|end| end.evidence.contains_key("m3-restarted"));
    assert_eq!(restarted.count(), 1, "{ends:?}");
}
