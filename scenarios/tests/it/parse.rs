//! Broken scenario files: where the error is, and what to do.

use std::fmt::Write as _;

use stormglass_scenarios::scenario::{Scenario, Selector, Span, Storage};

/// Name of the case, and the lines after `schema` and `name`.
const BROKEN: [(&str, &str); 50] = [
    ("no TOML", "[workload\nclients = 3"),
    ("unterminated string", "summary = \"abc"),
    ("unknown key at the root", "sumary = \"x\""),
    ("unknown table", "[chek]\nsometimes = []"),
    ("unknown key in a table", "[workload]\nclinets = 3"),
    ("unknown key far from all others", "[cluster]\nzone = \"eu\""),
    ("wrong type", "[workload]\nclients = \"ten\""),
    ("negative number", "[workload]\nclients = -1"),
    ("duration without unit", "[limits]\nduration = \"30\""),
    ("duration as a number", "[limits]\nduration = 30"),
    ("missing key in a list of tables", "[[fault]]\nat = \"3s\""),
    ("unknown storage", "[cluster]\nstorage = \"dsik\""),
    ("unknown workload", "[workload]\nkind = \"mixd\""),
    ("unknown fault", "[[fault]]\nkind = \"puase\"\nevery = \"5s\""),
    ("unknown fault, far", "[[fault]]\nkind = \"earthquake\"\nevery = \"5s\""),
    ("unknown target", "[[fault]]\nkind = \"kill\"\nevery = \"5s\"\ntarget = \"leadr\""),
    ("empty target", "[[fault]]\nkind = \"kill\"\nevery = \"5s\"\ntarget = []"),
    ("no such member", "[[fault]]\nkind = \"kill\"\nevery = \"5s\"\ntarget = [\"m1\", \"m4\"]"),
    ("member twice", "[[fault]]\nkind = \"kill\"\nevery = \"5s\"\ntarget = [\"m1\", \"m1\"]"),
    (
        "a part of what is whole",
        "[[fault]]\nkind = \"restore\"\nat = \"3s\"\ntarget = \"minority\"",
    ),
    ("neither at nor every", "[[fault]]\nkind = \"kill\""),
    ("both at and every", "[[fault]]\nkind = \"kill\"\nat = \"1s\"\nevery = \"5s\""),
    ("fault longer than its period", "[[fault]]\nkind = \"kill\"\nevery = \"5s\"\nfor = \"4s\""),
    ("fault that cannot heal", "[[fault]]\nkind = \"kill\"\nat = \"29s\""),
    ("duration of a momentary fault", "[[fault]]\nkind = \"compact\"\nat = \"3s\"\nfor = \"1s\""),
    ("fault of no duration", "[[fault]]\nkind = \"pause\"\nat = \"3s\"\nfor = \"0s\""),
    ("period too short", "[[fault]]\nkind = \"compact\"\nevery = \"5ms\""),
    (
        "parameter of a fault without",
        "[[fault]]\nkind = \"pause\"\nat = \"3s\"\nparams = { lag = \"1\" }",
    ),
    ("unknown parameter", "[[fault]]\nkind = \"compact\"\nat = \"3s\"\nparams = { leg = \"1\" }"),
    (
        "parameter of the wrong form",
        "[[fault]]\nkind = \"compact\"\nat = \"3s\"\nparams = { lag = \"far\" }",
    ),
    (
        "parameter that is no release",
        "[[fault]]\nkind = \"change-release\"\nat = \"3s\"\nparams = { to = \"3.5\" }",
    ),
    ("parameter that must be given", "[[fault]]\nkind = \"change-release\"\nat = \"3s\""),
    ("unknown weight", "[workload.weights]\nputs = 3"),
    (
        "no weight at all",
        "[workload.weights]\nput = 0\nget = 0\nrange = 0\nstale-range = 0\nhistory-range = 0\n\
         delete = 0\ndelete-range = 0\ntxn = 0\nlocal-txn = 0\nlease-grant = 0\n\
         lease-attach = 0\nlease-keepalive = 0\nlease-revoke = 0\nput-keep = 0\n\
         refused-range = 0\nnested-txn = 0\nread-txn = 0\nlease-grant-short = 0\n\
         lease-grant-again = 0\nlease-keepalive-late = 0\nlease-revoke-late = 0\n\
         lease-time-to-live = 0\nlease-list = 0",
    ),
    ("sizes upside down", "[workload]\nvalue-size = { min = 64, max = 16 }"),
    ("leases of no time", "[workload]\nlease-ttl = { min = 0, max = 2 }"),
    ("share of transactions", "[workload.txn]\nrange-guard = 101"),
    ("rate of nothing", "[workload]\nrate = 0"),
    ("too many members", "[cluster]\nmembers = 9"),
    ("election too short", "[cluster]\nheartbeat = \"500ms\""),
    ("flag with dashes", "[cluster.flags]\n\"--snapshot-count\" = \"100\""),
    ("flag of the target's own", "[cluster.flags]\ndata-dir = \"/tmp\""),
    ("flags of a member that is not there", "[cluster.member.m5]\nsnapshot-count = \"100\""),
    ("unknown property", "[check]\nsometimes = [\"compaction\", \"leader-chnaged\"]"),
    ("property of a fault that is not there", "[check]\nsometimes = [\"fault:kill\"]"),
    ("property never", "[check]\nsometimes = [\"operations >= 0\"]"),
    ("unknown trigger", "[[avoid]]\nreleases = \"*\"\ntriggers = [\"guarded-txns\"]"),
    ("releases of no form", "[[avoid]]\nreleases = \"3.5\"\ntriggers = []"),
    ("traffic of no time", "[limits]\nduration = \"0s\""),
    ("umlauts before the error", "summary = \"für äöü\"\n[limits]\n\"ü\" = 3"),
];

#[test]
fn every_error_has_a_place_and_says_what_to_do() {
    let mut messages = String::new();
    for (case, lines) in BROKEN {
        let text = format!("schema = 1\nname = \"broken\"\n{lines}\n");
        let error = Scenario::parse(&text, "broken.toml").expect_err(case);
        write!(messages, "## {case}\n{error}\n\n").expect("memory");
    }
    insta::assert_snapshot!(messages);
}

#[test]
fn a_file_must_say_what_it_is() {
    let errors =
        ["", "name = \"a\"", "schema = 2\nname = \"a\"\nnew = 3", "schema = 1\nname = \"A b\""];
    let errors = errors.map(|text| Scenario::parse(text, "a.toml").expect_err(text).to_string());
    insta::assert_snapshot!(errors.join("\n\n"));
}

#[test]
fn everything_that_can_be_written_is_read() {
    let text = r#"
schema = 1
name = "everything"
summary = "all keys"
[cluster]
members = 5
etcd = "3.5.16"
storage = "disk"
heartbeat = "50ms"
election = "500ms"
flags = { snapshot-count = "100" }
member.m2.snapshot-count = "1000"
[workload]
kind = "mixed"
clients = 3
watchers = 1
rate = 100
keys = 4
prefill = 10
value-size = { min = 1, max = 2 }
deadline = "1s"
lease-ttl = { min = 1, max = 2 }
compact-lag = 500
weights = { put = 3 }
[[fault]]
kind = "kill-defragment"
target = ["m1", "m5"]
at = "3s"
for = "2s"
params = { within = "20ms" }
[check]
sometimes = ["fault:kill-defragment", "operations >= 20"]
[[avoid]]
releases = ">=3.4,<3.5"
triggers = ["guarded-txn", "progress-request"]
[limits]
duration = "1m"
recovery = "10s"
"#;
    let scenario = Scenario::parse(text, "everything.toml").expect("a scenario");
    assert_eq!(scenario.cluster.storage, Storage::Disk);
    assert_eq!(scenario.cluster.member["m2"]["snapshot-count"], "1000");
    assert_eq!(scenario.fault[0].duration, Some(Span::seconds(2)));
    let members = ["m1", "m5"].map(str::to_owned).to_vec();
    assert_eq!(scenario.fault[0].target, Selector::Members(members));
    assert_eq!(scenario.limits.duration, Span::seconds(60));
    let json = serde_json::to_string(&scenario).expect("serialises");
    assert_eq!(scenario, serde_json::from_str(&json).expect("parses"));
    let toml = toml::to_string(&scenario).expect("serialises");
    assert_eq!(scenario, Scenario::parse(&toml, "again.toml").expect("parses"));
}

#[test]
fn what_is_left_out_has_defaults() {
    let scenario = Scenario::parse("schema = 1\nname = \"a\"", "a.toml").expect("a scenario");
    assert_eq!((scenario.cluster.members, scenario.cluster.storage), (3, Storage::Memory));
    assert_eq!(scenario.workload.kind, "mixed");
    assert_eq!(scenario.workload.rate, None);
    assert_eq!(scenario.limits.duration, Span::seconds(30));
    assert!(scenario.fault.is_empty() && scenario.avoid.is_empty());
}
