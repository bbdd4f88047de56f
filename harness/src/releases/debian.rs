//! Releases packaged by the distribution, fetched by the user's own apt-get, without root.
//!
//! All state is private: package lists, caches and downloads live in the scratch folder of the
//! installation; the system's lists are only read.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::apt_sources::Sources;
use super::archive::{Layout, unpack_tar};
use super::error::{Miss, ReleaseError};
use super::install::Workshop;
use super::progress::Progress;
use super::release::Source;
use super::version::Version;
use crate::tool::{Tool, ToolError};

/// The package with the server, and the one with its clients.
const SERVER: &str = "etcd-server";
const CLIENT: &str = "etcd-client";

/// How long a package list or a package may take; both are about 10 MB.
const FETCH_LIMIT: Duration = Duration::from_secs(5 * 60);
/// How long a local step may take.
const LOCAL_LIMIT: Duration = Duration::from_secs(60);

/// The package lists of one suite, in a folder of their own.
pub(super) struct Suite<'a> {
    name: String,
    folder: PathBuf,
    workshop: &'a Workshop,
}

/// A package of the server that a suite offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Offer {
    /// The release of etcd in it.
    pub(super) version: Version,
    /// The package's own version, such as `3.5.16-4`.
    pub(super) package_version: String,
}

impl<'a> Suite<'a> {
    /// Fetches the lists of `suite`; without a name, those of the system's own suite.
    pub(super) fn open(
        suite: Option<&str>,
        workshop: &'a Workshop,
        progress: &mut dyn Progress,
    ) -> Result<Self, Miss> {
        let name = suite.unwrap_or("this system's suite").to_owned();
        let folder = workshop.scratch.join(format!("apt-{}", suite.unwrap_or("own")));
        let fresh = !folder.exists();
        let opened = Self { name, folder, workshop };
        if fresh {
            progress.step(&format!("asking apt-get what {} offers", opened.name));
            opened.update(suite)?;
        }
        Ok(opened)
    }

    /// The servers it offers.
    pub(super) fn offers(&self) -> Result<Vec<Offer>, Miss> {
        let listing = self.tool("apt-cache", LOCAL_LIMIT).args(["madison", SERVER]).text();
        Ok(parse_offers(&listing?))
    }

    /// Downloads the package of `version` and unpacks the programs.
    pub(super) fn obtain(
        &self,
        version: Version,
        progress: &mut dyn Progress,
    ) -> Result<Source, Miss> {
        let offers = self.offers()?;
        let Some(offer) = offers.iter().find(|offer| offer.version == version) else {
            return Err(Miss::Absent(self.has_only(&offers)));
        };
        progress.step(&format!(
            "asking apt-get for {SERVER} {} of {}",
            offer.package_version, self.name
        ));
        self.fetch_package(SERVER, &offer.package_version)?;
        // The clients are a convenience; a suite may lack them in just this version.
        if let Err(error) = self.fetch_package(CLIENT, &offer.package_version) {
            progress.step(&format!("going on without etcdctl ({error})"));
        }
        for package in packages(&self.downloads())? {
            self.unpack(&package)?;
        }
        Ok(Source::DistributionPackage {
            suite: self.name.clone(),
            package_version: offer.package_version.clone(),
        })
    }

    fn has_only(&self, offers: &[Offer]) -> String {
        let versions: Vec<String> = offers.iter().map(|offer| offer.version.to_string()).collect();
        match versions.as_slice() {
            [] => format!("{} offers no {SERVER}", self.name),
            versions => format!("{} offers {}", self.name, versions.join(", ")),
        }
    }

    fn downloads(&self) -> PathBuf {
        self.folder.join("downloads")
    }

    /// Writes the private sources and fetches their package lists. One source of several may
    /// fail (not every repository has every suite), so failing is only final without any offer.
    fn update(&self, suite: Option<&str>) -> Result<(), Miss> {
        let sources = Sources::derive(&self.workshop.apt_folder, suite);
        if sources.is_empty() {
            return Err(Miss::Absent("this system has no package sources of apt-get".to_owned()));
        }
        for folder in ["sources", "lists/partial", "cache/archives/partial", "downloads"] {
            let folder = self.folder.join(folder);
            fs::create_dir_all(&folder).map_err(ReleaseError::io("create", &folder))?;
        }
        for (name, text) in [("s.list", &sources.lines), ("s.sources", &sources.stanzas)] {
            let path = self.folder.join("sources").join(name);
            fs::write(&path, text).map_err(ReleaseError::io("write", &path))?;
        }
        let updated = self.tool("apt-get", FETCH_LIMIT).args(["--quiet", "update"]).run();
        match updated {
            Err(error) if !self.offers().is_ok_and(|offers| !offers.is_empty()) => {
                Err(error.into())
            }
            _ => Ok(()),
        }
    }

    fn fetch_package(&self, package: &str, version: &str) -> Result<(), ToolError> {
        self.tool("apt-get", FETCH_LIMIT)
            .args(["--quiet", "download"])
            .args([format!("{package}={version}")])
            .within(&self.downloads())
            .run()
            .map(drop)
    }

    /// A package's files are a tar archive to dpkg-deb; only the programs are taken from it.
    fn unpack(&self, package: &Path) -> Result<(), Miss> {
        let files: File =
            Tool::new("dpkg-deb", &self.workshop.search_path, LOCAL_LIMIT, &self.workshop.scratch)
                .args(["--fsys-tarfile"])
                .args([package])
                .run()?;
        unpack_tar(files, Layout::Distribution, &self.workshop.programs)
            .map(drop)
            .map_err(|error| Miss::Absent(format!("the package cannot be unpacked: {error}")))
    }

    /// An apt program with all its state in this suite's folder.
    fn tool(&self, program: &str, limit: Duration) -> Tool<'a> {
        let folder = self.folder.display();
        let settings = [
            "Dir::Etc::sourcelist=/dev/null".to_owned(),
            format!("Dir::Etc::sourceparts={folder}/sources"),
            format!("Dir::State::lists={folder}/lists"),
            format!("Dir::Cache={folder}/cache"),
            "Dir::Cache::pkgcache=".to_owned(),
            "Dir::Cache::srcpkgcache=".to_owned(),
            // As root apt would turn into another user, who cannot enter a private folder.
            "APT::Sandbox::User=root".to_owned(),
            "Acquire::Languages=none".to_owned(),
            "Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false".to_owned(),
            "Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled=false".to_owned(),
            "Acquire::Retries=2".to_owned(),
            "Acquire::http::Timeout=30".to_owned(),
            "Acquire::https::Timeout=30".to_owned(),
        ];
        Tool::new(program, &self.workshop.search_path, limit, &self.workshop.scratch)
            .args(settings.iter().flat_map(|setting| ["-o", setting]))
    }
}

fn packages(folder: &Path) -> Result<Vec<PathBuf>, ReleaseError> {
    let entries = fs::read_dir(folder).map_err(ReleaseError::io("list", folder))?;
    Ok(entries
        .filter_map(Result::ok)
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "deb"))
        .collect())
}

/// Lines of `apt-cache madison`: `etcd-server | 3.5.16-4 | address trixie/main amd64 Packages`.
fn parse_offers(listing: &str) -> Vec<Offer> {
    let mut offers: Vec<Offer> = Vec::new();
    for line in listing.lines() {
        let mut columns = line.split('|').map(str::trim);
        if let (Some(SERVER), Some(package_version)) = (columns.next(), columns.next())
            && let Some(version) = upstream_version(package_version)
            && offers.iter().all(|offer| offer.version != version)
        {
            offers.push(Offer { version, package_version: package_version.to_owned() });
        }
    }
    offers
}

/// `3.3.25+dfsg-6+b6` → 3.3.25, `1:3.5.16-4` → 3.5.16. A pre-release (`3.6.0~rc1-1`) is none.
fn upstream_version(package_version: &str) -> Option<Version> {
    let version = package_version.split_once(':').map_or(package_version, |(_, rest)| rest);
    let end = version.find(|c: char| c != '.' && !c.is_ascii_digit()).unwrap_or(version.len());
    if version[end..].starts_with('~') { None } else { version[..end].parse().ok() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_version_names_the_release() {
        assert_eq!(upstream_version("3.3.25+dfsg-6+b6"), Some(Version::new(3, 3, 25)));
        assert_eq!(upstream_version("1:3.5.16-4"), Some(Version::new(3, 5, 16)));
        assert_eq!(upstream_version("3.6.0~rc1-1"), None);
        assert_eq!(upstream_version("git20200101"), None);
    }

    #[test]
    fn offers_are_read_once_each() {
        let listing = "\
            etcd-server | 3.4.23-4+b4 | http://mirror.invalid/debian bookworm/main amd64 Packages\n\
            etcd-server | 3.4.23-4 | http://mirror.invalid/debian bookworm/main i386 Packages\n\
            \x20etcd-server | 3.5.16-4 | http://mirror.invalid/debian trixie/main amd64 Packages\n\
            etcd-client | 3.5.30-2 | http://mirror.invalid/debian sid/main amd64 Packages\n";
        let offers: Vec<String> =
            parse_offers(listing).into_iter().map(|offer| offer.package_version).collect();
        assert_eq!(offers, ["3.4.23-4+b4", "3.5.16-4"]);
    }
}
