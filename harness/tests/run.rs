//! Whole runs on real clusters: artifacts, verdicts, the run directory, checking again.

#[expect(dead_code, reason = "each test program uses a part of it")]
mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use stormglass_checkers::history::{
    Body, Environment, Event, Outcome, Phase, ProcessSample, Sample, WatchFrame, WatchKind,
};
use stormglass_checkers::verdict::Status;
use support::{events, judgement, run, run_into};

const FIXED: &str = "3.5.16";

#[test]
fn a_correct_release_is_valid_and_leaves_every_artifact() {
    let folder = tempfile::tempdir().expect("a folder");
    let dir = folder.path().join("run");
    let said = run_into(&dir, &["quick", "--etcd", FIXED, "--seed", "1"]).expect(0);
    assert!(said.out.starts_with("✓ VALID: "), "{}", said.out);
    assert!(said.out.contains("repeat  stormglass run quick --etcd 3.5.16 --seed 1"));
    for file in [
        "plan.json",
        "history.jsonl.zst",
        "verdicts.json",
        "run.json",
        "report.html",
        "junit.xml",
        "summary.md",
        "metrics.prom",
        "plots/latency.svg",
        "plots/rate.svg",
        "plots/revision.svg",
        "plots/watch-lag.svg",
        "plots/leader.svg",
        "plots/processors.svg",
        "plots/disk.svg",
        "plots/timer-lag.svg",
        "members/m1/log.txt",
        "members/m2/log.txt",
        "members/m3/log.txt",
    ] {
        let length = fs::metadata(dir.join(file)).map_or(0, |data| data.len());
        assert!(length > 0, "{file} is missing or empty");
    }
    assert_eq!(judgement(&dir).status, Status::Valid);
    recorder_saw_everything(&dir);
    every_process_was_looked_at(&dir);
    every_clock_was_looked_at_and_right(&dir);
    no_watch_began_in_its_members_future(&dir);
    judged_again_says_the_same(&dir);
}

/// Of each member: memory, files and data of a running etcd, and processor time that grows.
fn every_process_was_looked_at(dir: &std::path::Path) {
    let mut looks: BTreeMap<_, Vec<ProcessSample>> = BTreeMap::new();
    for event in events(dir) {
        if let (Some(member), Body::Sample(Sample::Process(process))) = (event.member, event.body) {
            looks.entry(member).or_default().push(process);
        }
    }
    assert_eq!(looks.len(), 3, "three members");
    for (member, looks) in looks {
        let sound = |look: &ProcessSample| {
            look.resident_bytes > 5 << 20 && look.open_files > 5 && look.disk_bytes > 1 << 20
        };
        assert!(looks.iter().all(sound), "{member}: {looks:?}");
        let [first, .., last] = looks.as_slice() else { panic!("{member}: {looks:?}") };
        assert!(last.cpu_ms != first.cpu_ms, "{member}: {looks:?}");
    }
}

/// Of each member, as the date of its own answers tells it.
fn every_clock_was_looked_at_and_right(dir: &std::path::Path) {
    let mut looked_at = BTreeSet::new();
    for event in events(dir) {
        if let (Some(member), Body::Sample(Sample::Clock { off_by_ms })) =
            (event.member, event.body)
        {
            assert_eq!(off_by_ms, 0, "{member} at {}", event.at.seconds());
            looked_at.insert(member);
        }
    }
    assert_eq!(looked_at.len(), 3, "three members");
}

/// The scenario avoids it on this release, also where a member lags behind what others showed.
fn no_watch_began_in_its_members_future(dir: &std::path::Path) {
    let mut starts = BTreeMap::new();
    for event in events(dir) {
        let Body::Watch(watch) = event.body else { continue };
        match watch.frame {
            WatchFrame::Open(open) => {
                starts.insert(watch.watch, open.request.start_revision);
            }
            WatchFrame::Created(created) => {
                let has = created.header.map(|header| header.revision).unwrap_or_default();
                let start = starts[&watch.watch];
                assert!(start.previous() <= has, "{start} was the future at {has}");
            }
            _ => {}
        }
    }
    assert!(starts.len() > 3, "there are more watches than the recorder's");
}

/// Recorder watches are open before traffic on every member, and final reads are there.
fn recorder_saw_everything(dir: &std::path::Path) {
    let events = events(dir);
    let traffic = events
        .iter()
        .position(|event| event.body == Body::Environment(Environment::Phase(Phase::Traffic)));
    let before = &events[..traffic.expect("traffic began")];
    let opened = before.iter().filter(|event| match &event.body {
        Body::Watch(watch) => {
            matches!(&watch.frame, WatchFrame::Open(open) if open.kind == WatchKind::Recorder)
        }
        _ => false,
    });
    assert_eq!(opened.count(), 3, "a recorder watch a member before traffic");
    let phase = |phase| Body::Environment(Environment::Phase(phase));
    for wanted in [Phase::Recover, Phase::Recovered, Phase::Final, Phase::Done] {
        assert!(events.iter().any(|event| event.body == phase(wanted)), "{wanted:?}");
    }
    let answered = |event: &&stormglass_checkers::history::Event| {
        matches!(event.body, Body::Complete(Outcome::Ok(_)))
    };
    assert!(events.iter().filter(answered).count() > 500);
}

fn judged_again_says_the_same(dir: &std::path::Path) {
    let before = judgement(dir);
    let path = dir.to_str().expect("a path");
    run(&["check", path]).expect(0);
    assert_eq!(judgement(dir), before);
    fs::remove_file(dir.join("report.html")).expect("a report");
    run(&["report", path]).expect(0);
    assert!(dir.join("report.html").is_file());
    let history = dir.join("history.jsonl.zst");
    run(&["check", history.to_str().expect("a path")]).expect(0);
}

/// One run for both: each takes as long as the bug does.
#[test]
fn a_release_with_a_known_data_bug_is_invalid_and_traffic_can_end_there() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut told = Vec::new();
    for seed in ["1", "2", "3", "4"] {
        let dir = folder.path().join(seed);
        let scenario = ["demo", "--etcd", "3.5.1", "--seed", seed];
        let wanted = ["--duration", "90s", "--stop-on-violation"];
        let said = run_into(&dir, &[&scenario, &wanted[..]].concat());
        told.push(said.out);
        if said.code != 1 {
            continue;
        }
        traffic_ended_at_the_first_violation(&dir);
        let judgement = judgement(&dir);
        let witness = &judgement.headline().expect("a finding").witness;
        assert!((1..=6).contains(&witness.steps.len()), "a handful, not a page");
        let data = ["durability", "linearizability", "convergence"];
        let found = judgement.verdicts.iter().any(|verdict| {
            data.contains(&verdict.checker.as_str()) && !verdict.findings.is_empty()
        });
        if found {
            return;
        }
    }
    panic!("lost data or divergence, not only a watch finding: {told:#?}");
}

fn traffic_ended_at_the_first_violation(dir: &std::path::Path) {
    let events = support::events(dir);
    let ended = "traffic was ended at the first violation";
    let noted = |event: &&Event| matches!(&event.body, Body::Note(note) if note.text == ended);
    let at = events.iter().find(noted).expect("it says why it ended").at;
    assert!(at.0 < 85_000_000_000, "long before its time: {at:?}");
    let done = Body::Environment(Environment::Phase(Phase::Done));
    assert!(events.iter().any(|event| event.body == done), "healed, read and judged as usual");
}

#[test]
fn a_capture_has_the_packets_of_peers_and_clients() {
    let folder = tempfile::tempdir().expect("a folder");
    let dir = folder.path().join("run");
    let wanted = ["quiet", "--etcd", "3.5.16", "--seed", "1", "--duration", "3s", "--pcap"];
    run_into(&dir, &wanted);
    let bytes = std::fs::read(dir.join("capture.pcap")).expect("the capture is kept");
    let word = |at: usize| {
        let word = bytes.get(at..at + 4)?.try_into().ok()?;
        Some(u32::from_ne_bytes(word) as usize)
    };
    assert_eq!(word(0), Some(0xa1b2_3c4d), "pcap with nanoseconds");
    let (mut at, mut ports) = (24, std::collections::BTreeMap::new());
    while let Some(kept) = word(at + 8) {
        let packet = &bytes[at + 16..at + 16 + kept];
        let tcp = usize::from(packet[0] & 0xf) * 4;
        let to = u16::from_be_bytes([packet[tcp + 2], packet[tcp + 3]]);
        *ports.entry((packet[19], to)).or_insert(0) += 1;
        at += 16 + kept;
    }
    assert_eq!(at, bytes.len(), "whole packets only");
    for member in 1..=3 {
        assert!(ports.get(&(member, 2379)).is_some_and(|clients| *clients > 10), "{ports:?}");
        assert!(ports.get(&(member, 2380)).is_some_and(|peers| *peers > 10), "{ports:?}");
    }
    let told = run(&["run", "quiet", "--etcd", "3.5.16", "--isolation", "none", "--pcap"]);
    assert!(told.expect(4).err.contains("--pcap needs a network of our own"));
    let told = run(&["run", "quiet", "--target", "simulated", "--pcap"]);
    assert!(told.expect(2).err.contains("no packets"));
}

#[test]
fn a_dry_run_shows_the_plan_and_where_each_setting_comes_from() {
    let said = run(&[
        "run",
        "demo",
        "--etcd",
        FIXED,
        "--seed",
        "0x2a",
        "--set",
        "workload.rate=77",
        "--dry-run",
    ])
    .expect(0);
    assert!(said.out.contains("workload.rate = 77 (command line)"), "{}", said.out);
    assert!(said.out.contains("seed = 42 (command line)"), "{}", said.out);
    assert!(said.out.contains("\"rate\": 77"), "{}", said.out);
    let again = run(&[
        "run",
        "demo",
        "--etcd",
        FIXED,
        "--seed",
        "42",
        "--set",
        "workload.rate=77",
        "--dry-run",
    ]);
    let plan = |text: &str| text.split_once("plan\n").map(|(_, plan)| plan.to_owned());
    assert_eq!(plan(&said.out), plan(&again.out), "the same seed makes the same plan");
}
