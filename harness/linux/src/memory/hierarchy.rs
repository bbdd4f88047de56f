//! Where this process may make control groups, and what their files are called.

use std::fs;
use std::io::{self, Error, ErrorKind};
use std::path::{Path, PathBuf};

/// The two versions of the kernel's interface to control groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Interface {
    One,
    Two,
}

/// The files of a group that are about its memory.
#[derive(Clone, Copy, Debug)]
pub(super) struct Files {
    pub(super) limit: &'static str,
    /// What lifts the limit.
    pub(super) unlimited: &'static str,
    pub(super) used: &'static str,
    /// How often the limit was hit: a file, and in it a key where it has several.
    pub(super) hits: (&'static str, Option<&'static str>),
    /// The same of the limit on memory and swap area together, where that has one of its own.
    /// Where the two are equal, all hits count here.
    pub(super) hits_with_swap: Option<&'static str>,
    /// How many processes the kernel ended for want of memory.
    pub(super) kills: (&'static str, Option<&'static str>),
    /// Keeps memory from moving to a swap area instead; not there where there is none.
    pub(super) no_swap: (&'static str, &'static str),
}

impl Interface {
    pub(super) fn files(self) -> Files {
        match self {
            Self::One => Files {
                limit: "memory.limit_in_bytes",
                unlimited: "-1",
                used: "memory.usage_in_bytes",
                hits: ("memory.failcnt", None),
                hits_with_swap: Some("memory.memsw.failcnt"),
                kills: ("memory.oom_control", Some("oom_kill")),
                no_swap: ("memory.swappiness", "0"),
            },
            Self::Two => Files {
                limit: "memory.max",
                unlimited: "max",
                used: "memory.current",
                hits: ("memory.events", Some("max")),
                hits_with_swap: None,
                kills: ("memory.events", Some("oom_kill")),
                no_swap: ("memory.swap.max", "0"),
            },
        }
    }

    /// That of a group which is there.
    pub(super) fn of(folder: &Path) -> Self {
        if folder.join(Self::One.files().limit).exists() { Self::One } else { Self::Two }
    }
}

/// The group in which this process may make others.
pub(super) fn parent() -> io::Result<(PathBuf, Interface)> {
    let (own, interface) = of_process(std::process::id())?;
    if interface == Interface::One || shares_memory(&own) {
        return Ok((own, interface));
    }
    // A group with processes in it gives none of its memory to groups below it.
    match own.parent().filter(|parent| shares_memory(parent)) {
        Some(parent) => Ok((parent.to_owned(), interface)),
        None => Err(Error::new(
            ErrorKind::PermissionDenied,
            format!("no group around {} lets those below it count memory", own.display()),
        )),
    }
}

/// The group that a process is in, where this process finds it.
pub(super) fn of_process(pid: u32) -> io::Result<(PathBuf, Interface)> {
    let mounts = fs::read_to_string("/proc/self/mountinfo")?;
    let groups = fs::read_to_string(format!("/proc/{pid}/cgroup"))?;
    own(&mounts, &groups).ok_or_else(|| {
        Error::new(ErrorKind::NotFound, "no control groups that count memory are mounted")
    })
}

/// Whether groups below this one of version 2 can be limited in memory.
fn shares_memory(folder: &Path) -> bool {
    let controllers = fs::read_to_string(folder.join("cgroup.subtree_control"));
    controllers.is_ok_and(|named| named.split_whitespace().any(|named| named == "memory"))
}

/// The folder of the group that a process is in, from what `/proc` says of mounts and groups:
/// that of version 1, where memory is counted by it.
fn own(mounts: &str, groups: &str) -> Option<(PathBuf, Interface)> {
    let group = |wanted: Interface| {
        groups.lines().find_map(|line| {
            let mut parts = line.splitn(3, ':');
            let (_, controllers, path) = (parts.next()?, parts.next()?, parts.next()?);
            let memory = controllers.split(',').any(|controller| controller == "memory");
            let this = if wanted == Interface::One { memory } else { controllers.is_empty() };
            this.then_some(path)
        })
    };
    [Interface::One, Interface::Two].into_iter().find_map(|interface| {
        let (root, mountpoint) = mount(mounts, interface)?;
        let below = Path::new(group(interface)?).strip_prefix(root).ok()?;
        Some((Path::new(mountpoint).join(below), interface))
    })
}

/// Where the groups that count memory are mounted: the group that is the mount's root, and the
/// place.
fn mount(mounts: &str, wanted: Interface) -> Option<(&str, &str)> {
    mounts.lines().find_map(|line| {
        let (before, after) = line.split_once(" - ")?;
        let mut before = before.split(' ').skip(3);
        let place = (before.next()?, before.next()?);
        let mut after = after.split(' ');
        let (kind, options) = (after.next()?, after.nth(1).unwrap_or_default());
        let this = match wanted {
            Interface::One => kind == "cgroup" && options.split(',').any(|word| word == "memory"),
            Interface::Two => kind == "cgroup2",
        };
        this.then_some(place)
    })
}

#[cfg(test)]
mod tests {
    use super::{Interface, own};

    fn place(mounts: &str, groups: &str) -> Option<(String, Interface)> {
        own(mounts, groups).map(|(folder, interface)| (folder.display().to_string(), interface))
    }

    #[test]
    fn the_own_group_is_found_in_either_version() {
        let mounts = "30 25 0:26 / /sys/fs/cgroup rw - tmpfs tmpfs rw\n\
            31 30 0:27 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n\
            32 30 0:28 / /sys/fs/cgroup/memory rw,nosuid - cgroup cgroup rw,memory\n";
        let groups = "4:memory:/jobs/7\n1:cpu,cpuacct:/\n0::/\n";
        let found = ("/sys/fs/cgroup/memory/jobs/7".to_owned(), Interface::One);
        assert_eq!(place(mounts, groups), Some(found));
        let mounts = "32 30 0:28 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n";
        let groups = "0::/user.slice/run-3.scope\n";
        let found = ("/sys/fs/cgroup/user.slice/run-3.scope".to_owned(), Interface::Two);
        assert_eq!(place(mounts, groups), Some(found));
    }

    #[test]
    fn in_a_container_the_mount_begins_at_its_own_group() {
        let mounts = "32 30 0:28 /docker/abc /sys/fs/cgroup/memory ro - cgroup cgroup ro,memory\n";
        let found = ("/sys/fs/cgroup/memory/".to_owned(), Interface::One);
        assert_eq!(place(mounts, "4:memory:/docker/abc\n"), Some(found));
        assert_eq!(place(mounts, "4:memory:/elsewhere\n"), None);
    }

    #[test]
    fn without_a_mount_there_is_none() {
        assert_eq!(place("25 1 8:1 / / rw - ext4 /dev/sda1 rw\n", "0::/\n"), None);
    }
}
