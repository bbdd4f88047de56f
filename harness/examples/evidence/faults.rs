//! Every fault alone, on a correct release: whether it landed, what shows that it bit, and
//! whether the cluster was healthy after it.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use clap::Args;
use serde::{Deserialize, Serialize};
use stormglass::exit::ExitCode;
use stormglass::run_dir::open_history;
use stormglass_checkers::history::{Body, Environment, FaultEnd, FaultId, History, Phase};
use stormglass_scenarios::fault::{FaultEntry, faults};

use crate::Rows;
use crate::launch::{Ended, program, run};
use crate::ledger::{Ledger, Row};
use crate::provenance::{Code, Provenance, commit};
use crate::ran::{install, tenth};

const RELEASES: [&str; 2] = ["3.5.16", "3.5.30"];
const RUN_LIMIT: Duration = Duration::from_secs(180);
/// Of the evidence, in the table; the file has all of it.
const SHOWN_CHARS: usize = 90;

#[derive(Debug, Args)]
pub(crate) struct FaultsArguments {
    /// How much to measure.
    #[arg(long, value_enum, default_value_t)]
    rows: Rows,
    /// This kind only.
    #[arg(long, value_name = "KIND")]
    only: Option<String>,
}

/// One fault on one release.
#[derive(Debug, Serialize, Deserialize)]
struct FaultRow {
    kind: String,
    release: String,
    /// How long it held, in milliseconds; nothing where it did not land.
    landed_ms: Option<u64>,
    /// Why it did not land or heal.
    error: Option<String>,
    /// What shows that it bit.
    evidence: BTreeMap<String, String>,
    /// Whether every member served again within the scenario's deadline.
    recovered: bool,
    verdict: String,
    exit_code: Option<i32>,
    seconds: f64,
    #[serde(rename = "where")]
    provenance: Provenance,
}

impl Row for FaultRow {
    fn commit(&self) -> &str {
        &self.provenance.commit
    }
}

impl FaultRow {
    fn holds(&self, entry: &FaultEntry) -> bool {
        let valid = self.exit_code == Some(ExitCode::Valid.number());
        self.landed_ms.is_some()
            && self.error.is_none()
            && self.recovered
            && (valid || !entry.in_model())
    }
}

/// Measures what is not measured yet; returns whether every fault landed and healed.
pub(crate) fn measure(arguments: &FaultsArguments) -> io::Result<bool> {
    let (program, commit) = (program()?, commit(Code::ALL)?);
    let mut ledger = match arguments.rows {
        Rows::All => Ledger::resume("faults", &commit)?,
        Rows::Ci => Ledger::unwritten(),
    };
    install(&program, &RELEASES.map(str::to_owned))?;
    println!("fault            release  held        healthy  verdict  seconds  load  evidence");
    let (mut good, mut all) = (0, 0);
    for (entry, release) in wanted(arguments) {
        let here = |row: &FaultRow| row.kind == entry.kind && row.release == release;
        if ledger.find(here).is_none() {
            ledger.add(measure_one(&program, entry, release, &commit)?)?;
        }
        let row = ledger.find(here).ok_or_else(|| io::Error::other("a row was not kept"))?;
        show(row);
        all += 1;
        good += u32::from(row.holds(entry));
    }
    println!("\n{good} of {all} faults landed, were seen to bite, and healed");
    Ok(all > 0 && good == all)
}

fn wanted(arguments: &FaultsArguments) -> Vec<(&'static FaultEntry, &'static str)> {
    let kinds = faults()
        .iter()
        .filter(|entry| arguments.only.as_ref().is_none_or(|only| *only == entry.kind));
    let pairs = kinds.flat_map(|entry| RELEASES.map(|release| (entry, release)));
    let many = if arguments.rows == Rows::Ci { 1 } else { usize::MAX };
    pairs.take(many).collect()
}

fn measure_one(
    program: &Path,
    entry: &FaultEntry,
    release: &str,
    commit: &str,
) -> io::Result<FaultRow> {
    let provenance = Provenance::now(commit);
    let folder = tempfile::Builder::new().prefix("stormglass-evidence-").tempdir()?;
    let scenario = folder.path().join("fault.toml");
    fs::write(&scenario, scenario_of(entry, release))?;
    let dir = folder.path().join("run");
    let mut command = Command::new(program);
    command.arg("run").arg(&scenario).args(["--etcd", release, "--seed", "1"]);
    command.args(["--progress", "none", "--out"]).arg(&dir);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let ended = run(&mut command, RUN_LIMIT)?;
    let row = row(entry, release, ended, &dir, provenance)?;
    if !row.holds(entry) {
        println!("not as expected, kept: {}", folder.keep().display());
    }
    Ok(row)
}

/// The fault once, on the second member where it is not of the whole cluster, in light traffic;
/// a database and a log that are large enough for those that need some.
fn scenario_of(entry: &FaultEntry, release: &str) -> String {
    let other = RELEASES.into_iter().find(|other| *other != release).unwrap_or(release);
    let params = match entry.kind {
        "disturb" => "delay = \"40ms\", loss = \"5\"".to_owned(),
        "change-release" => format!("to = \"{other}\""),
        _ => String::new(),
    };
    let kind = entry.kind;
    let target = if kind == "restore" { "\"all\"" } else { "[\"m2\"]" };
    format!(
        "schema = 1\nname = \"fault\"\n[cluster.flags]\nsnapshot-count = \"300\"\n\
         [workload]\nclients = 6\nwatchers = 2\nrate = 300\nprefill = 6000\n\
         value-size = {{ min = 100, max = 200 }}\nlease-ttl = {{ min = 4, max = 5 }}\n\
         [limits]\nduration = \"16s\"\n[[avoid]]\nreleases = \"*\"\n\
         triggers = [\"txn-range-revision\", \"watch-compacted-start\", \
         \"watch-future-start\", \"late-keepalive\"]\n[[fault]]\nkind = \"{kind}\"\n\
         target = {target}\nat = \"4s\"\nparams = {{ {params} }}\n"
    )
}

fn row(
    entry: &FaultEntry,
    release: &str,
    ended: Ended,
    dir: &Path,
    provenance: Provenance,
) -> io::Result<FaultRow> {
    let file = open_history(dir).map_err(io::Error::other)?;
    let history = History::read(file).map_err(io::Error::other)?;
    let bodies = || history.events.iter().map(|event| &event.body);
    let end = bodies().find_map(|body| match body {
        Body::FaultEnd(end) => Some(end.clone()),
        _ => None,
    });
    let end = end.unwrap_or_else(|| FaultEnd {
        id: FaultId(0),
        landed: None,
        evidence: BTreeMap::new(),
        error: Some("the history has no end of it".to_owned()),
    });
    let recovered = Body::Environment(Environment::Phase(Phase::Recovered));
    Ok(FaultRow {
        kind: entry.kind.to_owned(),
        release: release.to_owned(),
        landed_ms: end.landed.map(|span| span.to.0.saturating_sub(span.from.0) / 1_000_000),
        error: end.error,
        evidence: end.evidence,
        recovered: bodies().any(|body| *body == recovered),
        verdict: ended.meaning().to_owned(),
        exit_code: ended.code,
        seconds: tenth(ended.seconds),
        provenance,
    })
}

fn show(row: &FaultRow) {
    let held = row.landed_ms.map_or_else(|| "not landed".to_owned(), |held| format!("{held} ms"));
    let told: Vec<String> =
        row.evidence.iter().map(|(name, value)| format!("{name}: {value}")).collect();
    let told = row.error.clone().unwrap_or_else(|| told.join(", "));
    println!(
        "{:<15}  {:<7}  {:>10}  {:<7}  {:<7}  {:>7.1}  {:>4.1}  {}",
        row.kind,
        row.release,
        held,
        if row.recovered { "yes" } else { "no" },
        row.verdict,
        row.seconds,
        row.provenance.load_average,
        told.chars().take(SHOWN_CHARS).collect::<String>()
    );
}
