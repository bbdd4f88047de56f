//! Two clusters that are alike but for their wires, and the turns that they take.

use std::fs;
use std::io;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use clap::Args;
use stormglass::run_dir::RunDir;
use stormglass::target::Unsupported;
use stormglass::target::local::Wiring;
use stormglass_scenarios::plan::Plan;
use stormglass_scenarios::scenario::Scenario;

use super::report::{CLAIM_MILLISECONDS, CLAIM_PERCENT, Pair, Side, SwitchRow};
use crate::Rows;
use crate::launch::run;
use crate::ledger::Ledger;
use crate::load::{SCENARIO, median, release};
use crate::provenance::{Code, Provenance, commit};
use crate::ran::tenth;
use crate::traffic::{Cluster, bare, in_namespaces};

const SEED: u64 = 1;
/// Each in a closed loop: one for the time of an operation, several for throughput.
const CLIENTS: [usize; 3] = [1, 16, 64];
const CI_CLIENTS: [usize; 1] = [16];
const PAIRS: usize = 5;
const CI_PAIRS: usize = 1;
const SECONDS: u64 = 6;
const CI_SECONDS: u64 = 3;
/// A row for CI is short, and its machine is not alone: only a collapse fails it.
const CI_CLAIM_PERCENT: f64 = 40.0;
/// Traffic before the first pair, which warms up connections and caches.
const WARM_UP: Duration = Duration::from_secs(2);
/// Beyond the pairs: starting two clusters, and cleaning them.
const GRACE: Duration = Duration::from_secs(180);
const RESULT: &str = "pairs.json";

#[derive(Debug, Args)]
pub(crate) struct SwitchArguments {
    /// How much to measure.
    #[arg(long, value_enum, default_value_t)]
    rows: Rows,
}

/// The inner process's.
#[derive(Debug, Args)]
pub(crate) struct InnerArguments {
    #[arg(long)]
    binary: PathBuf,
    #[arg(long)]
    release: String,
    #[arg(long)]
    clients: usize,
    #[arg(long)]
    pairs: usize,
    #[arg(long)]
    seconds: u64,
    #[arg(long)]
    folder: PathBuf,
}

/// Measures what is not measured yet; returns whether everything is as claimed.
pub(crate) fn measure(arguments: &SwitchArguments) -> io::Result<bool> {
    let commit = commit(Code::ALL)?;
    let all = arguments.rows == Rows::All;
    let (clients, percent): (&[usize], f64) =
        if all { (&CLIENTS, CLAIM_PERCENT) } else { (&CI_CLIENTS, CI_CLAIM_PERCENT) };
    let mut ledger = if all { Ledger::resume("switch", &commit)? } else { Ledger::unwritten() };
    let mut holds = true;
    for many in clients {
        let here = |row: &SwitchRow| row.clients == *many;
        if ledger.find(here).is_none() {
            ledger.add(row(*many, arguments.rows, &commit)?)?;
        }
        let row = ledger.find(here).ok_or_else(|| io::Error::other("the row was not kept"))?;
        row.lines().iter().for_each(|line| println!("{line}"));
        holds &= row.holds(percent, CLAIM_MILLISECONDS);
    }
    println!(
        "claimed: at least {percent} % of loopback's throughput, and for one client at most \
         {CLAIM_MILLISECONDS} ms more"
    );
    Ok(holds)
}

fn row(clients: usize, rows: Rows, commit: &str) -> io::Result<SwitchRow> {
    let release = release()?;
    let version = release.version.to_string();
    let provenance = Provenance::now(commit);
    let folder = tempfile::Builder::new().prefix("stormglass-switch-").tempdir()?;
    let (pairs, seconds) =
        if rows == Rows::All { (PAIRS, SECONDS) } else { (CI_PAIRS, CI_SECONDS) };
    let inner = InnerArguments {
        binary: release.etcd,
        release: version.clone(),
        clients,
        pairs,
        seconds,
        folder: folder.path().to_owned(),
    };
    // A process of its own enters the namespaces: their mounts end with it, so that the
    // folder can be removed here.
    let length = Duration::from_secs(2 * seconds) * u32::try_from(pairs).unwrap_or(u32::MAX);
    if run(&mut inner_command(&inner)?, length + GRACE)?.code != Some(0) {
        return Err(io::Error::other("the pairs could not be measured"));
    }
    let pairs: Vec<Pair> = RunDir::read(&folder.path().join(RESULT)).map_err(io::Error::other)?;
    let of = |value: fn(&Pair) -> f64| median(pairs.iter().map(value));
    let ratio_percent = tenth(of(|pair| 100.0 * pair.switch.rate / pair.loopback.rate));
    let added_ms = of(|pair| pair.switch.median_ms - pair.loopback.median_ms);
    let added_ms = (added_ms * 100.0).round() / 100.0;
    Ok(SwitchRow { release: version, clients, seconds, pairs, ratio_percent, added_ms, provenance })
}

fn inner_command(inner: &InnerArguments) -> io::Result<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg("switch-inner").arg("--binary").arg(&inner.binary);
    command.args(["--release", &inner.release, "--clients", &inner.clients.to_string()]);
    command.args(["--pairs", &inner.pairs.to_string()]);
    command.args(["--seconds", &inner.seconds.to_string()]);
    command.arg("--folder").arg(&inner.folder);
    Ok(command)
}

/// The process that has both clusters, or the one around its namespaces.
pub(crate) fn measure_inside(arguments: &InnerArguments) -> io::Result<()> {
    let again = inner_command(arguments)?;
    in_namespaces(again, &arguments.folder, RESULT, |wiring| take_turns(arguments, wiring))
}

async fn take_turns(arguments: &InnerArguments, wiring: Wiring) -> io::Result<Vec<Pair>> {
    if let Wiring::Loopback(reason) = &wiring {
        return Err(io::Error::other(format!("there is no switch here: {reason}")));
    }
    let plan = plan(&arguments.release, arguments.clients)?;
    let loopback = Wiring::Loopback(Unsupported::because("it is what is compared with"));
    let switched = start(arguments, &plan, "data/switch", wiring).await?;
    let plain = start(arguments, &plan, "data/loopback", loopback).await?;
    for cluster in [&switched, &plain] {
        bare(cluster, WARM_UP).await?;
    }
    let mut pairs = Vec::new();
    for number in 0..arguments.pairs {
        // Every other time the other way round, so that a drift favours none.
        let length = Duration::from_secs(arguments.seconds);
        let before = if number % 2 == 1 { Some(side(&plain, length).await?) } else { None };
        let switch = side(&switched, length).await?;
        let loopback = match before {
            Some(loopback) => loopback,
            None => side(&plain, length).await?,
        };
        pairs.push(Pair { switch, loopback });
    }
    Ok(pairs)
}

async fn start(
    arguments: &InnerArguments,
    plan: &Plan,
    folder: &str,
    wiring: Wiring,
) -> io::Result<Cluster> {
    let folder = arguments.folder.join(folder);
    fs::create_dir_all(&folder)?;
    Cluster::start(plan.clone(), &arguments.binary, &folder, wiring).await
}

async fn side(cluster: &Cluster, length: Duration) -> io::Result<Side> {
    cluster.clean().await?;
    let (slice, times) = bare(cluster, length).await?;
    let median = median(times.iter().map(Duration::as_secs_f64));
    Ok(Side { rate: tenth(slice.rate), median_ms: (median * 1e5).round() / 100.0 })
}

fn plan(release: &str, clients: usize) -> io::Result<Plan> {
    let text = SCENARIO.replace("clients = 20", &format!("clients = {clients}"));
    let scenario = Scenario::parse(&text, "load.toml").map_err(io::Error::other)?;
    Plan::build(&scenario, SEED, release).map_err(io::Error::other)
}
