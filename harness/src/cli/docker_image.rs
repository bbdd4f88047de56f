//! What members in containers run, and where its image comes from.

use stormglass_scenarios::plan::Plan;
use stormglass_scenarios::scenario::Scenario;

use super::containers;
use super::error::CommandError;
use super::prepare::{self, Setting};
use super::release_progress::ReleaseProgress;
use super::run_args::RunArgs;
use crate::releases::{Release, Version, version_answered};
use crate::run_dir::OtherRelease;
use crate::target::docker::{self, Engine, Images, Owner};

/// What the members run.
pub(super) struct Store {
    pub(super) version: Version,
    from: From,
    pub(super) setting: Setting,
}

/// Where the image comes from.
enum From {
    /// The engine has it.
    Engine(Images),
    /// It is built from this.
    Release(Box<Release>),
}

impl Store {
    /// The image that was named, which takes an engine, or a release.
    pub(super) fn choose(
        args: &RunArgs,
        scenario: &Scenario,
        engine: Option<&Engine>,
    ) -> Result<Self, CommandError> {
        match (&args.image, engine) {
            (Some(name), Some(engine)) => Self::in_engine(engine, name),
            (_, _) => Self::of_release(args, scenario),
        }
    }

    fn of_release(args: &RunArgs, scenario: &Scenario) -> Result<Self, CommandError> {
        let mut progress = ReleaseProgress::new(args.progress);
        let (release, setting) = prepare::release(args, scenario, &mut progress)?;
        let version = release.version;
        Ok(Self { version, from: From::Release(Box::new(release)), setting })
    }

    fn in_engine(engine: &Engine, name: &str) -> Result<Self, CommandError> {
        let images = docker::named(engine, name).map_err(CommandError::environment)?;
        let said = docker::version_in(engine, &images, &owner()?);
        let said = said.map_err(CommandError::environment)?;
        let version = version_answered(&said).ok_or_else(|| {
            let said = said.lines().next().unwrap_or_default();
            CommandError::environment(format!(
                "the image `{name}` is not one of etcd: asked for its version, it says `{said}`"
            ))
        })?;
        let setting = ("image".to_owned(), format!("{name} (command line)"));
        Ok(Self { version, from: From::Engine(images), setting })
    }

    /// The images, built if need be. With their tools, where those are wanted.
    pub(super) fn images(&self, engine: &Engine, tools: bool) -> Result<Images, CommandError> {
        match &self.from {
            From::Engine(images) if tools => {
                let tools = docker::tools_in(engine, images, &owner()?);
                let tools = tools.map_err(CommandError::environment)?;
                Ok(Images { tools, ..images.clone() })
            }
            From::Engine(images) => Ok(images.clone()),
            From::Release(release) => {
                let version = release.version.to_string();
                docker::built_of_release(engine, &release.etcd, &version)
                    .map_err(CommandError::environment)
            }
        }
    }

    /// The release that it was built of.
    pub(super) fn release(&self) -> Option<&Release> {
        match &self.from {
            From::Engine(_) => None,
            From::Release(release) => Some(release),
        }
    }
}

/// The releases that the plan's faults change members to, with their images, fetched and built if
/// need be.
pub(super) fn other_releases(
    args: &RunArgs,
    plan: &Plan,
    engine: &Engine,
) -> Result<Vec<OtherRelease>, CommandError> {
    let mut progress = ReleaseProgress::new(args.progress);
    let mut others = prepare::other_releases(args, plan, &mut progress)?;
    drop(progress);
    for other in &mut others {
        let images = docker::built_of_release(engine, &other.binary, &other.version);
        other.images = Some(images.map_err(CommandError::environment)?);
    }
    Ok(others)
}

fn owner() -> Result<Owner, CommandError> {
    containers::owner().map_err(CommandError::environment)
}
