//! Before a run: scenario, settings, release, plan. No thread exists yet.

use std::path::Path;

use stormglass_scenarios::plan::Plan;
use stormglass_scenarios::scenario::{Scenario, catalog, catalog_scenario};

use super::args::TargetKind;
use super::error::CommandError;
use super::run_args::RunArgs;
use crate::clock::fresh_seed;
use crate::releases::{InstallOptions, Progress, Release, Store, VersionRequest};
use crate::run_dir::OtherRelease;

/// The release that runs when nobody names one: the newest that every place still has.
const DEFAULT_RELEASE: &str = "3.5.16";

/// A setting of the run, its value and where it came from.
pub(super) type Setting = (String, String);

/// The scenario with every setting applied, and the settings that were.
pub(super) fn scenario(args: &RunArgs) -> Result<(Scenario, Vec<Setting>), CommandError> {
    let mut settings = Vec::new();
    let (mut scenario, origin) = load(scenario_name(args))?;
    settings.push(("scenario".to_owned(), origin));
    let mut assignments = args.set.clone();
    if let Some(duration) = &args.duration {
        assignments.push(format!("limits.duration={duration}"));
    }
    for assignment in &assignments {
        let Some((key, value)) = assignment.split_once('=') else {
            let message = format!("`--set {assignment}` lacks a value: write KEY=VALUE");
            return Err(CommandError::usage(message));
        };
        scenario.set(key.trim(), value.trim()).map_err(CommandError::usage)?;
        settings.push((key.trim().to_owned(), format!("{} (command line)", value.trim())));
    }
    Ok((scenario, settings))
}

/// The scenario that was asked for, or the target's own.
pub(super) fn scenario_name(args: &RunArgs) -> &str {
    match (&args.scenario, args.target) {
        (Some(name), _) => name,
        (None, TargetKind::External) => "shared",
        (None, _) => "demo",
    }
}

fn load(name: &str) -> Result<(Scenario, String), CommandError> {
    if catalog().iter().any(|entry| entry.name == name) {
        let scenario = catalog_scenario(name).map_err(CommandError::bug)?;
        return Ok((scenario, format!("{name} (catalogue)")));
    }
    if !Path::new(name).is_file() {
        let known: Vec<_> = catalog().iter().map(|entry| entry.name).collect();
        let message = format!(
            "there is no scenario `{name}`: name one of the catalogue ({}) or a TOML file",
            known.join(", ")
        );
        return Err(CommandError::usage(message));
    }
    let text = std::fs::read_to_string(name)
        .map_err(|error| CommandError::usage(format!("{name}: {error}")))?;
    let scenario = Scenario::parse(&text, name).map_err(CommandError::usage)?;
    Ok((scenario, format!("{name} (file)")))
}

/// The release to run, fetched if need be, and where the choice came from.
pub(super) fn release(
    args: &RunArgs,
    scenario: &Scenario,
    progress: &mut dyn Progress,
) -> Result<(Release, Setting), CommandError> {
    let (wanted, origin) = match (&args.etcd, &scenario.cluster.etcd) {
        (Some(etcd), _) => (etcd.clone(), "command line or STORMGLASS_ETCD"),
        (None, Some(etcd)) => (etcd.clone(), "scenario"),
        (None, None) => (DEFAULT_RELEASE.to_owned(), "default"),
    };
    let release = install(&wanted, args.offline, progress)?;
    Ok((release, ("etcd".to_owned(), format!("{wanted} ({origin})"))))
}

/// A release by its version or path, fetched if need be.
pub(super) fn install(
    wanted: &str,
    offline: bool,
    progress: &mut dyn Progress,
) -> Result<Release, CommandError> {
    let request: VersionRequest = wanted.parse().map_err(CommandError::usage)?;
    let store = Store::open(None).map_err(CommandError::environment)?;
    let options = InstallOptions::from_environment(offline, progress);
    store.install(&request, options).map_err(CommandError::environment)
}

/// The releases that the plan's faults change members to, fetched if need be: nothing can be
/// fetched once the run is in its namespaces.
pub(super) fn other_releases(
    args: &RunArgs,
    plan: &Plan,
    progress: &mut dyn Progress,
) -> Result<Vec<OtherRelease>, CommandError> {
    let mut others = Vec::new();
    for requested in plan.other_releases() {
        let Release { version, etcd, note, .. } = install(&requested, args.offline, progress)?;
        let version = version.to_string();
        others.push(OtherRelease { requested, version, binary: etcd, images: None, note });
    }
    Ok(others)
}

/// The release that a simulated store plays, which decides what the plan avoids, and where
/// the choice came from.
pub(super) fn simulated_release(args: &RunArgs, scenario: &Scenario) -> (String, Setting) {
    let (wanted, origin) = match (&args.etcd, &scenario.cluster.etcd) {
        (Some(etcd), _) => (etcd.as_str(), "command line or STORMGLASS_ETCD"),
        (None, Some(etcd)) => (etcd.as_str(), "scenario"),
        (None, None) => (DEFAULT_RELEASE, "default"),
    };
    let release = wanted.trim_start_matches('v').to_owned();
    (release, ("etcd".to_owned(), format!("{wanted} ({origin}), played by the simulated store")))
}

/// The seed, and where it came from.
pub(super) fn seed(args: &RunArgs) -> (u64, Setting) {
    let (seed, origin) = match args.seed {
        Some(seed) => (seed, "command line"),
        None => (fresh_seed(), "drawn"),
    };
    (seed, ("seed".to_owned(), format!("{seed} ({origin})")))
}

/// The plan.
pub(super) fn plan(
    scenario: &Scenario,
    seed: u64,
    release: &Release,
) -> Result<Plan, CommandError> {
    Plan::build(scenario, seed, &release.version.to_string()).map_err(CommandError::usage)
}
