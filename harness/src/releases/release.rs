//! A release that is there and runs.

use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::version::{Version, VersionRequest};

/// An etcd release whose binary has been found and asked for its version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Release {
    /// The version the binary reports.
    pub version: Version,
    /// The server's binary.
    pub etcd: PathBuf,
    /// The command-line client, where it came along.
    pub etcdctl: Option<PathBuf>,
    /// The offline tool (3.5 and newer), where it came along.
    pub etcdutl: Option<PathBuf>,
    /// Where the binaries came from.
    pub source: Source,
    /// What was asked for.
    pub requested: VersionRequest,
    /// Says so, in one sentence, when another release than the requested one was taken.
    pub note: Option<String>,
}

/// Where the binaries of a release came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Source {
    /// The user gave its path.
    Given,
    /// It was on `$PATH`.
    SearchPath,
    /// The project's release archive at this address.
    Archive {
        /// Address of the archive, without user name and password.
        address: String,
    },
    /// A package of the Python package index.
    PythonPackage {
        /// Name of the package.
        package: String,
    },
    /// A package of the distribution.
    DistributionPackage {
        /// The suite it was taken from, such as `trixie`.
        suite: String,
        /// The package's own version, such as `3.5.16-4`.
        package_version: String,
    },
}

impl fmt::Display for Source {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Given => formatter.write_str("the path given"),
            Self::SearchPath => formatter.write_str("$PATH"),
            Self::Archive { address } => write!(formatter, "release archive {address}"),
            Self::PythonPackage { package } => write!(formatter, "Python package {package}"),
            Self::DistributionPackage { suite, package_version } => {
                write!(formatter, "distribution package {package_version} of {suite}")
            }
        }
    }
}

/// The programs that a release consists of, as their files are named.
pub(super) const PROGRAMS: [&str; 3] = ["etcd", "etcdctl", "etcdutl"];
