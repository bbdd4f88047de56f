//! What shows that a fault of the cluster's membership bit.

use std::path::Path;

use stormglass_checkers::history::{
    Body, Environment, Event, FaultBegin, FaultEnd, HexId, MemberIndex, Outcome, Request, Sample,
};
use stormglass_checkers::verdict::Status;

use super::{CASES, Case, land_bite_and_heal_in, log, log_contains, run_scenario, support};

/// The others have changed their lists of members, and in the member's place another ID speaks.
pub(super) fn another_member_came_in_its_place(
    events: &[Event],
    begin: &FaultBegin,
    end: &FaultEnd,
    dir: &Path,
) -> bool {
    let member = begin.fault.members[0];
    let landed = end.landed.expect("landed");
    let ids = |after: bool| {
        let mut ids: Vec<HexId> = events
            .iter()
            .filter(|event| event.member == Some(member))
            .filter(|event| (event.at > landed.to) == after && (after || event.at < landed.from))
            .filter_map(|event| match &event.body {
                Body::Sample(Sample::Status(status)) => Some(status.header?.member_id),
                _ => None,
            })
            .collect();
        ids.dedup();
        ids
    };
    let (before, after) = (ids(false), ids(true));
    let other = log(dir, &others(begin)[0].to_string());
    before.len() == 1
        && after.len() == 1
        && before != after
        && other.contains("removed member")
        && other.contains("added member")
        && other.contains("promote member")
}

/// A member logged that it handed over its office, and another one says that it leads.
pub(super) fn the_office_moved(
    events: &[Event],
    _: &FaultBegin,
    end: &FaultEnd,
    dir: &Path,
) -> bool {
    let (old, new) = (&end.evidence["leader-before"], &end.evidence["leader-after"]);
    let landed = end.landed.expect("landed");
    let of_new = |event: &&Event| event.member.is_some_and(|one| one.to_string() == *new);
    let leads =
        events.iter().filter(of_new).filter(|event| event.at > landed.to).find_map(|event| {
            match &event.body {
                Body::Sample(Sample::Status(status)) => {
                    Some(status.leader == status.header?.member_id)
                }
                _ => None,
            }
        });
    log(dir, old).contains("leadership transfer finished") && leads == Some(true)
}

/// Another member sent a snapshot, and this one applied it.
pub(super) fn a_snapshot_was_sent_and_applied(
    _: &[Event],
    begin: &FaultBegin,
    _: &FaultEnd,
    dir: &Path,
) -> bool {
    let sent = |member: &MemberIndex| log(dir, &member.to_string()).contains("merged snapshot");
    others(begin).iter().any(sent) && log_contains(begin, dir, "applied snapshot")
}

fn others(begin: &FaultBegin) -> Vec<MemberIndex> {
    (0..3).map(MemberIndex).filter(|member| !begin.fault.members.contains(member)).collect()
}

/// Few entries between snapshots, and time for a new member to catch up.
fn scenario(faults: &str) -> String {
    format!(
        "schema = 1\nname = \"membership\"\n[workload]\nclients = 6\nwatchers = 2\n\
         rate = 300\nprefill = 2000\n[cluster.flags]\nsnapshot-count = \"300\"\n\
         [limits]\nduration = \"28s\"\n[[avoid]]\nreleases = \"*\"\n\
         triggers = [\"txn-range-revision\", \"watch-compacted-start\", \
         \"watch-future-start\", \"late-keepalive\"]\n{faults}"
    )
}

fn at(second: u32, kind: &str, target: &str, params: &str) -> String {
    let hold = CASES.iter().find(|case| case.kind == kind).map_or("0s", |case| case.duration);
    format!(
        "[[fault]]\nkind = \"{kind}\"\ntarget = {target}\nat = \"{second}s\"\nfor = \"{hold}\"\n\
         params = {{ {params} }}\n"
    )
}

#[test]
fn faults_of_the_membership_land_bite_and_heal() {
    let kinds = ["move-leader", "force-snapshot", "replace-member"];
    let case = |kind: &&str| CASES.iter().find(|case| case.kind == *kind).expect("a case");
    let cases: Vec<&Case> = kinds.iter().map(case).collect();
    let faults = [
        at(4, "move-leader", "[\"m2\"]", ""),
        at(6, "force-snapshot", "[\"m3\"]", ""),
        at(16, "replace-member", "[\"m1\"]", "learner = \"true\""),
    ];
    land_bite_and_heal_in(&scenario(&faults.concat()), &cases);
}

#[test]
fn one_member_alone_is_not_replaced_and_the_run_says_so() {
    let folder = tempfile::tempdir().expect("a folder");
    let text = "schema = 1\nname = \"alone\"\n[cluster]\nmembers = 1\n[workload]\nclients = 2\n\
                rate = 50\n[limits]\nduration = \"8s\"\n[[fault]]\nkind = \"replace-member\"\n\
                at = \"1s\"\n";
    let (dir, _) = run_scenario(folder.path(), text, 3);
    let why = support::events(&dir).into_iter().find_map(|event| match event.body {
        Body::Environment(Environment::FaultUnavailable { reason, .. }) => Some(reason),
        _ => None,
    });
    assert!(why.is_some_and(|why| why.contains("fewer than three members")));
}

#[test]
fn the_leader_is_replaced_by_a_voter_and_all_defragment_together() {
    let folder = tempfile::tempdir().expect("a folder");
    let faults = [
        at(4, "defragment", "\"all\"", "together = \"true\""),
        at(6, "replace-member", "\"leader\"", "learner = \"false\""),
    ];
    let (dir, said) = run_scenario(folder.path(), &scenario(&faults.concat()), 0);
    let judgement = support::judgement(&dir);
    assert_eq!(judgement.status, Status::Valid, "{}", said.out);
    let events = support::events(&dir);
    let (begin, end) = super::fault(&events, "replace-member");
    assert_eq!(end.error, None);
    let old = log(&dir, &others(begin)[0].to_string());
    assert!(old.contains("removed member") && old.contains("added member"));
    assert!(!old.contains("promote member"), "it had its vote from the first moment");
    let defragment = |event: &&Event| matches!(&event.body, Body::Invoke(invoke) if invoke.request == Request::Defragment {});
    let asked: Vec<_> = events.iter().filter(defragment).collect();
    let answered = events.iter().find(|event| {
        matches!(event.body, Body::Complete(Outcome::Ok(_)))
            && asked.iter().any(|one| one.process == event.process)
    });
    let first = answered.expect("answered").index;
    assert_eq!(asked.len(), 3);
    assert!(asked.iter().all(|one| one.index < first), "all were under way at once");
}
