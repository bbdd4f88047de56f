//! Asking a binary which etcd it is.

use std::env;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::version::Version;
use crate::tool::Tool;

/// How long `etcd --version` may take; it answers in milliseconds.
const LIMIT: Duration = Duration::from_secs(20);

/// Runs `BINARY --version` and reads the version; the error is a reason in words.
pub(super) fn version_of(binary: &Path) -> Result<Version, String> {
    let search_path = env::var_os("PATH").unwrap_or_default();
    let scratch = env::temp_dir();
    let answer = Tool::new(binary, &search_path, LIMIT, &scratch)
        .args(["--version"])
        .text()
        .map_err(|error| error.to_string())?;
    version_answered(&answer).ok_or_else(|| "its --version does not answer as etcd does".to_owned())
}

/// The `etcd` of `search_path` that is exactly `version`.
pub(super) fn on_search_path(search_path: &OsStr, version: Version) -> Option<PathBuf> {
    env::split_paths(search_path)
        .filter(|folder| folder.is_absolute())
        .map(|folder| folder.join("etcd"))
        .filter(|binary| binary.is_file())
        .find(|binary| version_of(binary) == Ok(version))
}

/// The version in the answer of `etcd --version`: `etcd Version: 3.5.1` is the first line of
/// every release's.
pub fn version_answered(answer: &str) -> Option<Version> {
    answer.lines().find_map(|line| line.strip_prefix("etcd Version: "))?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_line_is_read() {
        let answer = "etcd Version: 3.5.16\nGit SHA: Not provided\nGo Version: go1.24.0\n";
        assert_eq!(version_answered(answer), Some(Version::new(3, 5, 16)));
        assert_eq!(version_answered("etcdctl version: 3.5.16\n"), None);
        assert_eq!(version_answered(""), None);
    }

    #[test]
    fn another_program_is_not_etcd() {
        let reason = version_of(Path::new("/bin/true")).expect_err("not etcd");
        assert_eq!(reason, "its --version does not answer as etcd does");
    }
}
