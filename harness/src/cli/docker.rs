//! `run --target docker`: members in containers, and everything else in this process.

use std::sync::Arc;

use stormglass_scenarios::fault::{self, FaultEntry, Power};
use stormglass_scenarios::plan::Plan;

use super::args::{Format, InnerArgs, IsolationChoice};
use super::containers;
use super::docker_image::{Store, other_releases};
use super::docker_powers::DockerPowers;
use super::error::CommandError;
use super::helper::{self, Again};
use super::inner::{self, Means};
use super::output;
use super::prepare::{self, Setting};
use super::release_progress::ReleaseProgress;
use super::run::{cluster, dir_error, dry_run, needs, register, repeat_command, shown_dir};
use super::run_args::RunArgs;
use crate::clock::utc_now;
use crate::exit::ExitCode;
use crate::run_dir::{Launch, OtherRelease, RunDir, latest};
use crate::target::docker::{Engine, Images};

/// The fault that takes etcd's own tools.
const RESTORE: &str = "restore";
/// Why containers are not entered, where that was asked for.
const SWITCHED_OFF: &str = "--isolation none or STORMGLASS_ISOLATION=none asks for it";
/// Why they are not, where nobody is root.
const NO_HELPER: &str = "this is not root, and no helper container is to be had";

/// How this process comes to its members' containers.
pub(super) enum WayIn {
    /// A helper container has done the whole command, with this end.
    Done(ExitCode),
    /// This process goes on: it may enter them, or not, with the reason.
    Here(Result<(), String>),
}

/// Decides it; `by_helper` does the command again in a helper container.
pub(super) fn way_in(
    isolation: IsolationChoice,
    by_helper: impl FnOnce() -> Result<Again, CommandError>,
) -> Result<WayIn, CommandError> {
    if isolation == IsolationChoice::None {
        return Ok(WayIn::Here(Err(SWITCHED_OFF.to_owned())));
    }
    if !helper::is_wanted() {
        return Ok(WayIn::Here(Ok(())));
    }
    Ok(match by_helper()? {
        Again::Done(code) => WayIn::Done(code),
        Again::Unfit(why) => WayIn::Here(Err(format!("{NO_HELPER} ({why})"))),
    })
}

/// Runs a scenario in containers.
pub(super) fn run(args: &RunArgs, format: Format) -> Result<ExitCode, CommandError> {
    if args.image.is_some() && args.etcd.is_some() {
        let message = "--image brings its own etcd: leave out --etcd and STORMGLASS_ETCD";
        return Err(CommandError::usage(message));
    }
    // A plan enters nothing.
    let isolation = if args.dry_run { IsolationChoice::None } else { args.isolation };
    match way_in(isolation, || by_helper(args))? {
        WayIn::Done(code) => Ok(code),
        WayIn::Here(entering) => run_here(args, entering, format),
    }
}

/// Runs it in this process, which may enter its containers or not.
fn run_here(
    args: &RunArgs,
    entering: Result<(), String>,
    format: Format,
) -> Result<ExitCode, CommandError> {
    let (scenario, mut settings) = prepare::scenario(args)?;
    // What the machine lacks is told before a release is fetched for nothing. The plan of a
    // release needs no engine.
    let planned_only = args.dry_run && args.image.is_none();
    let engine = (!planned_only).then(Engine::connect).transpose();
    let engine = engine.map_err(CommandError::environment)?;
    let powers = engine.as_ref().filter(|_| !args.dry_run);
    let powers =
        powers.map(|engine| DockerPowers::probe(&args.devices.devices(), engine, entering));
    if let Some(reason) = powers.as_ref().and_then(|powers| powers.bridged())
        && args.pcap
    {
        let message = format!("--pcap needs a network of our own, and {reason}");
        return Err(CommandError::environment(message));
    }
    let store = Store::choose(args, &scenario, engine.as_ref())?;
    let (seed, seed_setting) = prepare::seed(args);
    settings.extend([store.setting.clone(), seed_setting]);
    let version = store.version.to_string();
    let plan = Plan::build(&scenario, seed, &version).map_err(CommandError::usage)?;
    let Some((engine, powers)) = engine.zip(powers) else {
        return dry_run(&plan, &settings, format);
    };
    if let Some(reason) = powers.bridged() {
        output::narrate(format_args!("note: {reason}"));
    }
    sweep(&engine)?;
    let tools = plan.faults.iter().any(|fault| fault.kind == RESTORE);
    let images = store.images(&engine, tools)?;
    let others = other_releases(args, &plan, &engine)?;
    tell_notes(&store, &others, &plan, &powers);
    let stamp = utc_now().strftime("%Y%m%dT%H%M%SZ").to_string();
    let dir = RunDir::create(args.out.as_deref(), &plan.scenario.name, seed, &stamp)
        .map_err(|error| dir_error(&error))?;
    let found = Found { store: &store, images, others, powers: &powers, settings };
    let launch = found.launch(args, &plan, &dir);
    RunDir::write(&dir.plan(), &plan).map_err(|error| dir_error(&error))?;
    RunDir::write(&dir.launch(), &launch).map_err(|error| dir_error(&error))?;
    let seconds = plan.scenario.limits.duration.as_duration().as_secs();
    output::narrate(format_args!(
        "{} · {} in containers · seed {seed} · {seconds} s of traffic · {}",
        plan.scenario.name,
        cluster(&plan, &launch),
        launch.shown_dir
    ));
    let active = register(&dir)?;
    let inner_args = InnerArgs::of(args, dir.path());
    let means = Means { engine: Some(Arc::new(engine)), ..Means::default() };
    let outcome = inner::inner(&inner_args, None, means, format);
    drop(active);
    helper::hand_over(dir.path());
    if args.out.is_none() {
        helper::hand_over(&latest());
    }
    outcome
}

/// What can be done as the user is done as the user, so that it is theirs; the rest as root, in
/// a helper container.
fn by_helper(args: &RunArgs) -> Result<Again, CommandError> {
    let engine = Engine::connect().map_err(CommandError::environment)?;
    let (scenario, _) = prepare::scenario(args)?;
    if args.image.is_none() {
        let mut progress = ReleaseProgress::new(args.progress);
        let (release, _) = prepare::release(args, &scenario, &mut progress)?;
        let plan = prepare::plan(&scenario, args.seed.unwrap_or_default(), &release)?;
        prepare::other_releases(args, &plan, &mut progress)?;
    }
    if let (None, Some(runs)) = (&args.out, latest().parent()) {
        std::fs::create_dir_all(runs).map_err(CommandError::environment)?;
    }
    output::narrate(format_args!(
        "note: a helper container does as root what takes root on this machine"
    ));
    helper::again(&engine, vec![args.devices.tun.clone(), args.devices.fuse.clone()])
}

/// Removes what dead runs have left on this target.
fn sweep(engine: &Engine) -> Result<(), CommandError> {
    let mut swept = containers::sweep(engine, false).map_err(CommandError::environment)?;
    containers::sweep_disks(false, &mut swept).map_err(CommandError::environment)?;
    for removed in &swept.removed {
        let names = [&removed.containers[..], &removed.networks].concat().join(", ");
        output::narrate(format_args!("note: removed what a dead run had left: {names}"));
    }
    for place in &swept.unmounted {
        let place = place.display();
        output::narrate(format_args!("note: unmounted the disk of a dead run: {place}"));
    }
    Ok(())
}

/// What stands in for releases, and the plan's faults that cannot be injected, a sentence each.
fn tell_notes(store: &Store, others: &[OtherRelease], plan: &Plan, powers: &DockerPowers) {
    let first = store.release().and_then(|release| release.note.as_ref());
    for note in first.into_iter().chain(others.iter().filter_map(|other| other.note.as_ref())) {
        output::narrate(format_args!("note: {note}"));
    }
    let mut kinds: Vec<&str> = plan.faults.iter().map(|fault| fault.kind.as_str()).collect();
    kinds.sort_unstable();
    kinds.dedup();
    let refusal = |entry: &FaultEntry| {
        let why = powers.grants(entry.power).err()?;
        Some(format!("the fault {} is not tested: {why}", entry.kind))
    };
    for fault in kinds.into_iter().filter_map(fault::fault).filter_map(refusal) {
        output::narrate(format_args!("note: {fault}"));
    }
}

/// What a run is launched with.
struct Found<'a> {
    store: &'a Store,
    images: Images,
    others: Vec<OtherRelease>,
    powers: &'a DockerPowers,
    settings: Vec<Setting>,
}

impl Found<'_> {
    fn launch(self, args: &RunArgs, plan: &Plan, dir: &RunDir) -> Launch {
        let shown = shown_dir(args, dir);
        let release = self.store.release();
        let refused = |power| needs(plan, power).then(|| self.powers.grants(power).err()).flatten();
        let disk_refused = refused(Power::Disk).map(ToOwned::to_owned);
        let disks = needs(plan, Power::Disk) && disk_refused.is_none();
        let memory_refused = refused(Power::Memory).map(ToOwned::to_owned);
        let network_refused = self.powers.bridged().map(ToOwned::to_owned);
        Launch {
            binary: release
                .map_or_else(|| self.images.program.clone().into(), |it| it.etcd.clone()),
            version: self.store.version.to_string(),
            images: Some(self.images),
            external: None,
            release_note: release.and_then(|release| release.note.clone()),
            other_releases: self.others,
            isolated: false,
            tun_device: network_refused.is_none().then(|| args.devices.tun.clone()),
            network_refused,
            fuse_device: disks.then(|| args.devices.fuse.clone()),
            disk_refused,
            memory_groups: None,
            memory_refused,
            stop_on_violation: args.stop_on_violation,
            pcap: args.pcap,
            command: repeat_command(args, plan),
            check_command: format!("stormglass check {shown}"),
            settings: self.settings,
            shown_dir: shown,
        }
    }
}
