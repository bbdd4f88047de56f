//! Mounts inside the mount namespace of a run; nothing of them is seen outside.

use std::ffi::{CStr, CString};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use crate::call::{named, or_errno};

/// Mounts an empty tmpfs of at most `size_bytes` on the directory `path`.
///
/// Call it in the inner process, after [`crate::isolation::settle`]: the mount then goes away
/// with the run. The kernel rounds the size up to whole pages.
///
/// # Errors
/// When the path is not a directory or holds a NUL byte, or the mount is not allowed.
pub fn mount_tmpfs(path: &Path, size_bytes: u64) -> io::Result<()> {
    let attempt = format!("cannot mount a tmpfs on {}", path.display());
    let target = CString::new(path.as_os_str().as_bytes())?;
    let options = CString::new(format!("size={size_bytes},mode=0755"))?;
    let flags = libc::MS_NOSUID | libc::MS_NODEV;
    mount((c"tmpfs", c"tmpfs"), &target, flags, Some(&options))
        .map_err(|errno| named(&attempt, &io::Error::from_raw_os_error(errno)))
}

/// Cuts the propagation of every mount, so that nothing mounted here leaks out. The error is
/// an `errno`; allocates nothing.
pub(crate) fn make_private() -> Result<(), i32> {
    // SAFETY: the target is a NUL-terminated string; source, type and data may be null for a
    // change of propagation.
    or_errno(unsafe {
        libc::mount(
            std::ptr::null(),
            c"/".as_ptr(),
            std::ptr::null(),
            libc::MS_REC | libc::MS_PRIVATE,
            std::ptr::null(),
        )
    })
    .map(|_| ())
}

/// Mounts the caller's pid namespace's own /proc. The error is an `errno`; allocates nothing.
pub(crate) fn mount_proc() -> Result<(), i32> {
    mount((c"proc", c"proc"), c"/proc", libc::MS_NOSUID | libc::MS_NODEV | libc::MS_NOEXEC, None)
}

/// Mounts a file system that has no device, by the name that it is listed by and its kind. The
/// error is an `errno`; allocates nothing.
pub(crate) fn mount(
    (source, kind): (&CStr, &CStr),
    target: &CStr,
    flags: libc::c_ulong,
    options: Option<&CStr>,
) -> Result<(), i32> {
    let data = options.map_or(std::ptr::null(), CStr::as_ptr);
    // SAFETY: every string is NUL-terminated and outlives the call; data may be null.
    or_errno(unsafe {
        libc::mount(source.as_ptr(), target.as_ptr(), kind.as_ptr(), flags, data.cast())
    })
    .map(|_| ())
}
