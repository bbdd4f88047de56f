//! What shows that a fault of processes bit.

use std::path::Path;

use stormglass_checkers::history::{
    Body, Environment, Event, FaultBegin, FaultEnd, MemberIndex, Outcome, Request,
};
use stormglass_checkers::verdict::Status;

use super::links::latencies;
use super::members::process_died_of_a_signal;
use super::{
    CASES, fault, land_bite_and_heal, log, log_contains, run_scenario, scenario_text, unavailable,
};
use crate::support;

/// etcd's own word for the signal, and the kernel's for the end.
pub(super) fn the_member_was_asked_to_end(
    events: &[Event],
    begin: &FaultBegin,
    _: &FaultEnd,
    dir: &Path,
) -> bool {
    ended_with(events, begin, "signal 15")
        && log_contains(begin, dir, "received signal; shutting down")
}

/// Two lives ended by signal (more where a kill came too late), and one life more than said that
/// they serve.
pub(super) fn one_life_never_served(
    events: &[Event],
    begin: &FaultBegin,
    end: &FaultEnd,
    dir: &Path,
) -> bool {
    let member = begin.fault.members[0];
    let lives = events
        .iter()
        .filter(|event| event.member == Some(member))
        .filter(|event| matches!(event.body, Body::Environment(Environment::MemberStarted(_))));
    let served = log(dir, &member.to_string()).matches("ready to serve client requests").count();
    lives.count() == served + 1
        && deaths(during(events, begin), member) >= 2
        && process_died_of_a_signal(events, begin, end, dir)
}

/// The compaction was asked for and had no answer when the process died.
pub(super) fn compaction_never_answered(
    events: &[Event],
    begin: &FaultBegin,
    end: &FaultEnd,
    dir: &Path,
) -> bool {
    let member = begin.fault.members[0];
    let ours = |event: &&Event| {
        matches!(&event.body, Body::Invoke(invoke)
            if matches!(&invoke.request, Request::Compact(compact) if compact.physical))
            && event.member == Some(member)
    };
    let doubtful = |asked: &Event| {
        during(events, begin).any(|event| {
            event.process == asked.process
                && matches!(event.body, Body::Complete(Outcome::Unknown(_)))
        })
    };
    during(events, begin).filter(ours).any(doubtful)
        && process_died_of_a_signal(events, begin, end, dir)
}

/// etcd began to send a snapshot and never said that it had sent it.
pub(super) fn snapshot_was_broken_off(
    events: &[Event],
    begin: &FaultBegin,
    end: &FaultEnd,
    dir: &Path,
) -> bool {
    let log = log(dir, &begin.fault.members[0].to_string());
    let said = |text: &str| log.matches(text).count();
    said("sending database snapshot to client") > said("successfully sent database snapshot")
        && process_died_of_a_signal(events, begin, end, dir)
}

/// Clients waited for answers, and the kernel says that the process hardly ran.
pub(super) fn the_member_hardly_ran(
    events: &[Event],
    begin: &FaultBegin,
    end: &FaultEnd,
    _: &Path,
) -> bool {
    let member = begin.fault.members[0];
    let number = |name| end.evidence.get(&format!("{member}-{name}"))?.parse::<u64>().ok();
    let (Some(ran), Some(took)) = (number("processor-ms"), number("took-ms")) else {
        return false;
    };
    // Without the fault hardly any answer takes as long. What is sent on time piles up while the
    // member is stopped, and much of it is answered as soon as it runs.
    let latencies = latencies(events, begin, end);
    let late = latencies.iter().filter(|nanos| **nanos >= 40_000_000).count();
    late > 5 && late * 5 >= latencies.len() && ran * 4 <= took
}

/// The kernel counts it, and ended the process or not.
pub(super) fn the_kernel_refused_memory(
    events: &[Event],
    begin: &FaultBegin,
    end: &FaultEnd,
    dir: &Path,
) -> bool {
    let member = begin.fault.members[0];
    let number = |name: &str| {
        let value = |when: &str| end.evidence.get(&format!("{member}-{name}-{when}"));
        let [before, after] = ["before", "after"].map(|when| value(when)?.parse::<u64>().ok());
        Some(after? - before?)
    };
    let killed = number("kernel-kills").is_some_and(|kills| kills > 0);
    number("limit-hits").is_some_and(|hits| hits > 0)
        && killed == process_died_of_a_signal(events, begin, end, dir)
}

/// etcd found that its log lacks what it had promised, or that the cluster knows it already.
pub(super) fn the_member_missed_its_data(
    events: &[Event],
    begin: &FaultBegin,
    _: &FaultEnd,
    dir: &Path,
) -> bool {
    let member = begin.fault.members[0];
    let itself = during(events, begin).any(|event| {
        event.member == Some(member)
            && matches!(&event.body, Body::Environment(Environment::MemberExited(exit))
                if exit.expected && exit.status != "signal 9")
    });
    let says = ["as the raft log corrupted, truncated, or lost", "already been bootstrapped"];
    itself && says.iter().any(|text| log_contains(begin, dir, text))
}

#[test]
fn memory_is_limited_where_control_groups_can_be_made_and_else_the_run_says_why_not() {
    let case = CASES.iter().find(|case| case.kind == "limit-memory").expect("a case");
    if stormglass_linux::memory::probe().is_ok() {
        land_bite_and_heal(&[case]);
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let (dir, _) = run_scenario(folder.path(), &scenario_text(&[case]), 3);
    let (kind, reason) = unavailable(&dir);
    assert_eq!(kind, "limit-memory");
    assert!(reason.contains("control groups") && reason.contains("systemd-run"), "{reason}");
}

/// What happened from the begin of a fault to its end.
fn during<'a>(events: &'a [Event], begin: &'a FaultBegin) -> impl Iterator<Item = &'a Event> {
    events
        .iter()
        .skip_while(|event| !matches!(&event.body, Body::FaultBegin(it) if it.id == begin.id))
        .take_while(|event| !matches!(&event.body, Body::FaultEnd(end) if end.id == begin.id))
}

fn deaths<'a>(events: impl Iterator<Item = &'a Event>, member: MemberIndex) -> usize {
    let died = |event: &&Event| {
        event.member == Some(member)
            && matches!(&event.body, Body::Environment(Environment::MemberExited(exit))
                if exit.status == "signal 9")
    };
    events.filter(died).count()
}

fn ended_with(events: &[Event], begin: &FaultBegin, status: &str) -> bool {
    during(events, begin).any(|event| {
        event.member.is_some_and(|member| begin.fault.members.contains(&member))
            && matches!(&event.body, Body::Environment(Environment::MemberExited(exit))
                if exit.status == status && exit.expected)
    })
}

/// What became of a run with `lose-data`.
struct Lost {
    begin: FaultBegin,
    end: FaultEnd,
    /// Whether the case's own proof holds.
    proven: bool,
    /// Whether the checker of durability found that writes are lost.
    damaged: bool,
}

/// Runs `lose-data` on these members, for so long.
fn lose_data(target: &str, params: &str, duration: &str) -> Lost {
    let folder = tempfile::tempdir().expect("a folder");
    let case = CASES.iter().find(|case| case.kind == "lose-data").expect("a case");
    let text = scenario_text(&[case])
        .replace("[\"m2\"]", target)
        .replace(case.params, params)
        .replace("for = \"3s\"", &format!("for = \"{duration}\""))
        .replace("duration = \"11s\"", "duration = \"15s\"");
    let scenario = folder.path().join("faults.toml");
    std::fs::write(&scenario, text).expect("written");
    let dir = folder.path().join("run");
    let scenario = scenario.to_str().expect("a path");
    support::run_into(&dir, &[scenario, "--etcd", "3.5.16", "--seed", "3"]);
    let events = support::events(&dir);
    let (begin, end) = fault(&events, case.kind);
    assert!(end.landed.is_some() && end.error.is_none(), "{end:?}");
    let judgement = support::judgement(&dir);
    let durability = judgement.verdicts.iter().find(|verdict| verdict.checker == "durability");
    Lost {
        proven: (case.bit)(&events, begin, end, &dir),
        damaged: durability.is_some_and(|verdict| verdict.status == Status::Invalid),
        begin: begin.clone(),
        end: end.clone(),
    }
}

#[test]
fn writes_that_every_member_has_forgotten_are_seen_to_be_lost() {
    // More is forgotten than can be written again until the end.
    let lost = lose_data("\"all\"", "state = \"stale\", age = \"8s\"", "1s");
    assert!(lost.damaged, "acknowledged writes are gone, and nobody saw it: {:?}", lost.end);
}

#[test]
fn a_member_without_data_is_refused_and_comes_back_with_its_newest() {
    let lost = lose_data("[\"m2\"]", "state = \"lost\"", "3s");
    assert!(lost.proven, "it left no trace: {:?}", lost.end);
    assert!(!lost.damaged, "the others had every write: {:?}", lost.end);
    let back = format!("{}-answered-after-ms", lost.begin.fault.members[0]);
    assert!(lost.end.evidence.contains_key(&back), "{:?}", lost.end);
}

#[test]
fn a_member_with_older_data_starts_or_ends_and_either_is_told() {
    let lost = lose_data("[\"m2\"]", "state = \"stale\"", "3s");
    let started = lost.end.evidence.get("m2-without-its-data").is_some_and(|it| it == "it started");
    assert!(started || lost.proven, "{:?}", lost.end);
}
