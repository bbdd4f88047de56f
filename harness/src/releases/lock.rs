//! One installation of a release at a time.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

use super::error::ReleaseError;
use super::progress::Progress;
use super::version::Version;

/// How often a held lock is tried again.
const TICK: Duration = Duration::from_millis(50);

/// The right to install one release into the cache. The system releases it with the process,
/// so a killed installation never blocks the next.
#[derive(Debug)]
pub(super) struct VersionLock {
    _file: File,
}

impl VersionLock {
    /// Takes the lock of `version`, waiting at most `patience` for another process or thread.
    pub(super) fn take(
        cache: &Path,
        version: Version,
        patience: Duration,
        progress: &mut dyn Progress,
    ) -> Result<Self, ReleaseError> {
        let path = cache.join(format!(".lock-{version}"));
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(ReleaseError::io("open", &path))?;
        let ticks = patience.as_millis() / TICK.as_millis();
        for tick in 0..=ticks {
            match file.try_lock() {
                Ok(()) => return Ok(Self { _file: file }),
                Err(TryLockError::WouldBlock) if tick == 0 => {
                    progress.step(&format!("waiting for another installation of etcd {version}"));
                }
                Err(TryLockError::WouldBlock) => {}
                Err(TryLockError::Error(source)) => {
                    return Err(ReleaseError::Io { action: "lock", path, source });
                }
            }
            sleep(TICK);
        }
        Err(ReleaseError::Busy { version, seconds: patience.as_secs() })
    }
}

#[cfg(test)]
mod tests {
    use super::super::progress::Silent;
    use super::*;

    #[test]
    fn the_second_waits_and_gives_up_in_time() {
        let cache = tempfile::tempdir().expect("a folder");
        let version = Version::new(3, 5, 1);
        let take = |version| {
            VersionLock::take(cache.path(), version, Duration::from_millis(100), &mut Silent)
        };
        let first = take(version).expect("free");
        assert!(matches!(take(version), Err(ReleaseError::Busy { .. })));
        take(Version::new(3, 5, 16)).expect("another release is free");
        drop(first);
        take(version).expect("free again");
    }
}
