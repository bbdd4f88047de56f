//! The clocks of one process, moved while it runs, without touching the host's.
//!
//! Programs read their clocks in the vDSO, a page of code that the kernel maps into each of
//! them. Writing to it through `/proc/PID/mem` changes that process's own copy only: its
//! children inherit it, and an exec drops it.
//!
//! ```text
//! clock_gettime ──jmp──> hook ──call──> original ──> true time t
//!                         └── seen = fake + (t - base) × rate, one line a clock
//! ```
//!
//! The hook lives in the unused end of the vDSO's mapping. Threads are stopped only while its
//! entries are written; after that a clock is moved by one write of a line and one of a
//! number. The wall clock may be moved at will. The monotonic clock never steps back, so what
//! it has gained stays.
//!
//! Times that the kernel makes itself (of files, of timers) stay true, and so do sleeps: a
//! process with a fast clock is woken now and then, so that it looks at it.

#[cfg(target_arch = "x86_64")]
mod freeze;
#[cfg(target_arch = "x86_64")]
mod hook;
#[cfg(target_arch = "x86_64")]
mod image;
#[cfg(target_arch = "x86_64")]
mod line;
#[cfg(target_arch = "x86_64")]
mod memory;
#[cfg(target_arch = "x86_64")]
mod patch;
#[cfg(target_arch = "x86_64")]
mod poke;
#[cfg(target_arch = "x86_64")]
mod probe;
#[cfg(target_arch = "x86_64")]
mod prologue;
mod rate;
#[cfg(target_arch = "x86_64")]
mod skew;
#[cfg(target_arch = "x86_64")]
mod ticker;
#[cfg(any(not(target_arch = "x86_64"), test))]
#[doc(hidden)]
pub mod unported;

#[cfg(target_arch = "x86_64")]
pub use probe::probe;
pub use rate::{Rate, Wall};
#[cfg(target_arch = "x86_64")]
pub use skew::Skew;
#[cfg(not(target_arch = "x86_64"))]
pub use unported::{Skew, probe};
