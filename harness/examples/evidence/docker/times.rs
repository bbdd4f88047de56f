//! What the starts, a kill and the end of a cluster in containers take.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use clap::Args;
use stormglass::clock::Clock;
use stormglass::run_dir::RunProcess;
use stormglass::target::docker::{
    DockerCluster, DockerOptions, Engine, Etcd, Owner, Wiring, built_of_release,
};
use stormglass::target::{ClusterOptions, Target as _, Unsupported};
use stormglass_linux::netns::{NetNs, TcpTuning};
use stormglass_linux::tun::DEFAULT_DEVICE;
use stormglass_scenarios::plan::Plan;
use stormglass_scenarios::scenario::catalog_scenario;

use super::measure::RELEASE;
use super::row::TimesRow;
use crate::ran::binary;
use crate::traffic::Cluster;

#[derive(Debug, Args)]
pub(crate) struct InnerArguments {
    /// etcd's binary.
    binary: PathBuf,
    /// Which cluster it is.
    turn: u64,
}

/// Times a cluster in a process of its own, which takes its threads to another network.
pub(super) fn measure_times(program: &Path, turn: u64) -> io::Result<TimesRow> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg("docker-inner").arg(binary(program, RELEASE)?).arg(turn.to_string());
    let output = command.output()?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(io::Error::other(format!("no cluster was timed: {}", said.trim())));
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// Times a cluster, and prints the row.
pub(crate) fn measure_inside(arguments: &InnerArguments) -> io::Result<()> {
    let engine = Arc::new(Engine::connect().map_err(io::Error::other)?);
    let images = built_of_release(&engine, &arguments.binary, RELEASE).map_err(io::Error::other)?;
    // As a run does: no address of this machine is taken.
    NetNs::create(TcpTuning::default())?.enter()?;
    let folder = tempfile::Builder::new().prefix("stormglass-evidence-").tempdir()?;
    let scenario = catalog_scenario("quiet").map_err(io::Error::other)?;
    let plan = Plan::build(&scenario, arguments.turn, RELEASE).map_err(io::Error::other)?;
    let process = RunProcess::here()?;
    let none = || Unsupported::because("no fault is injected");
    let (data, logs) = (folder.path().join("data"), folder.path().join("members"));
    let options = DockerOptions {
        cluster: ClusterOptions::of(&plan, data, logs),
        etcd: Etcd { images, version: RELEASE.to_owned() },
        others: BTreeMap::new(),
        owner: Owner { run: process.name(), harness: serde_json::to_string(&process)? },
        wiring: Wiring::Switch(DEFAULT_DEVICE.into()),
        disks: Err(none()),
        memory: Err(none()),
    };
    let clock = Clock::start();
    let cluster = Arc::new(DockerCluster::prepare(&options, &engine).map_err(io::Error::other)?);
    let prepare_ms = clock.now().0 / 1_000_000;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let timed = runtime.block_on(time(Arc::clone(&cluster), plan, folder.path()));
    let clock = Clock::start();
    cluster.close()?;
    let teardown_ms = clock.now().0 / 1_000_000;
    let row = TimesRow { turn: arguments.turn, prepare_ms, teardown_ms, ..timed? };
    println!("{}", serde_json::to_string(&row)?);
    Ok(())
}

/// What is between the preparation of a cluster and its end.
async fn time(target: Arc<DockerCluster>, plan: Plan, folder: &Path) -> io::Result<TimesRow> {
    let clock = Clock::start();
    let mut last = 0;
    let mut lap = || {
        let now = clock.now().0 / 1_000_000;
        let took = now - last;
        last = now;
        took
    };
    let member = Arc::clone(&target.members()[1]);
    let cluster = Cluster::of(target, plan, folder).await?;
    let serve_ms = lap();
    let killed = Arc::clone(&member);
    let kill = move || killed.kill().map_err(io::Error::other)?.kill();
    tokio::task::spawn_blocking(kill).await.map_err(io::Error::other)??;
    let kill_ms = lap();
    let start = move || member.kill().map_err(io::Error::other)?.start();
    tokio::task::spawn_blocking(start).await.map_err(io::Error::other)??;
    let restart_ms = lap();
    cluster.await_all().await?;
    let serve_again_ms = lap();
    let (turn, prepare_ms, teardown_ms) = (0, 0, 0);
    Ok(TimesRow { turn, prepare_ms, serve_ms, kill_ms, restart_ms, serve_again_ms, teardown_ms })
}
