//! Faults of whole members in containers: their release, their place and their data.

use stormglass_checkers::history::{Body, Environment, Event, MemberIndex};
use stormglass_checkers::verdict::Status;

use super::support;
use super::{Planned, Turn, landed, log, run_in_containers, scenario_text};

const FAULTS: &[Planned] = &[
    ("change-release", "1s", "[\"m3\"]", "to = \"3.5.30\""),
    ("replace-member", "1s", "[\"m2\"]", ""),
    ("lose-data", "1s", "[\"m1\"]", "state = \"lost\""),
];

/// The versions that a member was started with, in order.
fn versions(events: &[Event], member: MemberIndex) -> Vec<&str> {
    let lives = events.iter().filter(|event| event.member == Some(member));
    let mut versions: Vec<&str> = lives
        .filter_map(|event| match &event.body {
            Body::Environment(Environment::MemberStarted(life)) => Some(life.version.as_str()),
            _ => None,
        })
        .collect();
    versions.dedup();
    versions
}

#[test]
fn members_in_containers_lose_release_place_and_data() {
    let Some(turn) = Turn::take() else { return };
    let (dir, _) = run_in_containers(turn.folder(), &scenario_text(FAULTS), 0);
    let events = support::events(&dir);
    landed(&events, "change-release");
    let versions = versions(&events, MemberIndex(2));
    assert_eq!(versions.len(), 2, "{versions:?}");
    for version in versions {
        assert!(log(&dir, "m3").contains(&format!("\"etcd-version\":\"{version}\"")));
    }
    let replaced = landed(&events, "replace-member");
    assert_ne!(replaced.evidence["m2-id-before"], replaced.evidence["m2-id-after"]);
    assert!(log(&dir, "m3").contains("removed member"));
    let lost = landed(&events, "lose-data");
    assert!(lost.evidence.contains_key("m1-says"), "{lost:?}");
}

#[test]
fn a_cluster_of_containers_is_restored_from_a_snapshot() {
    let Some(turn) = Turn::take() else { return };
    let restore: Planned = ("restore", "1s", "\"all\"", "age = \"2s\"");
    let text = scenario_text(&[restore]).replace("duration = \"6s\"", "duration = \"10s\"");
    // What was acknowledged since the snapshot is gone, and that is seen.
    let (dir, _) = run_in_containers(turn.folder(), &text, 1);
    let events = support::events(&dir);
    let end = landed(&events, "restore");
    assert!(end.evidence["snapshot"].contains("\"hash\""), "{end:?}");
    let judgement = support::judgement(&dir);
    let durability = judgement.verdicts.iter().find(|verdict| verdict.checker == "durability");
    let durability = durability.expect("a verdict");
    assert_eq!(durability.status, Status::Invalid, "{:?}", durability.reasons);
}
