//! The inner process of a run: cluster, clients, recorder, judge, report.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use stormglass_checkers::history::{MemberPreamble, Nanos, Preamble, Revision, SCHEMA};
use stormglass_checkers::verdict::{Judgement, Status};
use stormglass_linux::isolation;
use stormglass_linux::mounts::mount_tmpfs;
use stormglass_scenarios::plan::Plan;
use stormglass_scenarios::scenario::Storage;

use super::args::{Format, InnerArgs};
use super::error::CommandError;
use super::facts;
use super::progress;
use super::summary::{self, Ended};
use crate::clock::{Clock, utc_now};
use crate::exit::ExitCode;
use crate::nemesis::Journal;
use crate::recorder::Recorder;
use crate::run::{Conducted, Interrupts, Judging, conduct, confirm, context};
use crate::run_dir::{ActiveRun, Launch, OtherRelease, RunDir, RunDirError, compress};
use crate::session::{Excuses, Session, Stop};
use crate::target::local::{Binary, LocalCluster, LocalOptions, Wiring};
use crate::target::{TargetError, Unsupported};

/// Room for the members' data in memory; pages are taken only as they are written.
const DATA_BYTES: u64 = 4 << 30;

/// Runs a prepared run directory.
///
/// Without namespaces the members' processes are noted in `register`.
pub(super) fn inner(
    args: &InnerArgs,
    register: Option<Arc<ActiveRun>>,
    format: Format,
) -> Result<ExitCode, CommandError> {
    // Before any thread exists: settling forks.
    let isolated = isolation::is_inner();
    if isolated {
        isolation::settle().map_err(|error| {
            CommandError::environment(format!("the namespaces could not be set up: {error}"))
        })?;
    }
    let dir = RunDir::open(&args.run_dir).map_err(CommandError::usage)?;
    let plan: Plan = RunDir::read(&dir.plan()).map_err(CommandError::usage)?;
    let launch: Launch = RunDir::read(&dir.launch()).map_err(CommandError::usage)?;
    prepare_data(&dir, &plan, isolated)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(CommandError::environment)?;
    let started = utc_now().to_string();
    let run = Run { dir: &dir, plan: &plan, launch: &launch, register, started };
    let outcome = run.carry_out(&runtime, args);
    // Tasks that were abandoned must not hold the process.
    runtime.shutdown_background();
    let (ended, judgement) = outcome?;
    keep_data(&dir, &judgement, isolated);
    run.finish(&ended, &judgement, format)
}

/// The members' data, in memory where the scenario and the namespaces allow it.
fn prepare_data(dir: &RunDir, plan: &Plan, isolated: bool) -> Result<(), CommandError> {
    let data = dir.data();
    std::fs::create_dir_all(&data).map_err(|error| disk(&data, &error))?;
    if isolated && plan.scenario.cluster.storage == Storage::Memory {
        // Refused, the members' data is on disk: slower, nothing else.
        let _ = mount_tmpfs(&data, DATA_BYTES);
    }
    Ok(())
}

/// Keeps the members' data of a run that found something, for whoever looks into it.
fn keep_data(dir: &RunDir, judgement: &Judgement, isolated: bool) {
    if judgement.status == Status::Invalid {
        let _ = facts::copy_data(&dir.data(), &dir.members());
    }
    if !isolated {
        let _ = std::fs::remove_dir_all(dir.data());
    } else if let Ok(entries) = std::fs::read_dir(dir.data()) {
        // A mount point cannot be removed while it is one; what is in it can.
        for entry in entries.flatten() {
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}

fn disk(path: &Path, error: &std::io::Error) -> CommandError {
    CommandError::environment(format!(
        "{} could not be written ({error}): free some space or choose another directory with --out",
        path.display()
    ))
}

/// One run.
struct Run<'a> {
    dir: &'a RunDir,
    plan: &'a Plan,
    launch: &'a Launch,
    register: Option<Arc<ActiveRun>>,
    started: String,
}

impl Run<'_> {
    /// Conducts and judges; what went wrong on the way is told with the verdict.
    fn carry_out(
        &self,
        runtime: &tokio::runtime::Runtime,
        args: &InnerArgs,
    ) -> Result<(Ended, Judgement), CommandError> {
        let clock = Clock::start();
        let preamble = self.preamble();
        let (recorder, events) = Recorder::create(&self.dir.history(), &preamble, clock)
            .map_err(CommandError::environment)?;
        let judging = Judging::start(context(&preamble, Some(self.plan)), events)
            .map_err(CommandError::environment)?;
        let interrupts = runtime.block_on(async { Interrupts::listen() });
        let interrupts = interrupts.map_err(CommandError::environment)?;
        let shown = progress::RunProgress::start(
            args.progress,
            &recorder,
            judging.violated(),
            self.plan.scenario.limits.duration.as_duration(),
        );
        let violated = self.launch.stop_on_violation.then(|| judging.violated());
        let conducted = runtime.block_on(self.conduct(recorder.clone(), &interrupts, violated));
        shown.finish();
        let written = recorder.finish();
        let judged_from = clock.now();
        let mut judgement = judging.finish().map_err(CommandError::bug)?;
        confirm(&self.dir.history(), &preamble, &mut judgement);
        let ended = Ended {
            interrupted: interrupts.exit_code(),
            failure: failure(conducted, written.err().map(|error| error.to_string())),
            duration: clock.now(),
            judging: Nanos(clock.now().0.saturating_sub(judged_from.0)),
        };
        Ok((ended, judgement))
    }

    async fn conduct(
        &self,
        recorder: Recorder,
        interrupts: &Interrupts,
        violated: Option<Arc<AtomicBool>>,
    ) -> Result<Conducted, CommandError> {
        let cluster = LocalCluster::prepare(&self.options()).map_err(|error| match error {
            TargetError::ReservedFlag { .. } => CommandError::usage(error),
            other => CommandError::environment(other),
        })?;
        let session = Session {
            recorder,
            target: Arc::new(cluster),
            deadline: self.plan.scenario.workload.deadline.as_duration(),
            stop: Stop::new(),
            register: self.register.clone(),
            excuses: Excuses::default(),
        };
        let journal = Journal::create(&self.dir.journal()).map_err(CommandError::environment)?;
        Box::pin(conduct(session, self.plan, journal, interrupts, violated))
            .await
            .map_err(CommandError::environment)
    }

    /// Those of the releases that the plan's faults name.
    fn other_binaries(&self) -> BTreeMap<String, Binary> {
        let others = self.launch.other_releases.iter();
        let binary = |other: &OtherRelease| Binary {
            path: other.binary.clone(),
            version: other.version.clone(),
        };
        others.map(|other| (other.requested.clone(), binary(other))).collect()
    }

    fn options(&self) -> LocalOptions {
        let cluster = &self.plan.scenario.cluster;
        let wiring = match (&self.launch.tun_device, &self.launch.network_refused) {
            (Some(device), _) => Wiring::Switch(device.clone()),
            (None, reason) => Wiring::Loopback(Unsupported::because(
                reason.as_deref().unwrap_or("the members are wired by plain loopback"),
            )),
        };
        LocalOptions {
            members: cluster.members,
            binary: Binary {
                path: self.launch.binary.clone(),
                version: self.launch.version.clone(),
            },
            others: self.other_binaries(),
            data_root: self.dir.data(),
            log_root: self.dir.members(),
            heartbeat: cluster.heartbeat.as_duration(),
            election: cluster.election.as_duration(),
            flags: cluster.flags.clone(),
            member_flags: cluster.member.clone(),
            wiring,
            disks: prepared(
                self.launch.fuse_device.as_ref(),
                self.launch.disk_refused.as_ref(),
                "the plan had no fault of disks when the run began",
            ),
            memory: prepared(
                self.launch.memory_groups.as_ref(),
                self.launch.memory_refused.as_ref(),
                "the plan had no fault of memory when the run began",
            ),
            seed: self.plan.seed,
            capture: self.launch.pcap.then(|| self.dir.capture()),
        }
    }

    fn preamble(&self) -> Preamble {
        let member = |number| MemberPreamble {
            name: format!("m{number}"),
            store: "etcd".to_owned(),
            version: self.launch.version.clone(),
        };
        Preamble {
            stormglass_history: SCHEMA,
            scenario: self.plan.scenario.name.clone(),
            seed: self.plan.seed,
            target: "local".to_owned(),
            members: (1..=self.plan.scenario.cluster.members).map(member).collect(),
            prefix: String::new(),
            start_revision: Revision(1),
            exclusive: true,
            started: self.started.clone(),
            written_by: format!("stormglass {}", env!("CARGO_PKG_VERSION")),
        }
    }

    /// Writes verdicts, facts and report, and tells the result.
    fn finish(
        &self,
        ended: &Ended,
        judgement: &Judgement,
        format: Format,
    ) -> Result<ExitCode, CommandError> {
        if ended.failure.is_none() {
            compress(&self.dir.history(), &self.dir.compressed_history())
                .map_err(|error| disk(self.dir.path(), &error))?;
        }
        let code = summary::exit_code(judgement, ended);
        let facts = facts::of_run(self.plan, self.launch, &self.started, ended, code);
        facts::write_all(self.dir, judgement, &facts).map_err(|error: RunDirError| {
            CommandError::environment(format!("{error}: free some space, then `stormglass check`"))
        })?;
        facts::render(self.dir)?;
        summary::tell(self.dir, self.launch, judgement, ended, code, format)
    }
}

/// What the outer process has prepared for a power, or why it has not.
fn prepared(
    path: Option<&PathBuf>,
    refused: Option<&String>,
    otherwise: &str,
) -> Result<PathBuf, Unsupported> {
    let reason = refused.map_or(otherwise, String::as_str);
    path.cloned().ok_or_else(|| Unsupported::because(reason))
}

/// The first thing that went wrong, if anything did.
fn failure(
    conducted: Result<Conducted, CommandError>,
    written: Option<String>,
) -> Option<CommandError> {
    match (written, conducted) {
        (Some(message), _) => Some(CommandError::environment(message)),
        (None, Err(error)) => Some(error),
        (None, Ok(_)) => None,
    }
}
