//! One scenario with many seeds: invalid with lost or diverging data on releases with such
//! bugs, valid on releases without.

use std::collections::BTreeSet;
use std::io;
use std::path::PathBuf;

use clap::Args;
use serde::{Deserialize, Serialize};
use stormglass::exit::ExitCode;

use crate::Rows;
use crate::launch::program;
use crate::ledger::{Ledger, Row};
use crate::provenance::{Code, Provenance, commit};
use crate::ran::{Ran, Run, USUAL_TARGET, install, run_scenario, tenth};
use crate::series::{Expected, Plan, Seeds, Series};

/// Checkers whose findings mean that data was lost or differs; a finding about watches
/// alone does not count.
const DATA_CHECKERS: [&str; 3] = ["convergence", "durability", "linearizability"];
/// That members disagree about a pair of one revision, which `revisions` finds, means the same.
const MEMBERS_DISAGREE: &str = "revisions: conflicting-observations";
/// A bug must be found within this time, from the command's start to its end.
const SECONDS_MAX: f64 = 120.0;

#[derive(Debug, Args)]
pub(crate) struct CampaignArguments {
    /// How much to measure.
    #[arg(long, value_enum, default_value_t)]
    rows: Rows,
    /// This release only.
    #[arg(long, value_name = "RELEASE")]
    only: Option<String>,
    /// These seeds, such as 4 or 1..10, both included, instead of the usual ones.
    #[arg(long)]
    seeds: Option<Seeds>,
}

/// One run.
#[derive(Debug, Serialize, Deserialize)]
struct CampaignRow {
    release: String,
    seed: u64,
    verdict: String,
    exit_code: Option<i32>,
    /// What was found, as `checker: anomaly`, each once.
    findings: BTreeSet<String>,
    /// From the command's start to its end: cluster, traffic, verdict and report.
    seconds: f64,
    /// Operations that the checker `coverage` counted.
    operations: u64,
    #[serde(rename = "where")]
    provenance: Provenance,
}

impl Row for CampaignRow {
    fn commit(&self) -> &str {
        &self.provenance.commit
    }
}

impl CampaignRow {
    fn is_as(&self, expected: Expected) -> bool {
        match expected {
            Expected::Valid => self.exit_code == Some(ExitCode::Valid.number()),
            Expected::DataBug => {
                self.exit_code == Some(ExitCode::Invalid.number())
                    && self.seconds <= SECONDS_MAX
                    && self.findings.iter().any(|finding| is_about_data(finding))
            }
            Expected::Finding => self.exit_code == Some(ExitCode::Invalid.number()),
        }
    }
}

fn is_about_data(finding: &str) -> bool {
    let checker = finding.split_once(':').map(|(checker, _)| checker);
    finding == MEMBERS_DISAGREE || checker.is_some_and(|checker| DATA_CHECKERS.contains(&checker))
}

/// Measures what is not measured yet; returns whether every series is as expected.
pub(crate) fn measure(plan: &'static Plan, arguments: &CampaignArguments) -> io::Result<bool> {
    let duration = plan.duration(arguments.rows);
    let bench = Bench {
        scenario: plan.scenario,
        duration,
        program: program()?,
        commit: commit(Code::ALL)?,
    };
    let mut ledger = match arguments.rows {
        Rows::All => Ledger::resume(plan.scenario, &bench.commit)?,
        Rows::Ci => Ledger::unwritten(),
    };
    let wanted = wanted(plan, arguments);
    if wanted.is_empty() {
        return Err(io::Error::other("no series is for that release"));
    }
    install(&bench.program, wanted.iter().map(|series| &series.release))?;
    println!("release  seed  exit  verdict  seconds  operations  load  findings");
    let mut conclusions = Vec::new();
    for series in &wanted {
        conclusions.push(bench.measure_series(series, &mut ledger)?);
    }
    println!();
    for conclusion in &conclusions {
        println!("{}", conclusion.sentence);
    }
    Ok(conclusions.iter().all(|conclusion| conclusion.holds))
}

fn wanted(plan: &Plan, arguments: &CampaignArguments) -> Vec<Series> {
    let mut wanted = plan.series(arguments.rows);
    wanted.retain(|series| arguments.only.as_ref().is_none_or(|only| *only == series.release));
    if let Some(seeds) = &arguments.seeds {
        for series in &mut wanted {
            series.seeds = seeds.clone();
        }
    }
    wanted
}

/// What came of a series.
struct Conclusion {
    sentence: String,
    holds: bool,
}

/// What every row is measured with.
struct Bench {
    scenario: &'static str,
    duration: &'static str,
    program: PathBuf,
    commit: String,
}

impl Bench {
    fn measure_series(
        &self,
        series: &Series,
        ledger: &mut Ledger<CampaignRow>,
    ) -> io::Result<Conclusion> {
        let (mut done, mut good) = (0, 0);
        for seed in series.seeds.0.clone() {
            let here = |row: &CampaignRow| row.release == series.release && row.seed == seed;
            if ledger.find(here).is_none() {
                ledger.add(self.measure_row(series, seed)?)?;
            }
            let row = ledger.find(here).ok_or_else(|| io::Error::other("a row was not kept"))?;
            show(row);
            done += 1;
            good += usize::from(row.is_as(series.expected));
            if series.one_is_enough && good > 0 {
                break;
            }
        }
        let expected = match series.expected {
            Expected::DataBug => "invalid with lost or diverging data",
            Expected::Valid => "valid",
            Expected::Finding => "invalid",
        };
        let needed = series.needed(done);
        let sentence =
            format!("etcd {}: {good} of {done} seeds {expected}, {needed} needed", series.release);
        Ok(Conclusion { sentence, holds: good >= needed })
    }

    /// Runs one seed. Its directory is kept where it did not end as expected.
    fn measure_row(&self, series: &Series, seed: u64) -> io::Result<CampaignRow> {
        let folder = tempfile::Builder::new().prefix("stormglass-evidence-").tempdir()?;
        let provenance = Provenance::now(&self.commit);
        let Self { scenario, duration, .. } = *self;
        let (target, release) = (USUAL_TARGET, series.release.as_str());
        let wanted = Run { scenario, target, duration, release, seed };
        let ran = run_scenario(&self.program, wanted, folder.path())?;
        let row = row(&series.release, seed, ran, provenance);
        if !row.is_as(series.expected) {
            println!("not as expected, kept: {}", folder.keep().display());
        }
        Ok(row)
    }
}

fn row(release: &str, seed: u64, ran: Ran, provenance: Provenance) -> CampaignRow {
    CampaignRow {
        release: release.to_owned(),
        seed,
        verdict: ran.ended.meaning().to_owned(),
        exit_code: ran.ended.code,
        findings: ran.findings,
        seconds: tenth(ran.ended.seconds),
        operations: ran.operations,
        provenance,
    }
}

fn show(row: &CampaignRow) {
    let code = row.exit_code.map_or_else(|| "-".to_owned(), |code| code.to_string());
    let findings: Vec<&str> = row.findings.iter().map(String::as_str).collect();
    println!(
        "{:<7}  {:>4}  {:>4}  {:<7}  {:>7.1}  {:>10}  {:>4.1}  {}",
        row.release,
        row.seed,
        code,
        row.verdict,
        row.seconds,
        row.operations,
        row.provenance.load_average,
        findings.join(", ")
    );
}
