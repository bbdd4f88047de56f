//! Copies of a member's data directory, to put back.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use crate::target::{clear, remove_folder};

/// Which copy it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kept {
    /// Of what a member had when it was killed.
    Newest,
    /// Of what it had a while before.
    Older,
}

/// Copies a data directory aside, in place of any earlier such copy.
pub(super) fn keep(data: &Path, which: Kept) -> io::Result<()> {
    let kept = beside(data, which);
    remove_folder(&kept)?;
    copy(data, &kept)
}

/// Puts a copy back, synced, in place of what is there now. Without a copy nothing was
/// spoilt, and nothing is touched.
pub(super) fn put_back(data: &Path, which: Kept) -> io::Result<()> {
    let kept = beside(data, which);
    if !kept.exists() {
        return Ok(());
    }
    clear(data)?;
    copy(&kept, data)?;
    discard(data, which)
}

/// Removes a copy.
pub(super) fn discard(data: &Path, which: Kept) -> io::Result<()> {
    remove_folder(&beside(data, which))
}

fn beside(data: &Path, which: Kept) -> PathBuf {
    data.with_file_name(match which {
        Kept::Newest => "kept",
        Kept::Older => "older",
    })
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    fs::set_permissions(to, fs::metadata(from)?.permissions())?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), &target)?;
            File::open(&target)?.sync_all()?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_there_comes_back_and_nothing_else() {
        let folder = tempfile::tempdir().expect("a folder");
        let data = folder.path().join("data");
        fs::create_dir_all(data.join("member/wal")).expect("made");
        fs::write(data.join("member/wal/0.wal"), b"entries").expect("written");
        keep(&data, Kept::Newest).expect("kept");
        fs::write(data.join("member/wal/0.wal"), b"spoilt!").expect("written");
        fs::write(data.join("member/wal/0.wal.broken"), b"").expect("written");
        put_back(&data, Kept::Older).expect("there is none");
        assert!(data.join("member/wal/0.wal.broken").exists());
        put_back(&data, Kept::Newest).expect("put back");
        assert_eq!(fs::read(data.join("member/wal/0.wal")).expect("there"), b"entries");
        assert!(!data.join("member/wal/0.wal.broken").exists());
        assert!(!beside(&data, Kept::Newest).exists());
    }
}
