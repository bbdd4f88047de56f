//! Tells again and again how far its clocks are off, for the tests of clock faults:
//!
//! ```text
//! clocks THREADS    while so many threads read the monotonic clock all the time
//! clocks forked     each line by a child of its own
//! ```
//!
//! A line holds, in nanoseconds, what each clock shows more than the kernel says in a system
//! call: wall, monotonic, their coarse forms, `gettimeofday`, `time`, and the boot time. The
//! last word says how often the monotonic clock was seen to step back.

#[cfg(target_os = "linux")]
mod linux {
    use std::io::{self, Write as _};
    use std::sync::atomic::{AtomicI64, AtomicU64, Ordering::SeqCst};
    use std::thread;
    use std::time::Duration;

    /// The highest reading of any thread.
    static LAST: AtomicI64 = AtomicI64::new(0);
    static STEPS_BACK: AtomicU64 = AtomicU64::new(0);
    const LINE_EVERY: Duration = Duration::from_millis(5);

    pub(crate) fn main() -> io::Result<()> {
        let how = std::env::args().nth(1).unwrap_or_default();
        for _ in 0..how.parse().unwrap_or(0) {
            thread::spawn(|| {
                loop {
                    look();
                }
            });
        }
        loop {
            if how == "forked" {
                // SAFETY: this process has one thread; the child prints a line and ends.
                if unsafe { libc::fork() } == 0 {
                    print_line()?;
                    return Ok(());
                }
                // SAFETY: a null status is allowed.
                unsafe { libc::waitpid(-1, std::ptr::null_mut(), 0) };
            } else {
                print_line()?;
            }
            thread::sleep(LINE_EVERY);
        }
    }

    /// Whatever any thread has read before this one began to must not be later.
    fn look() {
        let last = LAST.load(SeqCst);
        let now = seen(libc::CLOCK_MONOTONIC);
        if now < last {
            STEPS_BACK.fetch_add(1, SeqCst);
        }
        LAST.fetch_max(now, SeqCst);
    }

    fn print_line() -> io::Result<()> {
        let clock = |clock| off(|| seen(clock), clock);
        let offsets: [i64; 7] = [
            clock(libc::CLOCK_REALTIME),
            clock(libc::CLOCK_MONOTONIC),
            clock(libc::CLOCK_REALTIME_COARSE),
            clock(libc::CLOCK_MONOTONIC_COARSE),
            off(time_of_day, libc::CLOCK_REALTIME),
            off(seconds, libc::CLOCK_REALTIME_COARSE),
            clock(libc::CLOCK_BOOTTIME),
        ];
        let words: Vec<String> = offsets.iter().map(ToString::to_string).collect();
        let mut out = io::stdout().lock();
        writeln!(out, "{} {}", words.join(" "), STEPS_BACK.load(SeqCst))?;
        out.flush()
    }

    /// What is seen, less what is true: read before and after, and as close as that gets.
    fn off(seen: impl Fn() -> i64, clock: libc::clockid_t) -> i64 {
        let attempt = |_| {
            let before = told(clock);
            let seen = seen();
            (told(clock) - before, seen - before)
        };
        (0..8).map(attempt).min().map_or(0, |(_, off)| off)
    }

    /// Through the vDSO.
    fn seen(clock: libc::clockid_t) -> i64 {
        let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
        // SAFETY: the pointer is to one timespec.
        unsafe { libc::clock_gettime(clock, &raw mut now) };
        now.tv_sec * 1_000_000_000 + now.tv_nsec
    }

    /// By a system call, which nobody moves.
    fn told(clock: libc::clockid_t) -> i64 {
        let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
        // SAFETY: the pointer is to one timespec.
        unsafe { libc::syscall(libc::SYS_clock_gettime, clock, &raw mut now) };
        now.tv_sec * 1_000_000_000 + now.tv_nsec
    }

    fn time_of_day() -> i64 {
        let mut now = libc::timeval { tv_sec: 0, tv_usec: 0 };
        // SAFETY: the first pointer is to one timeval, and the second may be null.
        unsafe { libc::gettimeofday(&raw mut now, std::ptr::null_mut()) };
        now.tv_sec * 1_000_000_000 + now.tv_usec * 1_000
    }

    fn seconds() -> i64 {
        // SAFETY: a null pointer is allowed.
        unsafe { libc::time(std::ptr::null_mut()) * 1_000_000_000 }
    }
}

#[cfg(target_os = "linux")]
fn main() -> std::io::Result<()> {
    linux::main()
}

#[cfg(not(target_os = "linux"))]
fn main() {}
