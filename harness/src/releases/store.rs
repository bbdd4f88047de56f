//! The releases on this machine: where they are kept, found and installed.

use std::collections::BTreeSet;
use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use super::catalog::{Catalog, Origin, substitution_note};
use super::error::{Miss, ReleaseError};
use super::install::{InstallOptions, Place, Workshop};
use super::lock::VersionLock;
use super::manifest::Manifest;
use super::probe::{on_search_path, version_of};
use super::release::{Release, Source};
use super::version::{Version, VersionRequest};

/// The environment variable that names the cache folder.
pub const CACHE_VARIABLE: &str = "STORMGLASS_CACHE";

/// The cache of releases, and everything else that is looked at for one.
///
/// Any number of processes may use one cache at once.
#[derive(Debug, Clone)]
pub struct Store {
    releases: PathBuf,
    search_path: OsString,
    apt_folder: PathBuf,
}

/// A release that is installed, obtainable, or both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing {
    /// The release.
    pub version: Version,
    /// As it is in the cache, if it is there and whole.
    pub installed: Option<Release>,
    /// Where the catalogue would have it from, if it is in the catalogue.
    pub obtainable: Option<Origin>,
}

/// What the cache has of a release.
enum Cached {
    Whole(Release),
    Damaged(String),
    Absent,
}

impl Store {
    /// Opens the cache in `folder`; without one, in `$STORMGLASS_CACHE`, else
    /// `$XDG_CACHE_HOME/stormglass`, else `~/.cache/stormglass`. Creates it if needed.
    ///
    /// # Errors
    ///
    /// If no folder is known or it cannot be created.
    pub fn open(folder: Option<&Path>) -> Result<Self, ReleaseError> {
        let folder = match folder {
            Some(folder) => folder.to_owned(),
            None => default_folder().ok_or(ReleaseError::NoCacheFolder)?,
        };
        let releases =
            std::path::absolute(folder.join("etcd")).map_err(ReleaseError::io("use", &folder))?;
        fs::create_dir_all(&releases).map_err(ReleaseError::io("create", &releases))?;
        let search_path = env::var_os("PATH").unwrap_or_default();
        Ok(Self { releases, search_path, apt_folder: PathBuf::from("/etc/apt") })
    }

    /// Looks for `etcd` and for the package clients in `search_path` instead of `$PATH`.
    #[must_use]
    pub fn with_search_path(mut self, search_path: impl Into<OsString>) -> Self {
        self.search_path = search_path.into();
        self
    }

    /// Takes package sources from the `sources.list` files of this folder instead of `/etc/apt`.
    #[must_use]
    pub fn with_apt_folder(mut self, folder: impl Into<PathBuf>) -> Self {
        self.apt_folder = folder.into();
        self
    }

    /// The folder that holds `version`, or will once it is installed.
    pub fn path(&self, version: Version) -> PathBuf {
        self.releases.join(version.to_string())
    }

    /// The release asked for, if it is on this machine already. Never fetches anything.
    ///
    /// # Errors
    ///
    /// If a path was asked for and it is no etcd.
    pub fn find(&self, request: &VersionRequest) -> Result<Option<Release>, ReleaseError> {
        match request {
            VersionRequest::Path(path) => given(path).map(Some),
            VersionRequest::Version(version) => {
                Ok(self.find_exactly(*version).or_else(|| self.recorded_stand_in(*version)))
            }
        }
    }

    /// The release asked for, fetched into the cache if it is not on this machine yet.
    ///
    /// # Errors
    ///
    /// If it cannot be had; nothing is installed then.
    pub fn install(
        &self,
        request: &VersionRequest,
        mut options: InstallOptions<'_>,
    ) -> Result<Release, ReleaseError> {
        let version = match request {
            VersionRequest::Path(path) => return given(path),
            VersionRequest::Version(version) => *version,
        };
        if let Some(release) = self.find_exactly(version) {
            return Ok(release);
        }
        // With an address of release archives the exact release may be had after all.
        if (options.offline || options.url_template.is_none())
            && let Some(release) = self.recorded_stand_in(version)
        {
            return Ok(release);
        }
        if options.offline {
            return Err(match self.cached(version) {
                Cached::Damaged(reason) => self.damaged(version, reason),
                Cached::Absent | Cached::Whole(_) => ReleaseError::Offline { version },
            });
        }
        let places = Place::for_version(version, options.url_template.as_deref());
        self.install_from(version, &places, &mut options)
    }

    /// Installed and obtainable releases, ascending.
    pub fn list(&self) -> Vec<Listing> {
        let mut versions: BTreeSet<Version> = self.folders().into_iter().collect();
        versions.extend(Catalog::all().iter().map(|entry| entry.version));
        versions
            .into_iter()
            .map(|version| Listing {
                version,
                installed: match self.cached(version) {
                    Cached::Whole(release) => Some(release),
                    Cached::Damaged(_) | Cached::Absent => None,
                },
                obtainable: Catalog::get(version).map(|entry| entry.origin),
            })
            .filter(|listing| listing.installed.is_some() || listing.obtainable.is_some())
            .collect()
    }

    /// Compares every byte of an installed release with its manifest.
    ///
    /// # Errors
    ///
    /// If it is not installed or not as it was installed.
    pub fn verify(&self, version: Version) -> Result<(), ReleaseError> {
        let folder = self.path(version);
        if !folder.exists() {
            return Err(ReleaseError::NotInstalled { version });
        }
        Manifest::read(&folder)
            .and_then(|manifest| manifest.verify_contents(&folder))
            .map_err(|reason| self.damaged(version, reason))
    }

    fn damaged(&self, version: Version, reason: String) -> ReleaseError {
        ReleaseError::Damaged { version, folder: self.path(version), reason }
    }

    /// The versions that have a folder in the cache.
    fn folders(&self) -> Vec<Version> {
        let entries = fs::read_dir(&self.releases).into_iter().flatten().filter_map(Result::ok);
        entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect()
    }

    fn find_exactly(&self, version: Version) -> Option<Release> {
        if let Some(etcd) = on_search_path(&self.search_path, version) {
            let release = beside(etcd, version, Source::SearchPath);
            return Some(Release { requested: version.into(), ..release });
        }
        match self.cached(version) {
            Cached::Whole(release) => Some(release),
            Cached::Damaged(_) | Cached::Absent => None,
        }
    }

    fn cached(&self, version: Version) -> Cached {
        let folder = self.path(version);
        if !folder.exists() {
            return Cached::Absent;
        }
        let checked = Manifest::read(&folder).and_then(|manifest| {
            manifest.verify(&folder)?;
            if manifest.version == version {
                Ok(manifest)
            } else {
                Err(format!("its manifest is of etcd {}", manifest.version))
            }
        });
        match checked {
            Ok(manifest) => Cached::Whole(beside(folder.join("etcd"), version, manifest.source)),
            Err(reason) => Cached::Damaged(reason),
        }
    }

    fn install_from(
        &self,
        version: Version,
        places: &[Place],
        options: &mut InstallOptions<'_>,
    ) -> Result<Release, ReleaseError> {
        let _lock = VersionLock::take(&self.releases, version, options.patience, options.progress)?;
        if let Cached::Whole(release) = self.cached(version) {
            return Ok(release);
        }
        let workshop = Workshop::open(
            &self.releases,
            version,
            self.search_path.clone(),
            self.apt_folder.clone(),
        )?;
        let mut tried = Vec::new();
        for place in places {
            match workshop.build(place, version, options.progress) {
                Ok(manifest) => {
                    let folder = self.path(version);
                    workshop.publish(&folder)?;
                    return Ok(beside(folder.join("etcd"), version, manifest.source));
                }
                Err(Miss::Absent(reason)) => tried.push(format!("{place}: {reason}")),
                Err(Miss::Fatal(error)) => return Err(error),
            }
        }
        match self.take_stand_in(version, &workshop, options)? {
            Some(release) => Ok(release),
            None => Err(ReleaseError::NotObtainable { version, tried: tried.join("; ") }),
        }
    }

    /// What a distribution that moved on has instead of `version`.
    fn take_stand_in(
        &self,
        version: Version,
        workshop: &Workshop,
        options: &mut InstallOptions<'_>,
    ) -> Result<Option<Release>, ReleaseError> {
        if let Some(release) = self.recorded_stand_in(version) {
            return Ok(Some(release));
        }
        let origin = Catalog::get(version).map(|entry| entry.origin);
        if !matches!(origin, Some(Origin::DebianSuite(_))) {
            return Ok(None);
        }
        let Some((other, place)) = workshop.stand_in(version, options.progress) else {
            return Ok(None);
        };
        // Newer than `version`: locks are taken in ascending order, never in a circle.
        let release = self.install_from(other, &[place], options)?;
        self.record_stand_in(version, other)?;
        Ok(Some(standing_in(version, release)))
    }

    /// Remembers that `other` was taken for `version`, so that later runs need no network.
    fn record_stand_in(&self, version: Version, other: Version) -> Result<(), ReleaseError> {
        let path = self.stand_in_record(version);
        fs::write(&path, other.to_string()).map_err(ReleaseError::io("write", &path))
    }

    fn stand_in_record(&self, version: Version) -> PathBuf {
        self.releases.join(format!("{version}.stand-in"))
    }

    fn recorded_stand_in(&self, version: Version) -> Option<Release> {
        let other = fs::read_to_string(self.stand_in_record(version)).ok()?.trim().parse().ok()?;
        match self.cached(other) {
            Cached::Whole(release) => Some(standing_in(version, release)),
            Cached::Damaged(_) | Cached::Absent => None,
        }
    }
}

fn standing_in(requested: Version, release: Release) -> Release {
    let note = Some(substitution_note(requested, release.version));
    Release { requested: requested.into(), note, ..release }
}

/// A release whose binary the user named; the path may also be of the folder that holds it.
fn given(path: &Path) -> Result<Release, ReleaseError> {
    let refuse = |reason| ReleaseError::NotEtcd { path: path.to_owned(), reason };
    let etcd = if path.is_dir() { path.join("etcd") } else { path.to_owned() };
    // Absolute, because members run in folders of their own.
    let etcd = etcd.canonicalize().map_err(|error| refuse(error.to_string()))?;
    let version = version_of(&etcd).map_err(refuse)?;
    let requested = VersionRequest::Path(path.to_owned());
    Ok(Release { requested, ..beside(etcd, version, Source::Given) })
}

/// A release from its server's path, with the clients that lie beside it.
fn beside(etcd: PathBuf, version: Version, source: Source) -> Release {
    let client = |name| Some(etcd.with_file_name(name)).filter(|path| path.is_file());
    Release {
        version,
        etcdctl: client("etcdctl"),
        etcdutl: client("etcdutl"),
        source,
        requested: version.into(),
        note: None,
        etcd,
    }
}

fn default_folder() -> Option<PathBuf> {
    let folder = |variable| env::var_os(variable).filter(|value| !value.is_empty());
    folder(CACHE_VARIABLE)
        .map(PathBuf::from)
        .or_else(|| folder("XDG_CACHE_HOME").map(|cache| PathBuf::from(cache).join("stormglass")))
        .or_else(|| folder("HOME").map(|home| PathBuf::from(home).join(".cache/stormglass")))
}
