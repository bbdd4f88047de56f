//! Every scenario of the catalogue by its name, and the suite `smoke` again and again, on the
//! newest releases that have known remains of bugs only in what the scenarios leave out.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use clap::Args;
use serde::{Deserialize, Serialize};
use stormglass::exit::ExitCode;
use stormglass_checkers::verdict::{Judgement, Status};
use stormglass_scenarios::scenario::{Scenario, catalog};

use crate::Rows;
use crate::launch::{Ended, program, run};
use crate::ledger::{Ledger, Row};
use crate::provenance::{Code, Provenance, commit};
use crate::ran::{install, tenth};

const RELEASES: [&str; 2] = ["3.5.16", "3.5.30"];
const SUITE: &str = "smoke";
const SUITES: u64 = 10;
/// What CI runs.
const CI: &str = "quick";
const RUN_LIMIT: Duration = Duration::from_secs(300);

#[derive(Debug, Args)]
pub(crate) struct ScenariosArguments {
    /// How much to measure.
    #[arg(long, value_enum, default_value_t)]
    rows: Rows,
    /// This scenario or suite only.
    #[arg(long, value_name = "NAME")]
    only: Option<String>,
}

/// One run of a scenario, or of the suite.
#[derive(Debug, Serialize, Deserialize)]
struct ScenarioRow {
    /// The scenario, or the suite.
    name: String,
    /// The release that the members ran at first.
    release: String,
    seed: u64,
    exit_code: Option<i32>,
    verdict: String,
    /// What was found, as `checker: anomaly`, each once.
    findings: BTreeSet<String>,
    /// Sometimes-properties that were asked for, and how many of them held; of a suite its
    /// runs, and how many of them were valid.
    asked: usize,
    met: usize,
    seconds: f64,
    #[serde(rename = "where")]
    provenance: Provenance,
}

impl Row for ScenarioRow {
    fn commit(&self) -> &str {
        &self.provenance.commit
    }
}

impl ScenarioRow {
    fn holds(&self) -> bool {
        self.exit_code == Some(ExitCode::Valid.number()) && self.met == self.asked
    }
}

/// What is to be measured: a name, a release, a seed.
type Wanted = (String, String, u64);

/// Measures what is not measured yet; returns whether everything ended valid, with all that its
/// scenario wants to have happened.
pub(crate) fn measure(arguments: &ScenariosArguments) -> io::Result<bool> {
    let (program, commit) = (program()?, commit(Code::ALL)?);
    let mut ledger = match arguments.rows {
        Rows::All => Ledger::resume("scenarios", &commit)?,
        Rows::Ci => Ledger::unwritten(),
    };
    let mut wanted = wanted(arguments.rows)?;
    wanted.retain(|(name, ..)| arguments.only.as_ref().is_none_or(|only| only == name));
    if wanted.is_empty() {
        return Err(io::Error::other("nothing has that name"));
    }
    install(&program, wanted.iter().map(|(_, release, _)| release))?;
    println!(
        "scenario              release  seed  exit  verdict  met      seconds  load  findings"
    );
    let mut good = 0;
    for (name, release, seed) in &wanted {
        let here =
            |row: &ScenarioRow| row.name == *name && row.release == *release && row.seed == *seed;
        if ledger.find(here).is_none() {
            let provenance = Provenance::now(&commit);
            ledger.add(one(&program, (name, release, *seed), provenance)?)?;
        }
        let row = ledger.find(here).ok_or_else(|| io::Error::other("a row was not kept"))?;
        show(row);
        good += usize::from(row.holds());
    }
    println!("\n{good} of {} runs ended valid, with everything that was to happen", wanted.len());
    Ok(good == wanted.len())
}

fn wanted(rows: Rows) -> io::Result<Vec<Wanted>> {
    if rows == Rows::Ci {
        return Ok(vec![(CI.to_owned(), RELEASES[1].to_owned(), 1)]);
    }
    let mut wanted = Vec::new();
    for entry in catalog() {
        let scenario = Scenario::parse(entry.text, entry.name).map_err(io::Error::other)?;
        let releases = match scenario.cluster.etcd {
            Some(own) => vec![own],
            None => RELEASES.map(str::to_owned).to_vec(),
        };
        wanted.extend(releases.into_iter().map(|release| (entry.name.to_owned(), release, 1)));
    }
    for release in RELEASES {
        wanted.extend((1..=SUITES).map(|seed| (SUITE.to_owned(), release.to_owned(), seed)));
    }
    Ok(wanted)
}

fn one(
    program: &Path,
    (name, release, seed): (&str, &str, u64),
    provenance: Provenance,
) -> io::Result<ScenarioRow> {
    let folder = tempfile::Builder::new().prefix("stormglass-evidence-").tempdir()?;
    let out = folder.path().join("run");
    let suite = name == SUITE;
    let mut command = Command::new(program);
    command.args([if suite { "suite" } else { "run" }, name, "--etcd", release]);
    command.args(["--seed", &seed.to_string(), "--out"]).arg(&out);
    command.stdout(File::create(folder.path().join("stdout.txt"))?);
    command.stderr(File::create(folder.path().join("stderr.txt"))?);
    let ended = run(&mut command, RUN_LIMIT)?;
    let judgements = if suite { runs(&out)? } else { judgement(&out).into_iter().collect() };
    let row = row((name, release, seed), ended, &judgements, suite, provenance);
    if !row.holds() {
        println!("not as expected, kept: {}", folder.keep().display());
    }
    Ok(row)
}

/// What the checkers said of every run of a suite.
fn runs(out: &Path) -> io::Result<Vec<Judgement>> {
    let entries: Vec<PathBuf> = fs::read_dir(out)?
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.is_dir())
        .collect();
    Ok(entries.iter().filter_map(|dir| judgement(dir)).collect())
}

fn judgement(dir: &Path) -> Option<Judgement> {
    let bytes = fs::read(dir.join("verdicts.json")).ok()?;
    serde_json::from_slice(&bytes).ok()
}

fn row(
    (name, release, seed): (&str, &str, u64),
    ended: Ended,
    judgements: &[Judgement],
    suite: bool,
    provenance: Provenance,
) -> ScenarioRow {
    let verdicts = judgements.iter().flat_map(|judgement| &judgement.verdicts);
    let findings = verdicts.clone().flat_map(|verdict| {
        let name = &verdict.checker;
        verdict.findings.iter().map(move |finding| format!("{name}: {}", finding.anomaly))
    });
    let asked = verdicts.flat_map(|verdict| &verdict.properties).filter(|it| it.needed > 0);
    let (asked, met) = if suite {
        let valid = |judgement: &&Judgement| judgement.status == Status::Valid;
        (judgements.len(), judgements.iter().filter(valid).count())
    } else {
        (asked.clone().count(), asked.filter(|property| property.met()).count())
    };
    ScenarioRow {
        name: name.to_owned(),
        release: release.to_owned(),
        seed,
        exit_code: ended.code,
        verdict: ended.meaning().to_owned(),
        findings: findings.collect(),
        asked,
        met,
        seconds: tenth(ended.seconds),
        provenance,
    }
}

fn show(row: &ScenarioRow) {
    let code = row.exit_code.map_or_else(|| "-".to_owned(), |code| code.to_string());
    let findings: Vec<&str> = row.findings.iter().map(String::as_str).collect();
    println!(
        "{:<20}  {:<7}  {:>4}  {:>4}  {:<7}  {:>2} of {:>2}  {:>7.1}  {:>4.1}  {}",
        row.name,
        row.release,
        row.seed,
        code,
        row.verdict,
        row.met,
        row.asked,
        row.seconds,
        row.provenance.load_average,
        findings.join(", ")
    );
}
