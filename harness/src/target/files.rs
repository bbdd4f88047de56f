//! Files that members leave behind.

use std::fs;
use std::io;
use std::path::Path;

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
