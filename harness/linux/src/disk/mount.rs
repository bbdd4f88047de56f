//! Mounting and unmounting, by system calls: no helper program, so it works as root and in a
//! user namespace.

use std::ffi::{CStr, CString};
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use crate::call::{named, or_errno};
use crate::mounts;

/// Room for the options, whatever the numbers in them.
const OPTIONS_BYTES: usize = 128;
/// What mounts are of, where nobody else is meant to see them.
const NAMELESS: &CStr = c"fuse";
const FLAGS: libc::c_ulong = libc::MS_NOSUID | libc::MS_NODEV;

/// Mounts a FUSE file system that the owner of the descriptor is to serve.
///
/// One with a name is listed by it, and open to processes of every user.
pub(super) fn mount(device: &Path, mountpoint: &Path, name: Option<&str>) -> io::Result<OwnedFd> {
    let opened = OpenOptions::new().read(true).write(true).open(device);
    let fd: OwnedFd =
        opened.map_err(|error| named(&format!("cannot open {}", device.display()), &error))?.into();
    let target = CString::new(mountpoint.as_os_str().as_bytes())?;
    let attempt = format!("cannot mount a disk on {}", mountpoint.display());
    let name = name.map(CString::new).transpose()?;
    attach(fd.as_raw_fd(), &target, name.as_deref())
        .map_err(|errno| named(&attempt, &io::Error::from_raw_os_error(errno)))?;
    Ok(fd)
}

/// Takes the mount out of sight; it ends with its last open file.
pub(super) fn unmount(mountpoint: &Path) -> io::Result<()> {
    let target = CString::new(mountpoint.as_os_str().as_bytes())?;
    // SAFETY: the path is NUL-terminated and outlives the call.
    or_errno(unsafe { libc::umount2(target.as_ptr(), libc::MNT_DETACH) })
        .map(drop)
        .map_err(io::Error::from_raw_os_error)
}

/// Whether a disk can be mounted here, with nobody serving it. It goes away with the mount
/// namespace. Allocates nothing, so a forked child may use it; the error is an `errno`.
pub(crate) fn try_device(device: &CStr) -> Result<(), i32> {
    // SAFETY: the path is NUL-terminated; the flags ask for no mode argument.
    let fd = or_errno(unsafe { libc::open(device.as_ptr(), libc::O_RDWR | libc::O_CLOEXEC) })?;
    // SAFETY: the kernel just returned this descriptor, and nobody else owns it.
    let device = unsafe { OwnedFd::from_raw_fd(fd) };
    attach(device.as_raw_fd(), c"/", None)
}

/// Mounts; allocates nothing.
fn attach(fd: RawFd, target: &CStr, name: Option<&CStr>) -> Result<(), i32> {
    // SAFETY: these calls take nothing and cannot fail.
    let (user, group) = unsafe { (libc::geteuid(), libc::getegid()) };
    let mut options = [0; OPTIONS_BYTES];
    let mut rest = &mut options[..OPTIONS_BYTES - 1];
    let others = if name.is_some() { ",allow_other" } else { "" };
    write!(rest, "fd={fd},rootmode=40000,user_id={user},group_id={group}{others}")
        .map_err(|_| libc::EINVAL)?;
    let options = CStr::from_bytes_until_nul(&options).map_err(|_| libc::EINVAL)?;
    let source = name.unwrap_or(NAMELESS);
    mounts::mount((source, c"fuse"), target, FLAGS, Some(options))
}
