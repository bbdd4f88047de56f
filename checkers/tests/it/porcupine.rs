//! Porcupine's formats: what is read, what is refused, and the verdicts of its own data.

use std::env;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use stormglass_checkers::checker::Budget;
use stormglass_checkers::porcupine::{Malformed, judge, read_etcd, read_kv};
use stormglass_checkers::spec::{RegisterOp, RegisterRet};
use stormglass_checkers::verdict::{Status, Verdict};

/// A file of this repository.
fn ours(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/porcupine").join(name);
    fs::read(path).expect("the fixture is there")
}

fn etcd(bytes: &[u8]) -> Result<Verdict, Malformed> {
    Ok(judge("file", &read_etcd(bytes)?, &Budget::default()))
}

fn kv(bytes: &[u8]) -> Result<Verdict, Malformed> {
    Ok(judge("file", &read_kv(bytes)?, &Budget::default()))
}

#[test]
fn histories_get_their_verdicts() {
    for (name, expected) in [("etcd-ok.log", Status::Valid), ("etcd-bad.log", Status::Invalid)] {
        assert_eq!(etcd(&ours(name)).map(|verdict| verdict.status), Ok(expected), "{name}");
    }
    for (name, expected) in [("kv-ok.txt", Status::Valid), ("kv-bad.txt", Status::Invalid)] {
        assert_eq!(kv(&ours(name)).map(|verdict| verdict.status), Ok(expected), "{name}");
    }
}

#[test]
fn every_kind_of_line_is_read() {
    let log = read_etcd(&ours("etcd-ok.log")).expect("it is in the format");
    let read: Vec<_> = log
        .operations
        .iter()
        .map(|operation| {
            let answer = operation.answer.as_ref().map(|answer| (answer.at, answer.ret));
            (operation.process.0, operation.call, operation.op, answer)
        })
        .collect();
    let set = |old, new| RegisterOp::CompareAndSet { old, new };
    assert_eq!(
        read,
        [
            (0, 1, RegisterOp::Write(1), Some((2, RegisterRet::Written))),
            (1, 4, RegisterOp::Write(2), None),
            (2, 7, set(2, 3), Some((9, RegisterRet::Done(true)))),
            (0, 8, RegisterOp::Read, Some((10, RegisterRet::Value(Some(1))))),
            (0, 11, set(1, 4), Some((12, RegisterRet::Done(false)))),
            (2, 13, RegisterOp::Read, Some((14, RegisterRet::Value(Some(3))))),
        ]
    );
}

#[test]
fn a_definite_failure_has_no_effect() {
    let log = "INFO  jepsen.util - 0 :invoke :write 1\n\
               INFO  jepsen.util - 0 :fail :write :no-leader\n\
               INFO  jepsen.util - 0 :invoke :read nil\n\
               INFO  jepsen.util - 0 :ok :read 1\n";
    assert_eq!(etcd(log.as_bytes()).map(|verdict| verdict.status), Ok(Status::Invalid));
    let unknown = log.replace(":fail", ":info");
    assert_eq!(etcd(unknown.as_bytes()).map(|verdict| verdict.status), Ok(Status::Valid));
}

#[test]
fn a_stale_read_is_explained_with_the_few_answers_that_matter() {
    let verdict = etcd(&ours("etcd-bad.log")).expect("it is in the format");
    let finding = &verdict.findings[0];
    assert_eq!(finding.sentence, "file: no order explains read by p0, answered 1");
    let steps: Vec<_> = finding
        .witness
        .steps
        .iter()
        .map(|step| (step.index, step.what.as_str(), step.shows.as_str(), step.contradicts))
        .collect();
    assert_eq!(
        steps,
        [(1, "write 1", "ok", false), (5, "write 2", "ok", false), (9, "read", "1", true)]
    );
    assert!(finding.because.contains("the register holds 7"), "{}", finding.because);
    assert!(finding.however.contains("2 other answers"), "{}", finding.however);
}

#[test]
fn a_wrong_order_of_appends_is_explained() {
    let verdict = kv(&ours("kv-bad.txt")).expect("it is in the format");
    let finding = &verdict.findings[0];
    assert!(finding.because.ends_with("after which a is \"xy\""), "{}", finding.because);
    assert_eq!(finding.witness.steps.len(), 2, "{finding:#?}");
}

#[test]
fn a_file_without_operations_tests_nothing() {
    for bytes in [&b""[..], b"\n\n", b"INFO  jepsen.core - nothing\n"] {
        assert_eq!(etcd(bytes).map(|verdict| verdict.status), Ok(Status::Unknown));
    }
    assert_eq!(kv(b"").map(|verdict| verdict.status), Ok(Status::Unknown));
}

#[test]
fn what_is_malformed_has_a_place_and_a_sentence() {
    let line = "INFO  jepsen.util - 0";
    let cases = [
        ("nonsense".to_owned(), 1, 1, "level"),
        ("INFO jepsen.util 0".to_owned(), 1, 18, "`- `"),
        (format!("{line}x :invoke :read nil"), 1, 22, "`:invoke`"),
        ("INFO  jepsen.util - x :invoke".to_owned(), 1, 21, "number"),
        (format!("{line} :begin :read nil"), 1, 23, "`:invoke`"),
        (format!("{line} :invoke :swap 1"), 1, 31, "`:read`"),
        (format!("{line} :invoke :write one"), 1, 38, "number"),
        (format!("{line} :invoke :write 99999999999999999999"), 1, 38, "number"),
        (format!("{line} :invoke :cas [1 2"), 1, 40, "`]`"),
        (format!("{line} :invoke :read nil nil"), 1, 41, "end here"),
        (format!("{line} :invoke :write :timed-out"), 1, 31, "value"),
        (format!("{line} :ok :read 1"), 1, 21, "has begun none"),
        (format!("\n{line} :invoke :read nil\n{line} :invoke :read nil"), 3, 21, "line 2"),
        (format!("{line} :invoke :write 1\n{line} :ok :write 2"), 2, 21, "`write 1`"),
    ];
    for (text, line, column, words) in cases {
        let error = etcd(text.as_bytes()).expect_err(&text);
        assert_eq!((error.line, error.column), (line, column), "{text}: {error}");
        assert!(error.message.contains(words), "{text}: {error}");
    }
    let cases = [
        ("", "{:process 0, :type :invoke, :f :get, :key \"0\", :value nil", 58, "`}`"),
        ("", "{:process 0, :type :invoke, :f :get, :key \"0, :value nil}", 43, "does not end"),
        ("", "{:process 0, :type :invoke, :f :put, :key \"\\x\", :value nil}", 44, "escape"),
        ("", "{:process 0, :type :invoke, :f :put, :key \"0\", :value nil}", 55, "`\"`"),
        ("", "{:process 0, :type :begun, :f :put}", 20, "one of `:invoke`"),
        ("", "{:type :invoke}", 2, "`:process`"),
    ];
    for (before, text, column, words) in cases {
        let error = kv(format!("{before}{text}").as_bytes()).expect_err(text);
        assert_eq!((error.line, error.column), (1, column), "{text}: {error}");
        assert!(error.message.contains(words), "{text}: {error}");
    }
    let error = kv(b"\n{:process \xff").expect_err("this is no text");
    assert_eq!(error.to_string(), "line 2, column 11: this is no UTF-8 text");
}

/// Porcupine's own data: in `STORMGLASS_PORCUPINE_DATA`, or beside the repository.
fn shared() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let asked = env::var_os("STORMGLASS_PORCUPINE_DATA").map(PathBuf::from);
    let beside = ["../shared/data", "data"].map(|folder| root.join(folder));
    let found =
        asked.into_iter().chain(beside).find(|folder| folder.join("porcupine-etcd").is_dir());
    if found.is_none() {
        let _ = writeln!(
            io::stderr(),
            "NOT TESTED: Porcupine's own data are not there; name their folder in \
             STORMGLASS_PORCUPINE_DATA"
        );
    }
    found
}

#[test]
fn the_logs_of_jepsen_get_the_verdicts_that_porcupine_gives() {
    let Some(folder) = shared().map(|folder| folder.join("porcupine-etcd")) else { return };
    let expected = fs::read_to_string(folder.join("expected.txt")).expect("verdicts");
    let (mut valid, mut invalid) = (0, 0);
    for line in expected.lines() {
        let (number, expected) = line.split_once(' ').expect("a number and a verdict");
        let number: u32 = number.parse().expect("a number");
        let bytes = fs::read(folder.join(format!("etcd_{number:03}.log"))).expect("a log");
        let status = etcd(&bytes).map(|verdict| verdict.status);
        let expected = if expected == "true" { Status::Valid } else { Status::Invalid };
        assert_eq!(status, Ok(expected), "log {number}");
        *(if expected == Status::Valid { &mut valid } else { &mut invalid }) += 1;
    }
    assert!(valid > 0 && invalid > 0, "{valid} valid, {invalid} invalid");
}

#[test]
fn the_key_value_histories_get_the_verdicts_in_their_names() {
    let Some(folder) = shared().map(|folder| folder.join("porcupine-kv")) else { return };
    let mut seen = 0;
    for entry in fs::read_dir(folder).expect("the folder can be read") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let bytes = fs::read(&path).expect("a history");
        let verdict = kv(&bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
        let expected = if name.contains("-ok") { Status::Valid } else { Status::Invalid };
        assert_eq!(verdict.status, expected, "{name}: {:?}", verdict.reasons);
        seen += 1;
    }
    assert!(seen > 0);
}
