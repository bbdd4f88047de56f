//! The system calls that make the namespaces. They allocate nothing and take no lock, so a
//! child forked from a process with threads may run them.

use std::ffi::CStr;

use crate::call::or_errno;

/// One thing that a run asks of the kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// `unshare` of every namespace in one call.
    Unshare,
    /// Writing `setgroups`, `uid_map` and `gid_map`.
    MapIdentity,
    /// Cutting mount propagation.
    PrivateMounts,
    /// Opening the TUN device and making an interface with it.
    Tun,
    /// A /proc of the new pid namespace.
    FreshProc,
    /// A tmpfs.
    Tmpfs,
    /// Opening the FUSE device and mounting a disk with it.
    Disk,
}

impl Step {
    pub(super) const ALL: [Self; 7] = [
        Self::Unshare,
        Self::MapIdentity,
        Self::PrivateMounts,
        Self::Tun,
        Self::FreshProc,
        Self::Tmpfs,
        Self::Disk,
    ];
}

/// A step that the kernel refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) step: Step,
    pub(crate) errno: i32,
}

/// Which namespaces to make, prepared where allocation is still allowed.
#[derive(Debug)]
pub(super) struct Plan {
    flags: libc::c_int,
    /// `uid_map` and `gid_map` lines, for a user namespace.
    maps: Option<(Vec<u8>, Vec<u8>)>,
}

impl Plan {
    /// Root needs no user namespace; everybody else becomes root of a new one.
    pub(super) fn for_this_process() -> Self {
        // SAFETY: these calls take nothing and cannot fail.
        let (user, group) = unsafe { (libc::geteuid(), libc::getegid()) };
        let flags = libc::CLONE_NEWNET | libc::CLONE_NEWNS | libc::CLONE_NEWPID;
        if user == 0 {
            return Self { flags, maps: None };
        }
        let map = |id: u32| format!("0 {id} 1").into_bytes();
        Self { flags: flags | libc::CLONE_NEWUSER, maps: Some((map(user), map(group))) }
    }

    /// Whether a user namespace is part of it.
    pub(super) fn has_user_namespace(&self) -> bool {
        self.maps.is_some()
    }

    /// Moves the calling process into the namespaces: one `unshare`, then the identity maps.
    pub(super) fn carry_out(&self) -> Result<(), Failure> {
        // SAFETY: unshare takes flags only; none of these touches memory of this process.
        or_errno(unsafe { libc::unshare(self.flags) })
            .map_err(|errno| Failure { step: Step::Unshare, errno })?;
        let Some((uid_map, gid_map)) = &self.maps else { return Ok(()) };
        // The kernel takes a gid_map of an ordinary user only after setgroups is given up.
        write(c"/proc/self/setgroups", b"deny")
            .and_then(|()| write(c"/proc/self/uid_map", uid_map))
            .and_then(|()| write(c"/proc/self/gid_map", gid_map))
            .map_err(|errno| Failure { step: Step::MapIdentity, errno })
    }
}

fn write(path: &CStr, bytes: &[u8]) -> Result<(), i32> {
    // SAFETY: the path is NUL-terminated; the flags ask for no mode argument.
    let fd = or_errno(unsafe { libc::open(path.as_ptr(), libc::O_WRONLY | libc::O_CLOEXEC) })?;
    // SAFETY: the pointer and the length are those of one live slice.
    let written = unsafe { libc::write(fd, bytes.as_ptr().cast(), bytes.len()) };
    let result = if written < 0 { Err(crate::call::errno()) } else { Ok(()) };
    // SAFETY: the descriptor was opened above and is not used again.
    unsafe { libc::close(fd) };
    result
}
