//! Clusters that run already, and that others use: real members, started by the test.

#[path = "external/certificates.rs"]
mod certificates;
#[path = "external/little_kv.rs"]
mod little_kv;
#[path = "external/members.rs"]
mod members;
#[path = "external/partial.rs"]
mod partial;
#[expect(dead_code, reason = "each test program uses a part of it")]
mod support;

use std::collections::BTreeMap;
use std::fs;
use std::io::Read as _;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use certificates::Certificates;
use members::{Members, PASSWORD};
use partial::{Partial, Replication};
use stormglass_checkers::history::{Body, Environment, Outcome};
use support::{Said, events, fault, history, judgement, stormglass};

const RELEASE: &str = "3.5.30";
const PREFIX: &str = "team/stormglass/";
/// Enough for leases to end, and for a token to be asked for again.
const SECONDS: &str = "8s";
/// A scenario with faults of every sort that an owner can allow.
const FAULTS: &str = "schema = 1\nname = \"owned\"\n\
    [workload]\nclients = 4\nrate = 150\nwatchers = 2\n\
    [[fault]]\nkind = \"kill\"\nat = \"1s\"\nfor = \"500ms\"\n\
    [[fault]]\nkind = \"pause\"\nat = \"4s\"\nfor = \"1s\"\n\
    [[fault]]\nkind = \"defragment\"\nat = \"7s\"\n\
    [limits]\nduration = \"9s\"\n\
    [[avoid]]\nreleases = \"*\"\ntriggers = [\"txn-range-revision\", \"late-keepalive\"]\n";

/// Runs a scenario on members, in a run directory, as the user `chaos` where there are users.
fn run_on(members: &Members, dir: &Path, more: &[&str]) -> Said {
    let mut command = stormglass();
    command.args(["run", "--target", "external", "--endpoints", &members.endpoints()]);
    command.args(["--progress", "none", "--seed", "7", "--out", &dir.display().to_string()]);
    Said::of(&command.args(more).output().expect("the program starts"))
}

/// A user who may touch the run's keys alone, and a root who may do anything.
fn make_users(members: &Members) {
    let end = "team/stormglass0";
    let steps: [&[&str]; 8] = [
        &["user", "add", &format!("root:{PASSWORD}")],
        &["user", "grant-role", "root", "root"],
        &["role", "add", "prefix"],
        &["role", "grant-permission", "prefix", "readwrite", PREFIX, end],
        &["user", "add", &format!("chaos:{PASSWORD}")],
        &["user", "grant-role", "chaos", "prefix"],
        &["put", "others/first", "there before"],
        &["auth", "enable"],
    ];
    for step in steps {
        members.etcdctl(step, None).expect("etcdctl does it");
    }
}

/// Writes outside the prefix, compacts now and then, until told to stop; returns what it wrote.
fn others(members: &Members, stop: &AtomicBool, user: Option<&str>) -> BTreeMap<String, String> {
    let mut written = BTreeMap::new();
    written.insert("others/first".to_owned(), "there before".to_owned());
    let mut number = 0;
    while !stop.load(Ordering::Relaxed) {
        let (key, value) = (format!("others/{}", number % 7), format!("value {number}"));
        members.etcdctl(&["put", &key, &value], user).expect("others write");
        written.insert(key, value);
        number += 1;
        if number % 20 == 0 {
            let told = members.etcdctl(&["get", "others/0", "-w", "json"], user).expect("JSON");
            let told: serde_json::Value = serde_json::from_str(&told).expect("JSON");
            let revision = told["header"]["revision"].as_i64().expect("a revision") - 5;
            members.etcdctl(&["compact", &revision.to_string()], user).expect("others compact");
        }
    }
    written
}

/// Everything in the store, as root or whoever sees all.
fn everything(members: &Members, user: Option<&str>) -> BTreeMap<String, String> {
    let text = members.etcdctl(&["get", "", "--from-key"], user).expect("a list");
    let lines: Vec<&str> = text.lines().collect();
    lines.chunks(2).map(|pair| (pair[0].to_owned(), pair[1].to_owned())).collect()
}

/// Fails if any file below a folder holds a secret, packed or not.
fn must_not_hold(folder: &Path, secret: &str) {
    for entry in fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            must_not_hold(&path, secret);
            continue;
        }
        let mut bytes = fs::read(&path).expect("a file");
        if path.extension().is_some_and(|end| end == "zst") {
            let mut plain = Vec::new();
            let mut decoder = zstd::Decoder::new(&bytes[..]).expect("zstd");
            decoder.read_to_end(&mut plain).expect("zstd");
            bytes = plain;
        }
        let text = String::from_utf8_lossy(&bytes);
        assert!(!text.contains(secret), "{} holds a secret", path.display());
    }
}

#[test]
fn a_store_behind_tls_and_users_is_judged_and_nothing_of_others_is_touched() {
    let folder = tempfile::tempdir().expect("a folder");
    let certificates = Certificates::make(folder.path());
    let members = Members::start(folder.path(), RELEASE, Some(certificates.clone()));
    make_users(&members);
    let dir = folder.path().join("run");
    let stop = AtomicBool::new(false);
    let options = certificates.of_client();
    let (said, written) = thread::scope(|scope| {
        let others = scope.spawn(|| others(&members, &stop, Some("root")));
        let mut command = stormglass();
        command.args(["run", "shared", "--target", "external", "--user", "chaos"]);
        command.env("ETCDCTL_ENDPOINTS", members.endpoints()).env("ETCDCTL_PASSWORD", PASSWORD);
        command.args(["--prefix", PREFIX, "--duration", SECONDS, "--seed", "7"]);
        command.args(["--set", "check.sometimes=[\"operations >= 500\"]"]);
        command.args(["--progress", "none", "--out", &dir.display().to_string()]);
        let output = command.args(&options).output().expect("the program starts");
        stop.store(true, Ordering::Relaxed);
        (Said::of(&output), others.join().expect("the others' thread"))
    });
    let said = said.expect(0);
    assert!(said.err.contains("below `team/stormglass/`"), "{}", said.err);
    assert_eq!(everything(&members, Some("root")), written);
    for text in [&said.out, &said.err] {
        assert!(!text.contains(PASSWORD), "{text}");
    }
    must_not_hold(&dir, PASSWORD);
    let history = history(&dir);
    assert_eq!(history.preamble.prefix, PREFIX);
    assert!(!history.preamble.exclusive && history.preamble.start_revision.0 > 1);
    let refused = |body: &Body| matches!(body, Body::Complete(Outcome::Failed(_)));
    let done = |body: &Body| matches!(body, Body::Complete(Outcome::Ok(_)));
    let count = |which: &dyn Fn(&Body) -> bool| {
        history.events.iter().filter(|event| which(&event.body)).count()
    };
    assert!(count(&done) > 500 && count(&refused) < count(&done) / 4);
    assert!(judgement(&dir).headline().is_none());
}

/// Commands as an owner would write them, for members that the test has started.
fn commands_of(members: &Members) -> String {
    let folder = members.folder.display();
    let case = |number: usize| {
        fs::write(members.folder.join(format!("pid-{number}")), members.pid(number).to_string())
            .expect("a file");
        let (name, shell) = (number + 1, members.shell(number));
        format!("m{name}) {shell} & echo $! >{folder}/pid-{number};;")
    };
    let cases: Vec<String> = (0..3).map(case).collect();
    let start = format!("case $STORMGLASS_MEMBER in {} esac", cases.join(" "));
    let pid = format!("$(cat {folder}/pid-$((${{STORMGLASS_MEMBER#m}} - 1)))");
    format!(
        "[external]\nkill = \"\"\"kill -KILL {pid}\"\"\"\nstart = \"\"\"{start}\"\"\"\n\
         pause = \"\"\"kill -STOP {pid}\"\"\"\nresume = \"\"\"kill -CONT {pid}\"\"\"\n"
    )
}

#[test]
fn an_owner_s_commands_are_faults_and_nobody_else_s_cluster_is_hurt() {
    let folder = tempfile::tempdir().expect("a folder");
    let members = Members::start(folder.path(), RELEASE, None);
    let scenario = folder.path().join("owned.toml");
    fs::write(&scenario, format!("{FAULTS}{}", commands_of(&members))).expect("a file");
    let scenario = scenario.display().to_string();

    let dir = folder.path().join("stranger");
    run_on(&members, &dir, &[&scenario]).expect(3);
    let unavailable = |dir: &Path| {
        let told = events(dir).into_iter().filter_map(|event| match event.body {
            Body::Environment(Environment::FaultUnavailable { kind, reason }) => {
                Some((kind, reason))
            }
            _ => None,
        });
        told.collect::<BTreeMap<_, _>>()
    };
    let reasons = unavailable(&dir);
    assert_eq!(reasons.len(), 3, "{reasons:?}");
    assert!(reasons["kill"].contains("--i-own-this-cluster"), "{reasons:?}");

    let dir = folder.path().join("owner");
    run_on(&members, &dir, &[&scenario, "--i-own-this-cluster"]).expect(0);
    let reasons = unavailable(&dir);
    assert!(reasons.is_empty(), "{reasons:?}");
    let events = events(&dir);
    for kind in ["kill", "pause", "defragment"] {
        let (_, end) = fault(&events, kind);
        assert!(end.landed.is_some() && end.error.is_none(), "{end:?}");
    }
    let silent = |kind| fault(&events, kind).1.evidence.keys().any(|key| key.ends_with("-silent"));
    assert!(silent("kill") && silent("pause"));
    assert!(judgement(&dir).headline().is_none());
}

#[test]
fn what_cannot_be_a_run_is_one_sentence() {
    let folder = tempfile::tempdir().expect("a folder");
    let certificates = Certificates::make(folder.path());
    let members = Members::start(folder.path(), RELEASE, Some(certificates.clone()));
    make_users(&members);
    let with = |more: &[&str]| {
        let mut args: Vec<String> = certificates.of_client();
        args.extend(more.iter().map(|text| (*text).to_owned()));
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        run_on(&members, &folder.path().join("never"), &args)
    };
    let cases: [(&[&str], i32, &str); 4] = [
        (&["--user", "chaos"], 2, "ETCDCTL_PASSWORD"),
        (&["--user", "chaos:wrong"], 4, "invalid user ID or password"),
        (&["--user", &format!("chaos:{PASSWORD}")], 4, "permission denied"),
        (&["--user", &format!("root:{PASSWORD}"), "--prefix", "others/"], 2, "another --prefix"),
    ];
    for (args, code, words) in cases {
        let said = with(args).expect(code);
        assert!(said.err.contains(words) && !said.err.contains(PASSWORD), "{}", said.err);
        assert_eq!(said.err.trim_end().lines().count(), 1, "{}", said.err);
    }
    let ca = certificates.path("ca.pem").display().to_string();
    let bare = run_on(&members, &folder.path().join("never"), &["--cacert", &ca]).expect(4);
    assert!(bare.err.contains("check --endpoints, certificates and user"), "{}", bare.err);
    let half = run_on(&members, &folder.path().join("never"), &["--key", &ca]).expect(2);
    assert!(half.err.contains("belong together"), "{}", half.err);
    let skipped = with(&["--insecure-skip-tls-verify", "--user", "chaos:wrong"]).expect(4);
    assert!(skipped.err.contains("invalid user ID or password"), "{}", skipped.err);
    assert!(!folder.path().join("never").exists());
}

/// Runs `shared` on servers that have little of the API.
fn run_partial(servers: &Partial, dir: &Path) -> Said {
    let mut command = stormglass();
    command.args(["run", "--target", "external", "--endpoints", &servers.endpoints()]);
    command.args(["--etcd", "3.5.0", "--duration", "3s", "--seed", "3"]);
    command.args(["--set", "check.sometimes=[\"operations >= 300\"]"]);
    command.args(["--progress", "none", "--out", &dir.display().to_string()]);
    Said::of(&command.output().expect("the program starts"))
}

#[test]
fn a_server_without_revisions_is_probed_fitted_and_judged_key_by_key() {
    let folder = tempfile::tempdir().expect("a folder");
    let servers = Partial::start(Replication::Done);
    let first = servers.endpoints().split(',').next().expect("an endpoint").to_owned();
    let said = Said::of(
        &stormglass()
            .args(["probe", "--endpoints", &first, "--format", "json"])
            .output()
            .expect("the program starts"),
    );
    let told: serde_json::Value = serde_json::from_str(&said.expect(0).out).expect("JSON");
    assert_eq!(told[0]["profile"], "kv-no-revisions");
    let rows = told[0]["rows"].as_array().expect("rows");
    let answer = |feature: &str| {
        let row = rows.iter().find(|row| row["feature"] == feature).expect("a row");
        row["answer"].as_str().expect("a word").to_owned()
    };
    assert_eq!(answer("put and get"), "yes");
    assert_eq!(answer("delete of a range"), "no");
    assert_eq!(answer("revision in the header of a put"), "differs");
    assert_eq!(answer("compaction"), "not-asked");
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/probe.md");
    let page = fs::read_to_string(page).expect("a page");
    for row in rows {
        let [group, feature] = ["group", "feature"].map(|name| row[name].as_str().expect("text"));
        let begins = format!("| {group} | {feature} | ");
        let line = page.lines().find(|line| line.starts_with(&begins)).expect("a line");
        let told = answer(feature).replace('-', " ");
        assert!(line.ends_with(&format!(" | {told} |")), "{line} is told as {told}");
    }

    let dir = folder.path().join("honest");
    let said = run_partial(&servers, &dir).expect(0);
    let report = fs::read_to_string(dir.join("report.html")).expect("a report");
    let asked = format!(" of {} as etcd", rows.len());
    assert!(
        report.contains("What the first member has of etcd's API: ") && report.contains(&asked)
    );
    assert!(said.err.contains("the server lacks transaction"), "{}", said.err);
    let facts = fs::read_to_string(dir.join("run.json")).expect("facts");
    assert!(facts.contains("the server lacks delete of a range"), "{facts}");
    assert!(said.out.contains("could not judge it"), "{}", said.out);

    let dir = folder.path().join("forgetful");
    let said = run_partial(&Partial::start(Replication::Forgotten), &dir).expect(1);
    let judged = judgement(&dir);
    let finding = judged.headline().expect("a finding");
    assert!(!finding.witness.steps.is_empty() && finding.witness.steps.len() < 12, "{}", said.out);
}
