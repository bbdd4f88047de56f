//! Bringing one release into the cache: from the first place that has it, verified, at once.

use std::env;
use std::ffi::OsString;
use std::fmt;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::TempDir;

use super::catalog::{Catalog, Origin, nearest_with_same_fixes};
use super::debian::Suite;
use super::error::{Miss, ReleaseError};
use super::manifest::Manifest;
use super::probe::version_of;
use super::progress::Progress;
use super::project::{self, URL_VARIABLE};
use super::python;
use super::release::Source;
use super::version::Version;

/// How long an installation waits for another one of the same release.
const PATIENCE: Duration = Duration::from_secs(15 * 60);

/// How to install a release.
pub struct InstallOptions<'a> {
    /// Forbids fetching: only paths, `$PATH` and the cache are looked at.
    pub offline: bool,
    /// Where the project's release archives are, as [`URL_VARIABLE`] describes.
    pub url_template: Option<String>,
    /// How long to wait for another installation of the same release.
    pub patience: Duration,
    /// Is told what is going on.
    pub progress: &'a mut dyn Progress,
}

impl<'a> InstallOptions<'a> {
    /// Options with the address template of the environment.
    pub fn from_environment(offline: bool, progress: &'a mut dyn Progress) -> Self {
        let url_template = env::var(URL_VARIABLE).ok().filter(|template| !template.is_empty());
        Self { offline, url_template, patience: PATIENCE, progress }
    }
}

/// The folders of one running installation, all under the cache and removed with it.
pub(super) struct Workshop {
    /// For downloads and other tools' state.
    pub(super) scratch: PathBuf,
    /// Where the programs are unpacked; becomes the release's folder.
    pub(super) programs: PathBuf,
    /// For partial downloads that a later installation goes on with; stays.
    pub(super) partials: PathBuf,
    /// Where other programs are found.
    pub(super) search_path: OsString,
    /// The system's package sources.
    pub(super) apt_folder: PathBuf,
    folder: TempDir,
}

impl Workshop {
    /// Opens a workshop for `version` in the cache and removes what killed installations of it
    /// left. The caller holds the version's lock, so nobody else uses those.
    pub(super) fn open(
        cache: &Path,
        version: Version,
        search_path: OsString,
        apt_folder: PathBuf,
    ) -> Result<Self, ReleaseError> {
        let prefix = format!(".building-{version}-");
        sweep(cache, &prefix)?;
        let folder = tempfile::Builder::new()
            .prefix(&prefix)
            .tempdir_in(cache)
            .map_err(ReleaseError::io("create a folder in", cache))?;
        let partials = cache.join(".partial");
        let scratch = folder.path().join("scratch");
        for path in [&partials, &scratch] {
            fs::create_dir_all(path).map_err(ReleaseError::io("create", path))?;
        }
        let programs = folder.path().join("programs");
        Ok(Self { scratch, programs, partials, search_path, apt_folder, folder })
    }

    /// Fetches `version` from `place`, verifies that it runs, and describes it.
    pub(super) fn build(
        &self,
        place: &Place,
        version: Version,
        progress: &mut dyn Progress,
    ) -> Result<Manifest, Miss> {
        if self.programs.exists() {
            fs::remove_dir_all(&self.programs)
                .map_err(ReleaseError::io("remove", &self.programs))?;
        }
        fs::create_dir(&self.programs).map_err(ReleaseError::io("create", &self.programs))?;
        let source = place.obtain(version, self, progress)?;
        let binary = self.programs.join("etcd");
        if !binary.is_file() {
            return Err(Miss::Absent("there is no etcd in what it gave".to_owned()));
        }
        progress.step(&format!("verifying etcd {version}"));
        match version_of(&binary) {
            Ok(found) if found == version => {}
            Ok(found) => return Err(Miss::Absent(format!("it gave etcd {found}"))),
            Err(reason) => {
                let reason = reason.replace(&binary.display().to_string(), "its etcd");
                return Err(Miss::Absent(format!("it does not run here: {reason}")));
            }
        }
        let manifest = Manifest::describe(&self.programs, version, source)?;
        manifest.write(&self.programs)?;
        Ok(manifest)
    }

    /// Moves the finished release to `target` in one step; a damaged one there makes way.
    pub(super) fn publish(&self, target: &Path) -> Result<(), ReleaseError> {
        if target.exists() {
            let aside = self.folder.path().join("damaged");
            fs::rename(target, &aside).map_err(ReleaseError::io("move away", target))?;
        }
        fs::rename(&self.programs, target).map_err(ReleaseError::io("create", target))?;
        let parent = target.parent().unwrap_or(target);
        File::open(parent)
            .and_then(|folder| folder.sync_all())
            .map_err(ReleaseError::io("write", parent))
    }

    /// The nearest newer release of the same line that a suite of the distribution offers.
    pub(super) fn stand_in(
        &self,
        version: Version,
        progress: &mut dyn Progress,
    ) -> Option<(Version, Place)> {
        let suites = Catalog::suites().map(|suite| Some(suite.to_owned())).chain([None]);
        let mut offered = Vec::new();
        for suite in suites {
            let offers = Suite::open(suite.as_deref(), self, progress).and_then(|it| it.offers());
            for offer in offers.unwrap_or_default() {
                offered.push((offer.version, Place::Distribution(suite.clone())));
            }
        }
        let nearest = nearest_with_same_fixes(version, offered.iter().map(|(offer, _)| *offer))?;
        offered.into_iter().find(|(offer, _)| *offer == nearest)
    }
}

/// Removes the folders of killed installations.
fn sweep(cache: &Path, prefix: &str) -> Result<(), ReleaseError> {
    let entries = fs::read_dir(cache).map_err(ReleaseError::io("list", cache))?;
    for entry in entries.filter_map(Result::ok) {
        if entry.file_name().to_string_lossy().starts_with(prefix) {
            let path = entry.path();
            fs::remove_dir_all(&path).map_err(ReleaseError::io("remove", &path))?;
        }
    }
    Ok(())
}

/// A place that may have a release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    /// The project's archives, by this template.
    Project(String),
    /// The Python package.
    Python,
    /// A suite of the distribution; `None` is the system's own.
    Distribution(Option<String>),
}

impl Place {
    /// The places to try for `version`, in order.
    pub(super) fn for_version(version: Version, template: Option<&str>) -> Vec<Self> {
        let mut places: Vec<Self> =
            template.map(|it| Self::Project(it.to_owned())).into_iter().collect();
        match Catalog::get(version).map(|entry| entry.origin) {
            Some(Origin::PythonPackage) => places.push(Self::Python),
            Some(Origin::DebianSuite(suite)) => {
                places.push(Self::Distribution(Some(suite.to_owned())));
            }
            None => places.extend([Self::Python, Self::Distribution(None)]),
        }
        if template.is_none() {
            places.push(Self::Project(project::UPSTREAM.to_owned()));
        }
        places
    }

    fn obtain(
        &self,
        version: Version,
        workshop: &Workshop,
        progress: &mut dyn Progress,
    ) -> Result<Source, Miss> {
        match self {
            Self::Project(template) => project::obtain(template, version, workshop, progress),
            Self::Python => python::obtain(version, workshop, progress),
            Self::Distribution(suite) => {
                Suite::open(suite.as_deref(), workshop, progress)?.obtain(version, progress)
            }
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Project(_) => formatter.write_str("release archives"),
            Self::Python => formatter.write_str("pip"),
            Self::Distribution(_) => formatter.write_str("apt-get"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_tried_in_the_documented_order() {
        let upstream = Place::Project(project::UPSTREAM.to_owned());
        let mirror = Place::Project("/m/{version}".to_owned());
        assert_eq!(
            Place::for_version(Version::new(3, 5, 1), None),
            [Place::Python, upstream.clone()]
        );
        assert_eq!(
            Place::for_version(Version::new(3, 5, 16), Some("/m/{version}")),
            [mirror, Place::Distribution(Some("trixie".to_owned()))]
        );
        assert_eq!(
            Place::for_version(Version::new(3, 6, 99), None),
            [Place::Python, Place::Distribution(None), upstream]
        );
    }
}
