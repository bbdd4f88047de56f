//! Waits for packets on many ports, and for the word to stop.

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::time::Duration;

use crate::call::{check, named};

/// Marks the word to stop among the ports' numbers.
const STOP: u64 = u64::MAX;
const EVENTS_AT_ONCE: u8 = 16;

/// An epoll instance and an eventfd in it.
#[derive(Debug)]
pub(super) struct Poller {
    epoll: OwnedFd,
    stop: OwnedFd,
}

/// What one wait found.
#[derive(Debug)]
pub(super) struct Ready {
    events: [libc::epoll_event; EVENTS_AT_ONCE as usize],
    count: usize,
}

impl Ready {
    pub(super) fn new() -> Self {
        Self {
            events: [libc::epoll_event { events: 0, u64: 0 }; EVENTS_AT_ONCE as usize],
            count: 0,
        }
    }

    /// The ports with something to read.
    pub(super) fn ports(&self) -> impl Iterator<Item = usize> {
        let tokens = self.events[..self.count].iter().map(|event| event.u64);
        tokens.filter_map(|token| usize::try_from(token).ok().filter(|_| token != STOP))
    }

    /// Whether the word to stop is among them.
    pub(super) fn is_stop(&self) -> bool {
        self.events[..self.count].iter().any(|event| event.u64 == STOP)
    }
}

impl Poller {
    pub(super) fn new() -> io::Result<Self> {
        // SAFETY: epoll_create1 takes flags only.
        let epoll = owned(unsafe { libc::epoll_create1(libc::EPOLL_CLOEXEC) }, "epoll_create1")?;
        // SAFETY: eventfd takes integers only.
        let stop = owned(unsafe { libc::eventfd(0, libc::EFD_CLOEXEC) }, "eventfd")?;
        let poller = Self { epoll, stop };
        poller.watch(poller.stop.as_fd(), STOP)?;
        Ok(poller)
    }

    /// Adds a port; its number must be below `usize::MAX`.
    pub(super) fn add(&self, descriptor: BorrowedFd<'_>, port: usize) -> io::Result<()> {
        self.watch(descriptor, port as u64)
    }

    /// Forgets a port whose device has gone, which would be ready for ever.
    pub(super) fn remove(&self, descriptor: BorrowedFd<'_>) {
        let fd = descriptor.as_raw_fd();
        // SAFETY: both descriptors are open; a null event is allowed for this operation. A
        // failure means that the kernel has forgotten the descriptor itself.
        unsafe {
            libc::epoll_ctl(self.epoll.as_raw_fd(), libc::EPOLL_CTL_DEL, fd, std::ptr::null_mut());
        }
    }

    /// Waits until something is ready, or the time is over (rounded up to milliseconds).
    pub(super) fn wait(&self, ready: &mut Ready, limit: Option<Duration>) -> io::Result<()> {
        let milliseconds = |limit: Duration| limit.as_nanos().div_ceil(1_000_000);
        let limit = limit.map_or(-1, |limit| {
            libc::c_int::try_from(milliseconds(limit)).unwrap_or(libc::c_int::MAX)
        });
        let (events, room) = (ready.events.as_mut_ptr(), libc::c_int::from(EVENTS_AT_ONCE));
        // SAFETY: the pointer is to as many events as the length says.
        let found = unsafe { libc::epoll_wait(self.epoll.as_raw_fd(), events, room, limit) };
        ready.count = usize::try_from(found).unwrap_or(0);
        if found >= 0 {
            return Ok(());
        }
        let error = io::Error::last_os_error();
        if error.kind() == io::ErrorKind::Interrupted { Ok(()) } else { Err(error) }
    }

    /// Says the word to stop, from any thread.
    pub(super) fn request_stop(&self) {
        let one = 1_u64.to_ne_bytes();
        // SAFETY: the pointer and length are those of one live array. Writing to an eventfd
        // fails only when its counter is full, and then the word has long been said.
        unsafe { libc::write(self.stop.as_raw_fd(), one.as_ptr().cast(), one.len()) };
    }

    fn watch(&self, descriptor: BorrowedFd<'_>, token: u64) -> io::Result<()> {
        let mut event = libc::epoll_event { events: libc::EPOLLIN.cast_unsigned(), u64: token };
        let (epoll, fd) = (self.epoll.as_raw_fd(), descriptor.as_raw_fd());
        // SAFETY: both descriptors are open and the event outlives the call.
        let result = unsafe { libc::epoll_ctl(epoll, libc::EPOLL_CTL_ADD, fd, &raw mut event) };
        check(result, "epoll_ctl").map(|_| ())
    }
}

fn owned(fd: libc::c_int, attempt: &str) -> io::Result<OwnedFd> {
    if fd < 0 {
        return Err(named(attempt, &io::Error::last_os_error()));
    }
    // SAFETY: the kernel just returned this descriptor, and nobody else owns it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}
