//! `check --format porcupine-…`: verdicts, exit codes, and files that are not in the format.

use std::path::Path;

use serde_json::Value;

use crate::support::Home;

/// A fixture of the checkers' tests.
fn fixture(name: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the repository");
    root.join("checkers/tests/data/porcupine").join(name).display().to_string()
}

#[test]
fn histories_of_porcupine_are_judged() {
    let home = Home::new();
    let valid = home.run(&["check", "--format", "porcupine-etcd", &fixture("etcd-ok.log")]);
    assert_eq!((valid.code, valid.stderr.as_str()), (0, ""), "{valid:?}");
    assert!(valid.stdout.ends_with("1 files: 1 valid, 0 invalid, 0 unknown\n"), "{valid:?}");
    let files = [fixture("kv-ok.txt"), fixture("kv-bad.txt")];
    let invalid = home.run(&["check", &files[0], &files[1], "--format", "porcupine-kv"]);
    assert_eq!(invalid.code, 1, "{invalid:?}");
    for words in ["valid    ", "invalid  ", "no order explains get a by p0", "✕ lines 7–8"] {
        assert!(invalid.stdout.contains(words), "{words}: {invalid:?}");
    }
}

#[test]
fn their_verdicts_are_one_json_value() {
    let home = Home::new();
    let file = fixture("etcd-bad.log");
    let call = ["check", &file, "--format", "porcupine-etcd", "--format", "json"];
    let ran = home.run(&call);
    assert_eq!(ran.code, 1, "{ran:?}");
    let told: Value = serde_json::from_str(&ran.stdout).expect("JSON");
    assert_eq!(told["status"], "invalid");
    assert_eq!(told["files"][0]["verdict"]["findings"][0]["anomaly"], "not-linearizable");
}

#[test]
fn what_is_not_in_the_format_has_a_line_and_a_column() {
    let home = Home::new();
    let file = home.path().join("broken.log");
    std::fs::write(&file, "INFO  jepsen.util - 0 :invoke :write one\n").expect("written");
    let good = fixture("etcd-bad.log");
    let broken = file.display().to_string();
    let ran = home.run(&["check", &good, &broken, "--format", "porcupine-etcd"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{ran:?}");
    for words in ["broken.log: line 1, column 38", "a number is expected here"] {
        assert!(ran.stderr.contains(words), "{words}: {ran:?}");
    }
    let missing = home.run(&["check", "no.log", "--format", "porcupine-kv"]);
    assert_eq!(missing.code, 2, "{missing:?}");
}

#[test]
fn an_empty_file_is_unknown() {
    let home = Home::new();
    std::fs::write(home.path().join("empty.txt"), "").expect("written");
    let ran = home.run(&["check", "empty.txt", "--format", "porcupine-kv"]);
    assert_eq!(ran.code, 3, "{ran:?}");
    assert!(ran.stdout.contains("there is no operation in it"), "{ran:?}");
}

#[test]
fn only_check_reads_these_formats_and_ours_one_at_a_time() {
    let home = Home::new();
    let ran = home.run(&["doctor", "--format", "porcupine-kv"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    let ran = home.run(&["check", "one", "two"]);
    assert_eq!(ran.code, 2, "{ran:?}");
}
