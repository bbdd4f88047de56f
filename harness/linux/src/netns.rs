//! Network namespaces, one per member, held open by a descriptor.

use std::fs::{self, File};
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::panic::resume_unwind;
use std::thread;
use std::time::Duration;

use crate::call::{check, or_errno};
use crate::interface;

const RETRANSMISSION_LIMIT: &str = "/proc/sys/net/ipv4/tcp_rto_max_ms";

/// Settings of TCP inside a network namespace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TcpTuning {
    retransmission_limit: Option<Duration>,
}

impl TcpTuning {
    /// Leaves the kernel's settings: after a cut of 3 s, connections stay silent for up to 7 s
    /// after the heal, because TCP doubles its retransmission timeout up to two minutes.
    pub const KERNEL: Self = Self { retransmission_limit: None };

    /// No retransmission waits longer than `limit`, in whole milliseconds, 1 s at least (the
    /// kernel refuses less).
    pub const fn bounded(limit: Duration) -> Self {
        Self { retransmission_limit: Some(limit) }
    }

    /// Applies to the calling thread's namespace; whether the kernel took it. Kernels before
    /// 6.15 have no such setting, which is no error: healing is then slower.
    pub(crate) fn apply(self) -> bool {
        let Some(limit) = self.retransmission_limit else { return false };
        fs::write(RETRANSMISSION_LIMIT, limit.as_millis().to_string()).is_ok()
    }
}

/// One second at most between two retransmissions.
impl Default for TcpTuning {
    fn default() -> Self {
        Self::bounded(Duration::from_secs(1))
    }
}

/// A network namespace with `lo` up. It goes away when this is dropped and no process or
/// socket is in it any more.
#[derive(Debug)]
pub struct NetNs {
    handle: OwnedFd,
    retransmission_bounded: bool,
}

impl NetNs {
    /// Makes a namespace. The calling thread stays where it is.
    ///
    /// # Errors
    /// When the process may not make namespaces (see [`crate::isolation`]).
    pub fn create(tuning: TcpTuning) -> io::Result<Self> {
        // unshare moves the calling thread, so a thread of its own is sacrificed.
        on_a_thread(|| {
            // SAFETY: unshare takes flags only; the network namespace of other threads stays.
            check(unsafe { libc::unshare(libc::CLONE_NEWNET) }, "unshare of a network namespace")?;
            interface::bring_up("lo")?;
            let retransmission_bounded = tuning.apply();
            let handle = File::open("/proc/thread-self/ns/net")?.into();
            Ok(Self { handle, retransmission_bounded })
        })
    }

    /// The namespace of a process that this program did not start, such as a container's, with
    /// `lo` up.
    ///
    /// # Errors
    /// When there is no such process, or its namespace may not be joined.
    pub fn of_process(pid: u32, tuning: TcpTuning) -> io::Result<Self> {
        let handle: OwnedFd = File::open(format!("/proc/{pid}/ns/net"))?.into();
        let mut namespace = Self { handle, retransmission_bounded: false };
        namespace.retransmission_bounded = namespace.run(|| {
            interface::bring_up("lo")?;
            Ok(tuning.apply())
        })?;
        Ok(namespace)
    }

    /// Moves the calling thread into the namespace, and with it all threads that it starts from
    /// now on.
    ///
    /// # Errors
    /// When the namespace cannot be joined.
    pub fn enter(&self) -> io::Result<()> {
        join(self.handle.as_fd()).map_err(io::Error::from_raw_os_error)
    }

    /// Runs `work` on a thread that has joined the namespace. Sockets and TUN devices that it
    /// opens stay in the namespace, wherever they are used later. A panic of `work` is passed
    /// on.
    ///
    /// # Errors
    /// When the namespace cannot be joined, or what `work` returns.
    pub fn run<T: Send>(&self, work: impl FnOnce() -> io::Result<T> + Send) -> io::Result<T> {
        on_a_thread(|| {
            join(self.handle.as_fd()).map_err(io::Error::from_raw_os_error)?;
            work()
        })
    }

    /// Whether the kernel bounded TCP's retransmission timeout as asked.
    pub fn retransmission_bounded(&self) -> bool {
        self.retransmission_bounded
    }

    /// Another handle of the same namespace.
    pub(crate) fn handle(&self) -> io::Result<OwnedFd> {
        self.handle.try_clone()
    }
}

/// The descriptor of the namespace, for `setns`.
impl AsFd for NetNs {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.handle.as_fd()
    }
}

/// Moves the calling thread into the namespace. Async-signal-safe; the error is an `errno`.
pub(crate) fn join(namespace: BorrowedFd<'_>) -> Result<(), i32> {
    // SAFETY: the descriptor is open for as long as it is borrowed.
    or_errno(unsafe { libc::setns(namespace.as_raw_fd(), libc::CLONE_NEWNET) }).map(|_| ())
}

fn on_a_thread<T: Send>(work: impl FnOnce() -> io::Result<T> + Send) -> io::Result<T> {
    thread::scope(|scope| {
        let worker = thread::Builder::new().name("netns".to_owned()).spawn_scoped(scope, work)?;
        worker.join().unwrap_or_else(|panic| resume_unwind(panic))
    })
}
