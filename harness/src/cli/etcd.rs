//! `etcd`: releases of etcd on this machine.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::args::{EtcdArgs, EtcdCommand, Format, ProgressStyle};
use super::error::CommandError;
use super::etcd_image;
use super::output;
use super::release_progress::ReleaseProgress;
use super::style::{Style, Tone};
use super::table::{Cell, Table};
use crate::exit::ExitCode;
use crate::releases::{InstallOptions, Listing, Release, ReleaseError, Store, Version};

/// Installs, lists or names releases.
pub(super) fn etcd(args: &EtcdArgs, format: Format) -> Result<ExitCode, CommandError> {
    match &args.command {
        EtcdCommand::Install { versions, offline } => install(versions, *offline, format),
        EtcdCommand::Image { release, tag, offline } => {
            etcd_image::image(release, tag.as_deref(), *offline, format)
        }
        EtcdCommand::List => list(format),
        EtcdCommand::Path { version } => path(version, format),
    }
}

/// The code of an error of the releases: wrong words are usage, everything else is what this
/// machine lacks.
fn told(error: &ReleaseError) -> CommandError {
    match error {
        ReleaseError::NotAVersion { .. }
        | ReleaseError::BadRequest { .. }
        | ReleaseError::BadTemplate { .. } => CommandError::usage(error),
        _ => CommandError::environment(error),
    }
}

fn open() -> Result<Store, CommandError> {
    Store::open(None).map_err(|error| told(&error))
}

fn parse(text: &str) -> Result<Version, CommandError> {
    text.parse().map_err(|error| told(&error))
}

/// A release that is there.
#[derive(Serialize)]
struct Found {
    requested: String,
    version: Version,
    etcd: PathBuf,
    source: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
}

impl From<Release> for Found {
    fn from(release: Release) -> Self {
        Self {
            requested: release.requested.to_string(),
            version: release.version,
            source: release.source.to_string(),
            etcd: release.etcd,
            note: release.note,
        }
    }
}

impl Found {
    /// A substitution is never silent.
    fn narrate_note(&self) {
        if let Some(note) = &self.note {
            output::narrate(format_args!("note: {note}"));
        }
    }
}

/// Installs each release; one that cannot be had does not keep the others from being.
fn install(versions: &[String], offline: bool, format: Format) -> Result<ExitCode, CommandError> {
    // All words are read before anything is fetched.
    let versions: Vec<Version> =
        versions.iter().map(|text| parse(text)).collect::<Result<_, _>>()?;
    let store = open()?;
    let mut found = Vec::new();
    let mut missing: Vec<CommandError> = Vec::new();
    for version in versions {
        let mut progress = ReleaseProgress::new(ProgressStyle::Auto);
        let options = InstallOptions::from_environment(offline, &mut progress);
        let installed = store.install(&version.into(), options);
        drop(progress);
        match installed {
            Ok(release) => {
                let release = Found::from(release);
                release.narrate_note();
                found.push(release);
            }
            Err(error) => missing.push(told(&error)),
        }
    }
    let told = match format {
        Format::Json => output::json(&found)?,
        Format::Human if found.is_empty() => ExitCode::Valid,
        Format::Human => {
            let line =
                |it: &Found| format!("etcd {}: {} ({})", it.version, it.etcd.display(), it.source);
            output::lines(&found.iter().map(line).collect::<Vec<_>>())?
        }
    };
    let Some(first) = missing.first() else { return Ok(told) };
    let messages: Vec<_> = missing.iter().map(|error| error.message.as_str()).collect();
    Err(CommandError { code: first.code, message: messages.join("\nstormglass: ") })
}

#[derive(Serialize)]
struct ListedRelease {
    version: Version,
    installed: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    etcd: Option<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    obtainable: Option<String>,
}

impl From<Listing> for ListedRelease {
    fn from(listing: Listing) -> Self {
        let obtainable = listing.obtainable.map(|origin| origin.to_string());
        let source = listing.installed.as_ref().map(|release| release.source.to_string());
        let etcd = listing.installed.map(|release| release.etcd);
        let installed = etcd.is_some();
        Self { version: listing.version, installed, etcd, source, obtainable }
    }
}

fn list(format: Format) -> Result<ExitCode, CommandError> {
    let rows: Vec<_> = open()?.list().into_iter().map(ListedRelease::from).collect();
    if format == Format::Json {
        return output::json(&rows);
    }
    let mut table = Table::new(["RELEASE", "INSTALLED", "FROM"]);
    for row in rows {
        let version = Cell::toned(Tone::Strong, row.version.to_string());
        let from = row.source.or(row.obtainable).unwrap_or_default();
        table.row([version, Cell::answer(row.installed), from.into()]);
    }
    output::lines(&table.lines(Style::of_stdout()))
}

#[derive(Serialize)]
struct BinaryPath<'a> {
    version: Version,
    etcd: &'a Path,
}

fn path(text: &str, format: Format) -> Result<ExitCode, CommandError> {
    let version = parse(text)?;
    let store = open()?;
    let release = store.find(&version.into()).map_err(|error| told(&error))?.ok_or_else(|| {
        // It says whether the release is absent or damaged.
        let reason = store.verify(version).err();
        told(&reason.unwrap_or(ReleaseError::NotInstalled { version }))
    })?;
    let found = Found::from(release);
    found.narrate_note();
    match format {
        Format::Human => output::lines(&[found.etcd.display().to_string()]),
        Format::Json => output::json(&BinaryPath { version: found.version, etcd: &found.etcd }),
    }
}
