//! Files that members leave behind.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::TargetError;

/// Removes everything in a directory, and leaves the directory.
///
/// # Errors
/// When the system refuses.
pub fn clear(directory: &Path) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            fs::remove_dir_all(entry.path())?;
        } else {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// Removes a directory with everything in it, if it is there.
///
/// # Errors
/// When the system refuses.
pub fn remove_folder(folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}

/// Puts what is in another directory of the same file system in place of everything in one, and
/// removes the other.
pub(super) fn replace(directory: &Path, by: &Path) -> io::Result<()> {
    clear(directory)?;
    for entry in fs::read_dir(by)? {
        let entry = entry?;
        fs::rename(entry.path(), directory.join(entry.file_name()))?;
    }
    fs::remove_dir(by)
}

/// Makes a folder, unless it is there.
///
/// # Errors
/// When the system refuses.
pub(super) fn make_dir(path: &Path) -> Result<PathBuf, TargetError> {
    let what = format!("the folder {} could not be made", path.display());
    fs::create_dir_all(path).map_err(TargetError::io(what))?;
    Ok(path.to_owned())
}
