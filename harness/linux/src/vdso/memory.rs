//! The memory of another process, by address.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::FileExt as _;

/// The memory of a process, also where its pages are read-only: the kernel then gives the
/// process a copy of its own. It stays this process's memory, whoever gets the pid.
#[derive(Debug)]
pub(super) struct Memory {
    pid: u32,
    file: File,
}

impl Memory {
    /// Opens it.
    pub(super) fn open(pid: u32) -> io::Result<Self> {
        let path = format!("/proc/{pid}/mem");
        match OpenOptions::new().read(true).write(true).open(path) {
            Ok(file) => Ok(Self { pid, file }),
            Err(error) => Err(explain(pid, &error)),
        }
    }

    /// Reads from `address`, all of `bytes`.
    pub(super) fn read(&self, bytes: &mut [u8], address: u64) -> io::Result<()> {
        let read = self.file.read_exact_at(bytes, address);
        read.map_err(|error| explain(self.pid, &error))
    }

    /// Writes all of `bytes` to `address`.
    pub(super) fn write(&self, bytes: &[u8], address: u64) -> io::Result<()> {
        let written = self.file.write_all_at(bytes, address);
        written.map_err(|error| explain(self.pid, &error))
    }

    /// Where the process has its vDSO: from and to.
    pub(super) fn vdso(&self) -> io::Result<(u64, u64)> {
        let pid = self.pid;
        let maps = fs::read_to_string(format!("/proc/{pid}/maps"));
        let maps = maps.map_err(|error| explain(pid, &error))?;
        if maps.is_empty() {
            return Err(gone(pid));
        }
        find_vdso(&maps).ok_or_else(|| {
            let message = format!(
                "process {pid} has no vDSO, through which its clocks could be moved: boot the \
                 kernel without vdso=0"
            );
            io::Error::new(ErrorKind::Unsupported, message)
        })
    }
}

fn find_vdso(maps: &str) -> Option<(u64, u64)> {
    let line = maps.lines().find(|line| line.ends_with("[vdso]"))?;
    let (from, to) = line.split_whitespace().next()?.split_once('-')?;
    let address = |text| u64::from_str_radix(text, 16).ok();
    Some((address(from)?, address(to)?))
}

/// One sentence for what the kernel refused.
fn explain(pid: u32, error: &io::Error) -> io::Error {
    match (error.kind(), error.raw_os_error()) {
        // The memory of a process that has ended is empty.
        (ErrorKind::NotFound | ErrorKind::WriteZero | ErrorKind::UnexpectedEof, _)
        | (_, Some(libc::ESRCH)) => gone(pid),
        (ErrorKind::PermissionDenied, _) => {
            let message = format!(
                "the memory of process {pid} may not be written ({error}): it must be a child of \
                 this program under the same user, and kernel.yama.ptrace_scope 0 or 1; or run \
                 as root"
            );
            io::Error::new(ErrorKind::PermissionDenied, message)
        }
        (_, Some(libc::EIO)) => {
            let message = format!(
                "the kernel keeps the code of process {pid} from being written ({error}): boot \
                 it with proc_mem.force_override=always"
            );
            io::Error::new(ErrorKind::PermissionDenied, message)
        }
        _ => crate::call::named(&format!("the memory of process {pid}"), error),
    }
}

fn gone(pid: u32) -> io::Error {
    io::Error::new(ErrorKind::NotFound, format!("process {pid} has ended"))
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::{explain, find_vdso};

    #[test]
    fn the_mapping_is_found_by_its_name() {
        let maps = "7ffd1000-7ffd5000 r--p 00000000 00:00 0    [vvar]\n\
                    7ffd5000-7ffd7000 r-xp 00000000 00:00 0    [vdso]\n";
        assert_eq!(find_vdso(maps), Some((0x7ffd_5000, 0x7ffd_7000)));
        assert_eq!(find_vdso("7ffd1000-7ffd5000 r--p 0 00:00 0 [vvar]\n"), None);
    }

    #[test]
    fn refusals_say_what_to_do() {
        let said = |errno| explain(7, &io::Error::from_raw_os_error(errno)).to_string();
        assert_eq!(said(libc::ESRCH), "process 7 has ended");
        assert!(said(libc::EACCES).contains("kernel.yama.ptrace_scope"));
        assert!(said(libc::EIO).contains("proc_mem.force_override=always"));
    }
}
