//! Disks by the names that they are listed by: what a killed program has left mounted.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

use super::mount::unmount;

/// A mounted disk that has a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leftover {
    /// Its name.
    pub name: String,
    /// Where it is mounted.
    pub mountpoint: PathBuf,
}

impl Leftover {
    /// Whether nobody serves it: whoever looks into it learns that it is not connected. Asks
    /// whoever serves it, and waits for the answer.
    pub fn is_dead(&self) -> bool {
        let looked = fs::metadata(&self.mountpoint);
        looked.is_err_and(|error| error.raw_os_error() == Some(libc::ENOTCONN))
    }

    /// Takes it out of sight.
    ///
    /// # Errors
    /// When the system refuses, as it does to all but root.
    pub fn unmount(&self) -> io::Result<()> {
        unmount(&self.mountpoint)
    }
}

/// The disks with names that begin so, in the mount namespace of this process.
///
/// # Errors
/// When the system does not list its mounts.
pub fn leftovers(prefix: &str) -> io::Result<Vec<Leftover>> {
    let listed = fs::read_to_string("/proc/self/mountinfo")?;
    Ok(listed.lines().filter_map(named).filter(|disk| disk.name.starts_with(prefix)).collect())
}

/// Whether a process finds the disk of that name at a place in its own mount namespace.
///
/// # Errors
/// When the system does not say, as after the end of the process.
pub fn seen_by(pid: u32, place: &Path, name: &str) -> io::Result<bool> {
    let listed = fs::read_to_string(format!("/proc/{pid}/mountinfo"))?;
    let mut disks = listed.lines().filter_map(named);
    Ok(disks.any(|disk| disk.name == name && disk.mountpoint == place))
}

/// The disk of a line of the list of mounts, if it is one.
fn named(line: &str) -> Option<Leftover> {
    let (before, after) = line.split_once(" - ")?;
    let mut after = after.split(' ');
    let (kind, name) = (after.next()?, after.next()?);
    let mountpoint = before.split(' ').nth(4)?;
    (kind == "fuse").then(|| Leftover { name: name.to_owned(), mountpoint: plain(mountpoint) })
}

/// A path as it is: the list writes spaces and their like as a backslash and three octal digits.
fn plain(written: &str) -> PathBuf {
    let mut bytes = Vec::new();
    let mut rest = written.as_bytes();
    while let [first, more @ ..] = rest {
        let digits = (*first == b'\\').then(|| more.get(..3)).flatten();
        let digits = digits.and_then(|digits| std::str::from_utf8(digits).ok());
        if let Some(byte) = digits.and_then(|digits| u8::from_str_radix(digits, 8).ok()) {
            bytes.push(byte);
            rest = &more[3..];
        } else {
            bytes.push(*first);
            rest = more;
        }
    }
    PathBuf::from(OsString::from_vec(bytes))
}

#[cfg(test)]
mod tests {
    use super::{Leftover, named};

    #[test]
    fn disks_are_told_from_other_mounts() {
        let line = r"97 31 0:44 / /runs/a\040b/m1/disk rw,nosuid shared:9 - fuse stormglass-7-8 rw";
        let disk =
            Leftover { name: "stormglass-7-8".to_owned(), mountpoint: "/runs/a b/m1/disk".into() };
        assert_eq!(named(line), Some(disk));
        assert_eq!(named("31 1 8:1 / / rw - ext4 /dev/sda1 rw"), None);
        assert_eq!(named("32 1 0:4 / /x rw - fuse.sshfs there:/ rw"), None);
        assert_eq!(named("nothing"), None);
    }
}
