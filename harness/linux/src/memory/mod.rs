//! Control groups that bound how much memory processes may take.
//!
//! A process is charged for what it takes while it is in a group, so it goes into one when it
//! starts. One that takes more than the limit loses cached pages first; when there are none
//! left, the kernel ends it with SIGKILL.

mod hierarchy;

use std::fs;
use std::io::{self, Error, ErrorKind};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use hierarchy::{Interface, of_process, parent};

/// A group that takes more between the look at it and its limit is looked at again.
const LIMITS: u32 = 20;

/// The kernel counts memory in pages.
const PAGE: u64 = 4096;

/// A group can be removed when the last of its processes is gone for good.
const REMOVALS: u32 = 40;
const REMOVE_AGAIN: Duration = Duration::from_millis(50);

/// What a group has taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Use {
    /// In bytes, pages that can be dropped included.
    pub used: u64,
    /// How often somebody wanted more than the limit.
    pub hits: u64,
    /// How many processes the kernel ended for it.
    pub kills: u64,
}

/// A folder of groups. It is removed with everything in it when this is dropped, or by
/// [`remove`] where whoever made it was killed.
#[derive(Debug)]
pub struct Groups {
    folder: PathBuf,
}

impl Groups {
    /// Makes a folder of this name, next to the group that this process is in.
    ///
    /// # Errors
    /// When this process may not make any, or the name is taken.
    pub fn make(name: &str) -> io::Result<Self> {
        let (parent, interface) = parent()?;
        let folder = parent.join(name);
        fs::create_dir(&folder).map_err(|error| about(&folder, &error))?;
        let groups = Self { folder };
        if interface == Interface::Two {
            let shared = groups.folder.join("cgroup.subtree_control");
            fs::write(&shared, "+memory").map_err(|error| about(&shared, &error))?;
        }
        Ok(groups)
    }

    /// Where it is.
    pub fn folder(&self) -> &Path {
        &self.folder
    }
}

impl Drop for Groups {
    fn drop(&mut self) {
        let _ = remove(&self.folder);
    }
}

/// Removes a folder of groups whose processes are gone or about to go.
///
/// # Errors
/// When there is a process in it still.
pub fn remove(folder: &Path) -> io::Result<()> {
    let mut removed = try_to_remove(folder);
    for _ in 1..REMOVALS {
        if removed.is_ok() {
            break;
        }
        thread::sleep(REMOVE_AGAIN);
        removed = try_to_remove(folder);
    }
    removed
}

/// Its files are the kernel's, and go with it.
fn try_to_remove(folder: &Path) -> io::Result<()> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            fs::remove_dir(entry.path())?;
        }
    }
    fs::remove_dir(folder)
}

/// Whether groups can be made here: tries it.
///
/// # Errors
/// When they cannot, with what would help behind the last colon.
pub fn probe() -> io::Result<()> {
    let name = format!("stormglass-probe-{}", std::process::id());
    let tried = Groups::make(&name).and_then(|groups| Group::make(groups.folder(), "one"));
    tried.map(drop).map_err(|error| {
        let kind = error.kind();
        Error::new(
            kind,
            format!(
                "control groups cannot be made ({error}): run as root, or as a user under \
                 `systemd-run --user --scope -p Delegate=yes`"
            ),
        )
    })
}

/// What tells the memory that a group has taken.
#[derive(Debug)]
pub struct Meter {
    folder: PathBuf,
    interface: Interface,
}

impl Meter {
    /// That of the group which a process is in, whoever made it.
    ///
    /// # Errors
    /// When no groups that count memory are in sight, or the process is gone.
    pub fn of_process(pid: u32) -> io::Result<Self> {
        let (folder, interface) = of_process(pid)?;
        Ok(Self { folder, interface })
    }

    /// Whether the kernel refuses a limit below what is taken, after it has given up what it can.
    pub fn refuses_less(&self) -> bool {
        self.interface == Interface::One
    }

    /// What the group has taken.
    ///
    /// # Errors
    /// When the group is gone.
    pub fn memory(&self) -> io::Result<Use> {
        let files = self.interface.files();
        // A kernel that does not count swap areas has no such file.
        let with_swap = files.hits_with_swap.and_then(|file| self.read((file, None)).ok());
        Ok(Use {
            used: self.read((files.used, None))?,
            hits: self.read(files.hits)? + with_swap.unwrap_or(0),
            kills: self.read(files.kills)?,
        })
    }

    fn read(&self, (file, key): (&str, Option<&str>)) -> io::Result<u64> {
        let path = self.folder.join(file);
        let text = fs::read_to_string(&path).map_err(|error| about(&path, &error))?;
        number(&text, key).ok_or_else(|| {
            let what = key.unwrap_or("a number");
            Error::new(ErrorKind::InvalidData, format!("{} has no {what}", path.display()))
        })
    }
}

/// A group of one member's processes.
#[derive(Debug)]
pub struct Group {
    meter: Meter,
}

impl Group {
    /// Makes a group of this name in a folder of groups.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn make(groups: &Path, name: &str) -> io::Result<Self> {
        let folder = groups.join(name);
        fs::create_dir(&folder).map_err(|error| about(&folder, &error))?;
        let group = Self { meter: Meter { interface: Interface::of(&folder), folder } };
        let (file, value) = group.meter.interface.files().no_swap;
        // Where there is no swap area, there is no such file.
        let _ = fs::write(group.meter.folder.join(file), value);
        Ok(group)
    }

    /// From now on a process takes its memory in this group, and its children do.
    ///
    /// # Errors
    /// When the process is gone or may not be moved.
    pub fn adopt(&self, pid: u32) -> io::Result<()> {
        self.write("cgroup.procs", &pid.to_string())
    }

    /// Sets the limit in bytes; `None` lifts it.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn limit(&self, bytes: Option<u64>) -> io::Result<()> {
        let files = self.meter.interface.files();
        let value = bytes.map_or_else(|| files.unlimited.to_owned(), |bytes| bytes.to_string());
        self.write(files.limit, &value)
    }

    /// Limits it to what it has and `spare` bytes, and never to more than `most`; returns the
    /// limit.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn confine(&self, spare: u64, most: u64) -> io::Result<u64> {
        if spare == 0 && self.meter.refuses_less() {
            // The kernel sets pages aside for a group, which count as taken. It gives them up
            // before it refuses a limit below what is taken; version 2 would end processes.
            let _ = self.limit(Some(self.memory()?.used.saturating_sub(PAGE).min(most)));
        }
        let mut limited = self.limit_to(spare, most);
        for _ in 1..LIMITS {
            match &limited {
                Err(error) if error.kind() == ErrorKind::ResourceBusy => {
                    limited = self.limit_to(spare, most);
                }
                _ => break,
            }
        }
        limited
    }

    /// One attempt, which version 1 refuses when the group has taken more meanwhile.
    fn limit_to(&self, spare: u64, most: u64) -> io::Result<u64> {
        let limit = self.memory()?.used.saturating_add(spare).min(most);
        self.limit(Some(limit)).map(|()| limit)
    }

    /// What it has taken.
    ///
    /// # Errors
    /// When the group is gone.
    pub fn memory(&self) -> io::Result<Use> {
        self.meter.memory()
    }

    fn write(&self, file: &str, value: &str) -> io::Result<()> {
        let path = self.meter.folder.join(file);
        fs::write(&path, value).map_err(|error| about(&path, &error))
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        let _ = fs::remove_dir(&self.meter.folder);
    }
}

/// The number in a file that has only one, or that of a key.
fn number(text: &str, key: Option<&str>) -> Option<u64> {
    let Some(key) = key else { return text.trim().parse().ok() };
    text.lines().find_map(|line| match line.split_once(' ') {
        Some((name, value)) if name == key => value.trim().parse().ok(),
        _ => None,
    })
}

fn about(path: &Path, error: &io::Error) -> io::Error {
    Error::new(error.kind(), format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::number;

    #[test]
    fn numbers_are_found_alone_and_by_their_key() {
        assert_eq!(number("4096\n", None), Some(4096));
        let events = "low 0\nhigh 0\nmax 12\noom 3\noom_kill 1\n";
        assert_eq!(number(events, Some("max")), Some(12));
        assert_eq!(number(events, Some("oom_kill")), Some(1));
        assert_eq!(number(events, Some("swap")), None);
        assert_eq!(number("max\n", None), None);
    }
}
