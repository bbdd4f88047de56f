//! Why a release is not there, in one sentence that says what to do.

use std::io;
use std::path::{Path, PathBuf};

use super::version::Version;
use crate::tool::ToolError;

/// A release that could not be found or installed.
#[derive(Debug, thiserror::Error)]
pub enum ReleaseError {
    /// The text is no `major.minor.patch`.
    #[error("`{text}` is not an etcd version; write major.minor.patch, such as 3.5.1")]
    NotAVersion {
        /// What was given.
        text: String,
    },
    /// The text is neither a version nor a path.
    #[error(
        "`{text}` is neither a version such as 3.5.1 nor a path; \
         write ./{text} for a file in this folder"
    )]
    BadRequest {
        /// What was given.
        text: String,
    },
    /// The given path is not a binary of etcd that runs here.
    #[error("{} cannot be used as etcd ({reason}); give the path of an etcd binary", .path.display())]
    NotEtcd {
        /// The path that was given.
        path: PathBuf,
        /// What was wrong with it.
        reason: String,
    },
    /// Not in the cache, and fetching is forbidden.
    #[error(
        "etcd {version} is not in the cache and --offline forbids fetching it; \
         run `stormglass etcd install {version}` with a network"
    )]
    Offline {
        /// The release asked for.
        version: Version,
    },
    /// Not in the cache.
    #[error("etcd {version} is not in the cache; run `stormglass etcd install {version}`")]
    NotInstalled {
        /// The release asked for.
        version: Version,
    },
    /// In the cache but not as it was installed.
    #[error(
        "etcd {version} in the cache is damaged ({reason}); remove {} and run \
         `stormglass etcd install {version}` with a network", .folder.display()
    )]
    Damaged {
        /// The release asked for.
        version: Version,
        /// Its folder.
        folder: PathBuf,
        /// What differs from the manifest.
        reason: String,
    },
    /// None of the places that were tried has it.
    #[error(
        "etcd {version} could not be had ({tried}); put that etcd on $PATH, give its path, \
         or set STORMGLASS_ETCD_URL to where its release archive is"
    )]
    NotObtainable {
        /// The release asked for.
        version: Version,
        /// Each place that was tried, with its reason.
        tried: String,
    },
    /// An archive differs from what its `SHA256SUMS` promises. Nothing was installed.
    #[error(
        "{archive} has SHA-256 {actual} where SHA256SUMS promises {expected}, so nothing was \
         installed; download it again or correct STORMGLASS_ETCD_URL"
    )]
    ChecksumMismatch {
        /// Address of the archive.
        archive: String,
        /// The digest in `SHA256SUMS`, hexadecimal.
        expected: String,
        /// The digest of what was downloaded, hexadecimal.
        actual: String,
    },
    /// `SHA256SUMS` does not name the archive. Nothing was installed.
    #[error(
        "SHA256SUMS beside {archive} has no line for it, so nothing was installed; \
         add the line or correct STORMGLASS_ETCD_URL"
    )]
    ChecksumMissing {
        /// Address of the archive.
        archive: String,
    },
    /// The URL template cannot name different versions.
    #[error(
        "the address template `{template}` has no {{version}} in it; \
         write {{version}}, {{os}} and {{arch}} where they belong"
    )]
    BadTemplate {
        /// The template.
        template: String,
    },
    /// Another installation of the same release did not end in time.
    #[error(
        "another installation of etcd {version} still holds the cache after {seconds} s; \
         wait for it to end and try again"
    )]
    Busy {
        /// The release asked for.
        version: Version,
        /// How long was waited, in seconds.
        seconds: u64,
    },
    /// No place for the cache is known.
    #[error("no cache folder can be chosen; set STORMGLASS_CACHE to a folder")]
    NoCacheFolder,
    /// A file operation failed.
    #[error(
        "cannot {action} {} ({source}); check its permissions and the free space", .path.display()
    )]
    Io {
        /// What was attempted, a verb: "create", "read".
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
}

impl ReleaseError {
    /// For `map_err`: names the action and the path that failed.
    pub(super) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { action, path, source }
    }
}

/// Why one place did not yield a release.
#[derive(Debug)]
pub(super) enum Miss {
    /// It is not to be had there; the next place may have it.
    Absent(String),
    /// Going on would be wrong: a checksum differs, the disk is full.
    Fatal(ReleaseError),
}

impl From<ReleaseError> for Miss {
    fn from(error: ReleaseError) -> Self {
        Self::Fatal(error)
    }
}

impl From<ToolError> for Miss {
    /// A place whose tool is missing or fails does not have the release; the next one may.
    fn from(error: ToolError) -> Self {
        Self::Absent(error.to_string())
    }
}
