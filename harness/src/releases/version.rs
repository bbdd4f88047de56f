//! The version of an etcd release, and what a user may ask for.

use std::fmt;
use std::path::{MAIN_SEPARATOR, PathBuf};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::error::ReleaseError;

/// A released version of etcd, `major.minor.patch`. Ordered as releases are.
///
/// Pre-releases are not represented: nothing is ever claimed about one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Version {
    /// First number.
    pub major: u32,
    /// Second number; with the first it names the release line, such as 3.5.
    pub minor: u32,
    /// Third number: fixes within a line.
    pub patch: u32,
}

impl Version {
    /// The version `major.minor.patch`.
    pub const fn new(major: u32, minor: u32, patch: u32) -> Self {
        Self { major, minor, patch }
    }

    /// The release line, such as `(3, 5)`. Fixes are carried back line by line.
    pub const fn line(self) -> (u32, u32) {
        (self.major, self.minor)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = format!("{}.{}.{}", self.major, self.minor, self.patch);
        formatter.pad(&text)
    }
}

impl FromStr for Version {
    type Err = ReleaseError;

    /// Reads `3.5.1` or `v3.5.1`.
    fn from_str(text: &str) -> Result<Self, ReleaseError> {
        let numbers = text.strip_prefix('v').unwrap_or(text);
        let mut parts = numbers.split('.').map(number);
        match (parts.next(), parts.next(), parts.next(), parts.next()) {
            (Some(Some(major)), Some(Some(minor)), Some(Some(patch)), None) => {
                Ok(Self { major, minor, patch })
            }
            _ => Err(ReleaseError::NotAVersion { text: text.to_owned() }),
        }
    }
}

/// A plain decimal number; `str::parse` alone would also take a leading `+`.
fn number(text: &str) -> Option<u32> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) { text.parse().ok() } else { None }
}

impl TryFrom<String> for Version {
    type Error = ReleaseError;

    fn try_from(text: String) -> Result<Self, ReleaseError> {
        text.parse()
    }
}

impl From<Version> for String {
    fn from(version: Version) -> Self {
        version.to_string()
    }
}

/// What `--etcd` takes: a version to find, or the path of a binary to use as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VersionRequest {
    /// A release, wherever it can be had.
    Version(Version),
    /// This binary, or the folder that holds it; whatever version it is.
    Path(PathBuf),
}

impl fmt::Display for VersionRequest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Version(version) => version.fmt(formatter),
            Self::Path(path) => path.display().fmt(formatter),
        }
    }
}

impl FromStr for VersionRequest {
    type Err = ReleaseError;

    /// A version, or else anything with a path separator in it is a path.
    fn from_str(text: &str) -> Result<Self, ReleaseError> {
        if text.contains('/') || text.contains(MAIN_SEPARATOR) {
            return Ok(Self::Path(PathBuf::from(text)));
        }
        text.parse()
            .map(Self::Version)
            .map_err(|_| ReleaseError::BadRequest { text: text.to_owned() })
    }
}

impl From<Version> for VersionRequest {
    fn from(version: Version) -> Self {
        Self::Version(version)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_ordered_and_shown() {
        let old: Version = "3.5.2".parse().expect("a version");
        let new: Version = "v3.5.16".parse().expect("a version");
        assert!(old < new, "patches are numbers, not text");
        assert_eq!((new.to_string().as_str(), new.line()), ("3.5.16", (3, 5)));
        assert_eq!(format!("{old:<8}|"), "3.5.2   |");
    }

    #[test]
    fn what_is_not_a_version_is_refused() {
        for text in ["", "3", "3.5", "3.5.1.2", "3.5.1-rc.0", "3.5.+1", "3..1", "latest"] {
            assert!(text.parse::<Version>().is_err(), "{text:?} was taken for a version");
        }
    }

    #[test]
    fn a_request_is_a_version_or_a_path() {
        let version: VersionRequest = "3.4.23".parse().expect("a version");
        assert_eq!(version, VersionRequest::Version(Version::new(3, 4, 23)));
        let path: VersionRequest = "./etcd".parse().expect("a path");
        assert_eq!(path, VersionRequest::Path(PathBuf::from("./etcd")));
        let error = "etcd".parse::<VersionRequest>().expect_err("neither").to_string();
        assert!(error.contains("write ./etcd"), "{error}");
    }
}
