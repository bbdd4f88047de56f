//! `etcd image`: an image of a release, on the container engine of this machine.

use serde::Serialize;

use super::args::{Format, ProgressStyle};
use super::error::CommandError;
use super::output;
use super::prepare;
use super::release_progress::ReleaseProgress;
use crate::exit::ExitCode;
use crate::releases::VersionRequest;
use crate::target::docker::{self, Engine};

#[derive(Serialize)]
struct Built<'a> {
    version: String,
    image: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    tag: Option<&'a str>,
}

/// Builds the image, or finds it built, and gives it a name of the user's.
pub(super) fn image(
    release: &str,
    tag: Option<&str>,
    offline: bool,
    format: Format,
) -> Result<ExitCode, CommandError> {
    // Wrong words are told whether or not there is an engine.
    let _: VersionRequest = release.parse().map_err(CommandError::usage)?;
    // What the machine lacks is told before a release is fetched for nothing.
    let engine = Engine::connect().map_err(CommandError::environment)?;
    let mut progress = ReleaseProgress::new(ProgressStyle::Auto);
    let release = prepare::install(release, offline, &mut progress)?;
    drop(progress);
    if let Some(note) = &release.note {
        output::narrate(format_args!("note: {note}"));
    }
    let version = release.version.to_string();
    let images = docker::built_of_release(&engine, &release.etcd, &version)
        .map_err(CommandError::environment)?;
    if let Some(tag) = tag {
        docker::tag(&engine, &images, tag).map_err(CommandError::environment)?;
    }
    let name = images.name;
    match (format, tag) {
        (Format::Json, _) => output::json(&Built { version, image: &name, tag }),
        (Format::Human, None) => output::lines(&[format!("etcd {version}: image {name}")]),
        (Format::Human, Some(tag)) => {
            output::lines(&[format!("etcd {version}: image {name}, which is {tag} too")])
        }
    }
}
