//! `run`: the outer process. It decides everything, and then only waits.

use std::process::Command;
use std::sync::Arc;

use serde::Serialize;
use stormglass_linux::isolation;
use stormglass_linux::memory::Groups;
use stormglass_scenarios::fault::{self, Power};
use stormglass_scenarios::plan::{Plan, PlannedFault};

use super::args::{Format, InnerArgs, IsolationChoice, TargetKind, value_name};
use super::docker;
use super::error::CommandError;
use super::external;
use super::inner::{self, Means};
use super::output;
use super::powers::LocalPowers;
use super::prepare;
use super::release_progress::ReleaseProgress;
use super::run_args::RunArgs;
use super::simulated;
use crate::clock::utc_now;
use crate::exit::ExitCode;
use crate::run_dir::{ActiveRun, Launch, RunDir, RunDirError};

/// Runs a scenario.
pub(super) fn run(args: &RunArgs, format: Format) -> Result<ExitCode, CommandError> {
    if args.ends_with_parent {
        isolation::die_with_parent().map_err(CommandError::environment)?;
    }
    if args.target == TargetKind::Simulated {
        return simulated::run(args, format);
    }
    if let (Some(_), true) = (&args.image, args.target != TargetKind::Docker) {
        return Err(CommandError::usage("--image is for containers: add `--target docker`"));
    }
    args.connection.must_be_wanted(args.target).map_err(CommandError::usage)?;
    if args.bug.is_some() {
        let message = "--bug is for the simulated store: add `--target simulated`";
        return Err(CommandError::usage(message));
    }
    if args.target == TargetKind::Docker {
        return docker::run(args, format);
    }
    if args.target == TargetKind::External {
        return external::run(args, format);
    }
    let (scenario, mut settings) = prepare::scenario(args)?;
    let mut progress = ReleaseProgress::new(args.progress);
    let (release, etcd_setting) = prepare::release(args, &scenario, &mut progress)?;
    drop(progress);
    let (seed, seed_setting) = prepare::seed(args);
    settings.extend([etcd_setting, seed_setting]);
    let plan = prepare::plan(&scenario, seed, &release)?;
    if args.dry_run {
        return dry_run(&plan, &settings, format);
    }
    let mut progress = ReleaseProgress::new(args.progress);
    let other_releases = prepare::other_releases(args, &plan, &mut progress)?;
    drop(progress);
    let others = other_releases.iter().filter_map(|other| other.note.as_ref());
    for note in release.note.iter().chain(others) {
        output::narrate(format_args!("note: {note}"));
    }
    let powers = LocalPowers::probe(args.isolation, &args.devices.devices());
    let isolated = powers.isolated();
    let refused = powers.grants(Power::Network).err().map(ToOwned::to_owned);
    let needs_disks = needs(&plan, Power::Disk);
    let disk = if needs_disks { powers.grants(Power::Disk) } else { Ok(()) };
    let disk_refused = disk.err().map(ToOwned::to_owned);
    let memory = memory_groups(&plan, &powers);
    let memory_refused = memory.as_ref().err().cloned();
    let memory = memory.ok().flatten();
    if let (true, Some(reason)) = (args.pcap, &refused) {
        let message = format!("--pcap needs a network of our own, and {reason}");
        return Err(CommandError::environment(message));
    }
    let stamp = utc_now().strftime("%Y%m%dT%H%M%SZ").to_string();
    let dir = RunDir::create(args.out.as_deref(), &plan.scenario.name, seed, &stamp)
        .map_err(|error| dir_error(&error))?;
    let shown = shown_dir(args, &dir);
    let launch = Launch {
        binary: release.etcd.clone(),
        version: release.version.to_string(),
        images: None,
        external: None,
        release_note: release.note.clone(),
        other_releases,
        isolated,
        tun_device: refused.is_none().then(|| args.devices.tun.clone()),
        network_refused: refused,
        fuse_device: (needs_disks && disk_refused.is_none()).then(|| args.devices.fuse.clone()),
        disk_refused,
        memory_groups: memory.as_ref().map(|groups| groups.folder().to_owned()),
        memory_refused,
        stop_on_violation: args.stop_on_violation,
        pcap: args.pcap,
        command: repeat_command(args, &plan),
        check_command: format!("stormglass check {shown}"),
        settings,
        shown_dir: shown,
    };
    RunDir::write(&dir.plan(), &plan).map_err(|error| dir_error(&error))?;
    RunDir::write(&dir.launch(), &launch).map_err(|error| dir_error(&error))?;
    let seconds = plan.scenario.limits.duration.as_duration().as_secs();
    output::narrate(format_args!(
        "{} · {} · seed {seed} · {seconds} s of traffic · {}",
        plan.scenario.name,
        cluster(&plan, &launch),
        launch.shown_dir
    ));
    start_inner(args, &dir, &launch, format)
}

/// How many members of which releases.
pub(super) fn cluster(plan: &Plan, launch: &Launch) -> String {
    let first = format!("etcd {} × {}", launch.version, plan.scenario.cluster.members);
    let others: Vec<&str> =
        launch.other_releases.iter().map(|other| other.version.as_str()).collect();
    if others.is_empty() { first } else { format!("{first}, then {}", others.join(", ")) }
}

/// Whether a fault of the plan needs a power that makes members slower, or takes preparation.
pub(super) fn needs(plan: &Plan, power: Power) -> bool {
    let needs =
        |fault: &PlannedFault| fault::fault(&fault.kind).is_some_and(|entry| entry.power == power);
    plan.faults.iter().any(needs)
}

/// Control groups for the members, where the plan limits their memory. They are this process's,
/// which outlives the others: in the end it removes them.
fn memory_groups(plan: &Plan, powers: &LocalPowers) -> Result<Option<Groups>, String> {
    if !needs(plan, Power::Memory) {
        return Ok(None);
    }
    powers.grants(Power::Memory).map_err(ToOwned::to_owned)?;
    let name = format!("stormglass-{}", std::process::id());
    Groups::make(&name).map(Some).map_err(|error| error.to_string())
}

/// Registers the run, so that `cleanup` finds it if this process is killed.
pub(super) fn register(dir: &RunDir) -> Result<ActiveRun, CommandError> {
    ActiveRun::register(dir.path()).map_err(|error| {
        CommandError::environment(format!("the run could not be registered: {error}"))
    })
}

/// Re-executes this program as the inner process, in namespaces of its own where they
/// are to be had, and waits for it.
fn start_inner(
    args: &RunArgs,
    dir: &RunDir,
    launch: &Launch,
    format: Format,
) -> Result<ExitCode, CommandError> {
    let active = register(dir)?;
    let inner_args = InnerArgs::of(args, dir.path());
    if !launch.isolated {
        // Without namespaces there is nothing to wait outside of.
        return inner::inner(&inner_args, Some(Arc::new(active)), Means::default(), format);
    }
    let program = std::env::current_exe().map_err(CommandError::environment)?;
    let mut command = Command::new(program);
    command.arg("inner").arg(dir.path());
    command.arg("--progress").arg(value_name(&args.progress));
    command.arg("--ci").arg(value_name(&args.ci));
    if format == Format::Json {
        command.args(["--format", "json"]);
    }
    let isolation = isolation::enter().map_err(CommandError::environment)?;
    let inner = isolation.spawn_inner(command).map_err(CommandError::environment)?;
    let status = isolation::supervise(inner).map_err(CommandError::environment)?;
    drop(active);
    exit_code(status)
}

/// The inner process has said everything; its number is ours.
fn exit_code(status: std::process::ExitStatus) -> Result<ExitCode, CommandError> {
    status.code().and_then(ExitCode::of_number).ok_or_else(|| {
        CommandError::bug(format!(
            "the run's process ended with {status}; what it recorded can be judged with \
             `stormglass check` on the run directory"
        ))
    })
}

#[derive(Serialize)]
struct DryRun<'a> {
    settings: &'a [(String, String)],
    plan: &'a Plan,
}

pub(super) fn dry_run(
    plan: &Plan,
    settings: &[(String, String)],
    format: Format,
) -> Result<ExitCode, CommandError> {
    if format == Format::Json {
        return output::json(&DryRun { settings, plan });
    }
    let mut lines = vec!["settings".to_owned()];
    lines.extend(settings.iter().map(|(name, value)| format!("  {name} = {value}")));
    lines.push("plan".to_owned());
    let plan = serde_json::to_string_pretty(plan).map_err(CommandError::bug)?;
    lines.push(plan);
    output::lines(&lines)
}

pub(super) fn dir_error(error: &RunDirError) -> CommandError {
    match error {
        RunDirError::NotEmpty { .. } => CommandError::usage(error),
        _ => CommandError::environment(format!(
            "the run directory could not be written: {error}; free some space or choose another \
             with --out"
        )),
    }
}

/// As the user would name it: relative where it was.
pub(super) fn shown_dir(args: &RunArgs, dir: &RunDir) -> String {
    match (&args.out, dir.path().file_name()) {
        (Some(out), _) => out.display().to_string(),
        (None, Some(name)) => format!("runs/{}", name.to_string_lossy()),
        (None, None) => dir.path().display().to_string(),
    }
}

/// The command that runs the same plan again.
pub(super) fn repeat_command(args: &RunArgs, plan: &Plan) -> String {
    let store = match (&args.target, &args.image) {
        (TargetKind::External, _) => args.connection.shown(),
        (_, Some(image)) => format!("--image {image}"),
        (_, None) => format!("--etcd {}", args.etcd.as_ref().unwrap_or(&plan.release)),
    };
    let scenario = prepare::scenario_name(args);
    let mut command = format!("stormglass run {scenario} {store} --seed {}", plan.seed);
    match args.target {
        TargetKind::Docker => command.push_str(" --target docker"),
        TargetKind::External => command.push_str(" --target external"),
        TargetKind::Local | TargetKind::Simulated => {}
    }
    if args.isolation == IsolationChoice::None {
        command.push_str(" --isolation none");
    }
    if let Some(duration) = &args.duration {
        command = format!("{command} --duration {duration}");
    }
    if args.stop_on_violation {
        command.push_str(" --stop-on-violation");
    }
    if args.pcap {
        command.push_str(" --pcap");
    }
    for assignment in &args.set {
        command = format!("{command} --set '{assignment}'");
    }
    command
}
