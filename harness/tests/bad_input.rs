//! What can be wrong gives one clear sentence and the documented exit code.

#[expect(dead_code, reason = "each test program uses a part of it")]
mod support;

use std::fs;
use std::path::Path;
use std::process::Command;

use support::{Said, cache, is_root, judgement, run, run_into, stormglass};

/// One sentence on standard error, on as few lines as a caret needs.
fn sentence(said: &Said, parts: &[&str]) {
    assert!(said.err.contains("stormglass: "), "{}", said.err);
    for part in parts {
        assert!(said.err.contains(part), "`{part}` is missing in: {}", said.err);
    }
    assert!(!said.err.contains("panicked"), "{}", said.err);
}

#[test]
fn a_broken_scenario_names_line_and_key() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("broken.toml");
    fs::write(&file, "schema = 1\nname = \"x\"\n[workload]\nclints = 3\n").expect("written");
    let said = run(&["run", file.to_str().expect("a path"), "--etcd", "3.5.16"]).expect(2);
    sentence(&said, &["broken.toml", "clints", "4"]);
}

#[test]
fn an_unknown_scenario_names_the_catalogue() {
    let said = run(&["run", "no-such-scenario"]).expect(2);
    sentence(&said, &["no-such-scenario", "demo"]);
}

#[test]
fn a_missing_binary_says_how_to_get_one() {
    let said = run(&["run", "quick", "--etcd", "/nowhere/etcd"]).expect(4);
    sentence(&said, &["/nowhere/etcd"]);
    let said = run(&["run", "quick", "--etcd", "3.9.99", "--offline"]).expect(4);
    sentence(&said, &["3.9.99", "--offline"]);
}

#[test]
fn a_member_that_ends_at_once_shows_its_last_line() {
    let folder = tempfile::tempdir().expect("a folder");
    let dir = folder.path().join("run");
    let flag = "cluster.flags={ no-such-flag = \"1\" }";
    let said = run_into(&dir, &["quick", "--etcd", "3.5.16", "--set", flag]).expect(4);
    assert!(said.out.contains("ended with code"), "{}", said.out);
    assert!(said.out.contains("before the cluster was healthy"), "{}", said.out);
    assert!(dir.join("report.html").is_file(), "a run that failed has its report");
}

/// A member that listens and never joins: its peers wait for a quorum in vain.
#[test]
fn a_cluster_that_never_becomes_healthy_is_given_up_after_its_deadline() {
    let folder = tempfile::tempdir().expect("a folder");
    let mute = folder.path().join("etcd");
    let script = "#!/bin/sh\n[ \"$1\" = --version ] && echo 'etcd Version: 3.5.16' && exit 0\n\
                  exec sleep 300\n";
    fs::write(&mute, script).expect("written");
    let mode = Command::new("chmod").arg("755").arg(&mute).status().expect("chmod runs");
    assert!(mode.success());
    let dir = folder.path().join("run");
    let said = run_into(&dir, &["quick", "--etcd", mute.to_str().expect("a path")]).expect(4);
    assert!(said.out.contains("not healthy within 30 s"), "{}", said.out);
    assert!(support::processes_with(dir.to_str().expect("a path")).is_empty());
}

#[test]
fn a_truncated_history_is_judged_with_a_note_and_a_broken_one_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let dir = folder.path().join("run");
    run_into(&dir, &["quiet", "--etcd", "3.5.16", "--seed", "2"]).expect(0);
    let whole = unpacked(&dir);
    let torn = folder.path().join("torn.jsonl");
    fs::write(&torn, &whole[..whole.len() - whole.len() / 3]).expect("written");
    let said = run(&["check", torn.to_str().expect("a path")]).expect(3);
    assert!(said.out.contains("cut short"), "{}", said.out);
    let broken = folder.path().join("broken.jsonl");
    let mut lines: Vec<&str> = std::str::from_utf8(&whole).expect("text").lines().collect();
    lines[10] = "{\"index\":";
    fs::write(&broken, lines.join("\n")).expect("written");
    let said = run(&["check", broken.to_str().expect("a path")]).expect(2);
    sentence(&said, &["line 11", "column"]);
    let gap = folder.path().join("gap.jsonl");
    lines.remove(10);
    fs::write(&gap, lines.join("\n")).expect("written");
    let said = run(&["check", gap.to_str().expect("a path")]).expect(3);
    assert!(said.out.contains("not whole"), "{}", said.out);
    let other = folder.path().join("other.txt");
    fs::write(&other, "hello\n").expect("written");
    let said = run(&["check", other.to_str().expect("a path")]).expect(2);
    sentence(&said, &["not a Stormglass history"]);
}

fn unpacked(dir: &Path) -> Vec<u8> {
    let file = fs::File::open(dir.join("history.jsonl.zst")).expect("a history");
    zstd::decode_all(file).expect("zstd")
}

/// The run directory lies on a tmpfs that is too small, in a mount namespace of its own.
#[test]
fn a_full_disk_stops_the_run_with_a_sentence_and_keeps_what_was_written() {
    let folder = tempfile::tempdir().expect("a folder");
    let small = folder.path().join("small");
    fs::create_dir(&small).expect("made");
    let program = stormglass().get_program().to_owned();
    let script = format!(
        "mount -t tmpfs -o size=2m none {small} && {program} run quick --etcd 3.5.16 --seed 1 \
         --progress none --set workload.rate=2000 --out {small}/run; code=$?; \
         ls {small}/run; {program} check {small}/run/history.jsonl | head -1; exit $code",
        small = small.display(),
        program = program.display(),
    );
    let mut command = Command::new("unshare");
    command.args(["--mount", "--propagation", "private"]);
    if !is_root() {
        command.arg("--map-root-user");
    }
    let output = command
        .args(["sh", "-c", &script])
        .env("STORMGLASS_CACHE", cache())
        .output()
        .expect("unshare runs");
    let said = Said::of(&output).expect(4);
    assert!(said.out.contains("history.jsonl"), "what was written is kept: {}", said.out);
    let told = format!("{}{}", said.out, said.err);
    assert!(told.contains("free some space"), "{told}");
    assert!(!told.contains("panicked"), "{told}");
    assert!(said.out.contains("UNKNOWN"), "and can be judged: {}", said.out);
}

/// Namespaces are really refused here: by a limit of zero inside a user namespace of the
/// test's own.
#[test]
fn refused_namespaces_leave_network_faults_untested_and_say_so() {
    let folder = tempfile::tempdir().expect("a folder");
    let dir = folder.path().join("run");
    let scenario = folder.path().join("isolate.toml");
    let text = "schema = 1\nname = \"isolate\"\n[workload]\nclients = 4\nrate = 100\n\
                [[fault]]\nkind = \"isolate\"\nat = \"2s\"\nfor = \"1s\"\n\
                [check]\nsometimes = [\"fault:isolate\"]\n[limits]\nduration = \"6s\"\n";
    fs::write(&scenario, text).expect("written");
    let program = stormglass().get_program().to_owned();
    let script = format!(
        "for kind in user net pid mnt; do echo 0 > /proc/sys/user/max_${{kind}}_namespaces; done; \
         exec {} run {} --etcd 3.5.16 --seed 1 --progress none --out {}",
        program.display(),
        scenario.display(),
        dir.display(),
    );
    let output = Command::new("unshare")
        .args(["--user", "--map-root-user", "sh", "-c", &script])
        .env("STORMGLASS_CACHE", cache())
        .output()
        .expect("unshare runs");
    let said = Said::of(&output).expect(3);
    assert!(said.out.contains("isolate was not tested"), "{}", said.out);
    let judgement = judgement(&dir);
    assert!(judgement.verdicts.iter().all(|verdict| verdict.findings.is_empty()));
    let page = fs::read_to_string(dir.join("report.html")).expect("a report");
    assert!(page.contains("Network faults were not tested"));
}

#[test]
fn a_run_directory_is_never_overwritten() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("mine.txt"), "keep me").expect("written");
    let said = run_into(folder.path(), &["quick", "--etcd", "3.5.16"]).expect(2);
    sentence(&said, &["not empty", "--out"]);
    assert!(folder.path().join("mine.txt").is_file());
}

#[test]
fn a_reserved_flag_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let dir = folder.path().join("run");
    let flag = "cluster.flags={ data-dir = \"/\" }";
    let said = run_into(&dir, &["quick", "--etcd", "3.5.16", "--set", flag]).expect(2);
    assert!(format!("{}{}", said.out, said.err).contains("data-dir"), "{}", said.err);
}
