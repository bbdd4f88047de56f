//! The processes of the measurement: the first finds the release and runs the program as a
//! whole; another has the cluster, in namespaces of its own, and takes turns.

use std::io;
use std::path::PathBuf;
use std::process::Command;
use std::thread;
use std::time::Duration;

use clap::Args;
use stormglass::releases::{Catalog, InstallOptions, Release, Silent, Store};
use stormglass::run_dir::RunDir;
use stormglass::target::local::Wiring;
use stormglass_checkers::verdict::Status;
use stormglass_scenarios::plan::Plan;
use stormglass_scenarios::scenario::Scenario;

use super::recorded::recorded;
use super::report::{LoadRow, SCENARIO, Slices, Turn, median};
use super::watched::watched;
use super::whole_run::WholeRun;
use crate::Rows;
use crate::launch::run;
use crate::ledger::Ledger;
use crate::provenance::{Code, Provenance, commit};
use crate::ran::tenth;
use crate::traffic::{Cluster, Slice, bare, in_namespaces};

const SEED: u64 = 1;
const SLICE_SECONDS: u64 = 5;
/// Slices of a turn.
const ARMS: u64 = 3;
/// Traffic before the first slice, which warms up connections and caches.
const WARM_UP: Duration = Duration::from_secs(2);
/// A row for CI is short, and its machine is not alone: only a collapse fails it.
const CI_SECONDS: u64 = 20;
const CLAIM_PERCENT: f64 = 90.0;
const CI_CLAIM_PERCENT: f64 = 50.0;
/// Beyond the slices: start, cleaning and judging.
const TURNS_GRACE: Duration = Duration::from_secs(180);
const RESULT: &str = "slices.json";

#[derive(Debug, Args)]
pub(crate) struct LoadArguments {
    /// How much to measure.
    #[arg(long, value_enum, default_value_t)]
    rows: Rows,
    /// Length of the slices together, and of the whole run.
    #[arg(long, default_value_t = 60)]
    seconds: u64,
}

/// The inner process's.
#[derive(Debug, Args)]
pub(crate) struct InnerArguments {
    #[arg(long)]
    binary: PathBuf,
    #[arg(long)]
    release: String,
    #[arg(long)]
    seconds: u64,
    #[arg(long)]
    folder: PathBuf,
}

/// Measures, unless it is measured already; returns whether the claim holds.
pub(crate) fn measure(arguments: &LoadArguments) -> io::Result<bool> {
    let commit = commit(Code::ALL)?;
    let (seconds, claim) = match arguments.rows {
        Rows::All => (arguments.seconds, CLAIM_PERCENT),
        Rows::Ci => (CI_SECONDS.min(arguments.seconds), CI_CLAIM_PERCENT),
    };
    let mut ledger = match arguments.rows {
        Rows::All => Ledger::resume("load", &commit)?,
        Rows::Ci => Ledger::unwritten(),
    };
    let here = |row: &LoadRow| row.seconds == seconds;
    if ledger.find(here).is_none() {
        ledger.add(row(seconds, &commit)?)?;
    }
    let row = ledger.find(here).ok_or_else(|| io::Error::other("the row was not kept"))?;
    for line in row.lines() {
        println!("{line}");
    }
    println!("claimed: at least {claim} %, and every judged history valid");
    Ok(row.holds(claim))
}

fn row(seconds: u64, commit: &str) -> io::Result<LoadRow> {
    let release = release()?;
    let version = release.version.to_string();
    let provenance = Provenance::now(commit);
    let folder = tempfile::Builder::new().prefix("stormglass-load-").tempdir()?;
    let whole_run = WholeRun::measure(&version, Duration::from_secs(seconds), folder.path())?;
    let inner = InnerArguments {
        binary: release.etcd,
        release: version.clone(),
        seconds,
        folder: folder.path().to_owned(),
    };
    take_turns_elsewhere(&inner)?;
    let slices: Slices = RunDir::read(&folder.path().join(RESULT)).map_err(io::Error::other)?;
    let plan = plan(&version)?;
    let of = |value: fn(&Turn) -> f64| tenth(median(slices.turns.iter().map(value)));
    let hundredth =
        |value: fn(&Turn) -> f64| (median(slices.turns.iter().map(value)) * 100.0).round() / 100.0;
    Ok(LoadRow {
        release: version,
        members: plan.scenario.cluster.members,
        clients: plan.scenario.workload.clients,
        seconds,
        stormglass_rate: of(|turn| turn.recorded.rate),
        watched_rate: of(|turn| turn.watched.rate),
        bare_rate: of(|turn| turn.bare.rate),
        ratio_percent: of(|turn| 100.0 * turn.recorded.rate / turn.bare.rate),
        watches_percent: of(|turn| 100.0 * turn.watched.rate / turn.bare.rate),
        harness_cores: hundredth(|turn| turn.recorded.cores),
        bare_cores: hundredth(|turn| turn.bare.cores),
        machine_cores: machine_cores(),
        slices,
        whole_run,
        provenance,
    })
}

fn machine_cores() -> u32 {
    let cores = thread::available_parallelism().map_or(1, std::num::NonZero::get);
    u32::try_from(cores).unwrap_or(u32::MAX)
}

/// A release without the bugs that a load provokes.
pub(crate) fn release() -> io::Result<Release> {
    let version = Catalog::with(&[13766, 14685, 18089], &[])
        .ok_or_else(|| io::Error::other("the catalogue has no such release"))?;
    let request = version.to_string().parse().map_err(io::Error::other)?;
    let store = Store::open(None).map_err(io::Error::other)?;
    let mut silent = Silent;
    store
        .install(&request, InstallOptions::from_environment(false, &mut silent))
        .map_err(io::Error::other)
}

/// Has the turns taken by a process of its own, which enters namespaces where the kernel
/// allows it: their mounts end with it, so that the folder can be removed here.
fn take_turns_elsewhere(inner: &InnerArguments) -> io::Result<()> {
    let limit = Duration::from_secs(inner.seconds) + TURNS_GRACE;
    if run(&mut inner_command(inner)?, limit)?.code == Some(0) {
        return Ok(());
    }
    Err(io::Error::other("the slices could not be measured"))
}

fn inner_command(inner: &InnerArguments) -> io::Result<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg("load-inner").arg("--binary").arg(&inner.binary);
    command.args(["--release", &inner.release, "--seconds", &inner.seconds.to_string()]);
    command.arg("--folder").arg(&inner.folder);
    Ok(command)
}

/// The process that takes turns, or the one around its namespaces.
pub(crate) fn measure_inside(arguments: &InnerArguments) -> io::Result<()> {
    let again = inner_command(arguments)?;
    in_namespaces(again, &arguments.folder, RESULT, |wiring| take_turns(arguments, wiring))
}

async fn take_turns(arguments: &InnerArguments, wiring: Wiring) -> io::Result<Slices> {
    let plan = plan(&arguments.release)?;
    let kind = match wiring {
        Wiring::Switch(_) => "switch",
        Wiring::Loopback(_) => "loopback",
    };
    let cluster = Cluster::start(plan, &arguments.binary, &arguments.folder, wiring).await?;
    bare(&cluster, WARM_UP).await?;
    let mut slices =
        Slices { wiring: kind.to_owned(), turns: Vec::new(), judge_lag_seconds: 0.0, invalid: 0 };
    for number in 0..(arguments.seconds / SLICE_SECONDS / ARMS).max(1) {
        let turn = take_turn(&cluster, number, &mut slices).await?;
        slices.turns.push(turn);
    }
    Ok(slices)
}

/// Each arm once, every other time the other way round, so that a drift favours none.
async fn take_turn(cluster: &Cluster, number: u64, slices: &mut Slices) -> io::Result<Turn> {
    let length = Duration::from_secs(SLICE_SECONDS);
    let before = if number % 2 == 1 { Some(bare_slice(cluster, length).await?) } else { None };
    let start = cluster.clean().await?;
    let recorded = recorded(cluster, &format!("slice-{number}"), start, length).await?;
    let start = cluster.clean().await?;
    let watched = watched(cluster, start, length).await?;
    let bare = match before {
        Some(bare) => bare,
        None => bare_slice(cluster, length).await?,
    };
    slices.invalid += u32::from(recorded.status == Status::Invalid);
    let lag = recorded.judge_lag.as_secs_f64();
    slices.judge_lag_seconds = slices.judge_lag_seconds.max(lag);
    Ok(Turn { recorded: recorded.slice, watched, bare })
}

async fn bare_slice(cluster: &Cluster, length: Duration) -> io::Result<Slice> {
    cluster.clean().await?;
    Ok(bare(cluster, length).await?.0)
}

fn plan(release: &str) -> io::Result<Plan> {
    let scenario = Scenario::parse(SCENARIO, "load.toml").map_err(io::Error::other)?;
    Plan::build(&scenario, SEED, release).map_err(io::Error::other)
}
