//! The inner process of a run: cluster, clients, recorder, judge, report.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use stormglass_checkers::history::{MemberPreamble, Nanos, Preamble, Revision, SCHEMA};
use stormglass_checkers::verdict::{Judgement, Status};
use stormglass_linux::isolation;
use stormglass_linux::mounts::mount_tmpfs;
use stormglass_linux::netns::{NetNs, TcpTuning};
use stormglass_scenarios::plan::Plan;
use stormglass_scenarios::scenario::Storage;
use stormglass_scenarios::workload::keys_below;

use super::args::{Format, InnerArgs};
use super::cluster::Cluster;
use super::error::CommandError;
use super::facts;
use super::pipeline;
use super::progress;
use super::run::cluster;
use super::summary::{self, Ended};
use crate::client::Access;
use crate::clock::{Clock, utc_now};
use crate::exit::ExitCode;
use crate::nemesis::Journal;
use crate::recorder::Recorder;
use crate::run::{Conducted, Interrupts, Judging, conduct, confirm, context};
use crate::run_dir::{ActiveRun, Launch, RunDir, RunDirError, compress};
use crate::session::{Excuses, Session, Stop};
use crate::target::TargetError;
use crate::target::docker::Engine;

/// Room for the members' data in memory; pages are taken only as they are written.
const DATA_BYTES: u64 = 4 << 30;

/// What a run needs that no file of its holds.
#[derive(Default)]
pub(super) struct Means {
    /// The engine, where the members are in its containers.
    pub(super) engine: Option<Arc<Engine>>,
    /// How to be let in by a cluster that runs already: what is secret of it is in no file.
    pub(super) access: Access,
}

/// Runs a prepared run directory.
///
/// Without namespaces the members' processes are noted in `register`.
pub(super) fn inner(
    args: &InnerArgs,
    register: Option<Arc<ActiveRun>>,
    means: Means,
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
    let Means { engine, access } = means;
    if engine.is_some() && launch.network_refused.is_none() {
        leave_the_network()?;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(CommandError::environment)?;
    let started = utc_now().to_string();
    let run = Run { dir: &dir, plan: &plan, launch: &launch, engine, register, access, started };
    let outcome = run.carry_out(&runtime, args);
    // Tasks that were abandoned must not hold the process.
    runtime.shutdown_background();
    let (ended, judgement) = outcome?;
    keep_data(&dir, &judgement, isolated);
    let code = run.finish(&ended, &judgement, format)?;
    pipeline::tell(args.ci, &dir, &launch, &judgement, code);
    Ok(code)
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

/// Clients of containers have a network of their own, where no address is taken; the engine's
/// threads stay in the machine's. To be called before the threads of the clients exist.
fn leave_the_network() -> Result<(), CommandError> {
    let network = NetNs::create(TcpTuning::default()).and_then(|network| network.enter());
    network.map_err(|error| {
        CommandError::environment(format!("the clients' network could not be made: {error}"))
    })
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
    /// Where the members are in containers.
    engine: Option<Arc<Engine>>,
    register: Option<Arc<ActiveRun>>,
    access: Access,
    started: String,
}

impl Run<'_> {
    /// What a display names it by.
    fn title(&self) -> String {
        let (plan, launch) = (self.plan, self.launch);
        format!("{}  {}  seed {}", plan.scenario.name, cluster(plan, launch), plan.seed)
    }

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
            (self.title(), self.plan.scenario.limits.duration.as_duration()),
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
        let engine = self.engine.as_ref();
        let cluster = Cluster::prepare(self.plan, self.launch, self.dir, engine, &self.access);
        let cluster = cluster.map_err(|error| match error {
            TargetError::ReservedFlag { .. } => CommandError::usage(error),
            other => CommandError::environment(other),
        })?;
        let session = Session {
            recorder,
            target: cluster.target(),
            keys: keys_below(&self.plan.prefix),
            deadline: self.plan.scenario.workload.deadline.as_duration(),
            stop: Stop::new(),
            register: self.register.clone(),
            excuses: Excuses::default(),
        };
        let conducted = match Journal::create(&self.dir.journal()) {
            Ok(journal) => Box::pin(conduct(session, self.plan, journal, interrupts, violated))
                .await
                .map_err(CommandError::environment),
            Err(error) => Err(CommandError::environment(error)),
        };
        let closed = cluster.close().map_err(|error| {
            CommandError::environment(format!("{error}; `stormglass cleanup` tries again"))
        });
        // Why a run failed is told before what it left.
        conducted.and_then(|conducted| closed.map(|()| conducted))
    }

    fn preamble(&self) -> Preamble {
        let external = self.launch.external.as_ref();
        let version = |number: u16| {
            let found = external.and_then(|it| it.members.get(usize::from(number - 1)));
            found.map_or(&self.launch.version, |member| &member.version).clone()
        };
        let member = |number| MemberPreamble {
            name: format!("m{number}"),
            store: "etcd".to_owned(),
            version: version(number),
        };
        let target = match (&self.engine, external) {
            (_, Some(_)) => "external",
            (Some(_), None) => "docker",
            (None, None) => "local",
        };
        Preamble {
            stormglass_history: SCHEMA,
            scenario: self.plan.scenario.name.clone(),
            seed: self.plan.seed,
            target: target.to_owned(),
            members: (1..=self.plan.scenario.cluster.members).map(member).collect(),
            prefix: self.plan.prefix.clone(),
            start_revision: external.map_or(Revision(1), |it| it.start_revision),
            exclusive: self.plan.prefix.is_empty(),
            revisions: external.is_none_or(|it| it.revisions),
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
