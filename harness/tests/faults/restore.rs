//! A cluster that is restored from a snapshot.

use std::collections::BTreeSet;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use stormglass_checkers::history::{
    Body, Environment, Event, FaultBegin, FaultEnd, Header, Sample,
};
use stormglass_checkers::verdict::Status;

use super::{CASES, fault, run_scenario, scenario_text, support};

/// After the fault members answer for another cluster, at a revision that the one before had
/// left behind.
pub(super) fn another_cluster_knows_less(
    events: &[Event],
    begin: &FaultBegin,
    end: &FaultEnd,
    _dir: &Path,
) -> bool {
    let place = |body: &Body| events.iter().position(|event| event.body == *body);
    let begun = place(&Body::FaultBegin(begin.clone())).expect("it began");
    let ended = place(&Body::FaultEnd(end.clone())).expect("it ended");
    let last = headers(&events[..begun]).last().expect("members told of themselves before");
    let first = headers(&events[ended..]).next().expect("members told of themselves after");
    let of_the_old = headers(&events[..ended]).filter(|one| one.cluster_id == last.cluster_id);
    let newest = of_the_old.map(|header| header.revision).max();
    first.cluster_id != last.cluster_id && Some(first.revision) < newest
}

fn headers(events: &[Event]) -> impl Iterator<Item = &Header> {
    events.iter().filter_map(|event| match &event.body {
        Body::Sample(Sample::Status(status)) => status.header.as_ref(),
        _ => None,
    })
}

#[test]
fn writes_that_a_restored_cluster_does_not_know_are_seen_to_be_lost() {
    let folder = tempfile::tempdir().expect("a folder");
    let case = CASES.iter().find(|case| case.kind == "restore").expect("a case");
    let text = scenario_text(&[case]).replace("duration = \"11s\"", "duration = \"15s\"");
    let (dir, _) = run_scenario(folder.path(), &text, 1);
    let events = support::events(&dir);
    let (begin, end) = fault(&events, case.kind);
    assert!(end.landed.is_some() && end.error.is_none(), "{end:?}");
    assert!((case.bit)(&events, begin, end, &dir), "{end:?}");
    assert!(end.evidence["snapshot"].contains("\"hash\""), "{end:?}");
    let judgement = support::judgement(&dir);
    let durability = judgement.verdicts.iter().find(|verdict| verdict.checker == "durability");
    assert_eq!(durability.map(|verdict| verdict.status), Some(Status::Invalid));
}

/// A folder of programs like those of the release under test, whose `etcdutl` restores no
/// member of this name: its etcd.
fn with_a_broken_tool(folder: &Path, member: &str) -> PathBuf {
    let said = support::run(&["etcd", "path", "3.5.16"]).expect(0);
    let etcd = PathBuf::from(said.out.trim());
    let here = folder.join("bin");
    fs::create_dir(&here).expect("a folder");
    for program in ["etcd", "etcdctl"] {
        fs::copy(etcd.with_file_name(program), here.join(program)).expect("copied");
    }
    let script = format!(
        "#!/bin/sh\ncase \"$*\" in *' --name {member} '*) echo 'no restore' >&2; exit 1;; esac\n\
         exec '{}' \"$@\"\n",
        etcd.with_file_name("etcdutl").display()
    );
    let tool = here.join("etcdutl");
    fs::write(&tool, script).expect("written");
    fs::set_permissions(&tool, Permissions::from_mode(0o755)).expect("made a program");
    here.join("etcd")
}

#[test]
fn a_restore_that_fails_midway_leaves_the_old_cluster_with_all_that_it_had() {
    let folder = tempfile::tempdir().expect("a folder");
    let case = CASES.iter().find(|case| case.kind == "restore").expect("a case");
    let text = scenario_text(&[case]).replace(case.params, "age = \"2s\"");
    let scenario = folder.path().join("faults.toml");
    fs::write(&scenario, text).expect("written");
    let etcd = with_a_broken_tool(folder.path(), "m2");
    let [scenario, etcd] = [&scenario, &etcd].map(|path| path.to_str().expect("a path"));
    let dir = folder.path().join("run");
    let said = support::run_into(&dir, &[scenario, "--etcd", etcd, "--seed", "3"]).expect(0);
    let events = support::events(&dir);
    let (begin, end) = fault(&events, case.kind);
    assert_eq!(end.landed, None);
    assert!(end.error.as_ref().is_some_and(|why| why.contains("no restore")), "{end:?}");
    let judgement = support::judgement(&dir);
    assert_eq!(judgement.status, Status::Valid, "{}", said.out);
    // All were killed, one had the snapshot's data already, and all are back with their own.
    let ended = events.iter().position(|event| event.body == Body::FaultEnd(end.clone()));
    let (before, after) = events.split_at(ended.expect("it ended"));
    for member in &begin.fault.members {
        let of_it = |event: &&Event| event.member == Some(*member);
        let died = before.iter().filter(of_it).any(|event| {
            matches!(&event.body, Body::Environment(Environment::MemberExited(exit))
                if exit.status == "signal 9")
        });
        let revisions = |events: &[Event]| -> Vec<_> {
            let of_it: Vec<Event> = events.iter().filter(of_it).cloned().collect();
            headers(&of_it).map(|header| (header.cluster_id, header.revision)).collect()
        };
        let (last, first) = (revisions(before).pop(), revisions(after).into_iter().next());
        assert!(died && last.is_some() && last <= first, "{member}: {last:?}, {first:?}");
    }
    let clusters: BTreeSet<_> = headers(&events).map(|header| header.cluster_id).collect();
    assert_eq!(clusters.len(), 1, "{clusters:?}");
}
