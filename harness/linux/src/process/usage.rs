//! What a process takes of the machine.

use std::fs;
use std::io;
use std::time::Duration;

use super::tasks::processor_time;

/// What a process takes of the machine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// How long processors have worked for it since its start.
    pub processor: Duration,
    /// Memory that is its own at the moment, in bytes.
    pub resident_bytes: u64,
    /// Files that it has open, connections included.
    pub open_files: u64,
}

/// What a process takes, as the kernel tells it.
///
/// # Errors
/// When there is no such process, or it is somebody else's.
pub fn usage(pid: u32) -> io::Result<Usage> {
    let processor = processor_time(pid)?;
    let memory = fs::read_to_string(format!("/proc/{pid}/statm"))?;
    let pages = resident_pages(&memory).ok_or_else(|| io::Error::other("/proc tells no memory"))?;
    let open_files = fs::read_dir(format!("/proc/{pid}/fd"))?.count() as u64;
    let resident_bytes = pages * page_bytes();
    Ok(Usage { processor, resident_bytes, open_files })
}

/// The second field of `statm`.
fn resident_pages(statm: &str) -> Option<u64> {
    statm.split_whitespace().nth(1)?.parse().ok()
}

fn page_bytes() -> u64 {
    // SAFETY: sysconf takes an integer only.
    let bytes = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
    u64::try_from(bytes).unwrap_or(4096)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_takes_something() {
        let before = usage(std::process::id()).expect("it is ours");
        assert!(before.resident_bytes > 100_000, "{before:?}");
        let folder = std::env::temp_dir();
        let files: Vec<_> = (0..5).map(|_| fs::File::open(&folder).expect("opened")).collect();
        let after = usage(std::process::id()).expect("it is ours");
        assert!(after.open_files >= 5, "{after:?}");
        assert!(after.processor >= before.processor);
        drop(files);
        assert!(usage(u32::MAX).is_err());
    }

    #[test]
    fn resident_memory_is_the_second_field() {
        assert_eq!(resident_pages("1000 250 30 1 0 99 0\n"), Some(250));
        assert_eq!(resident_pages("1000"), None);
    }
}
