//! The operating system's levers, as small safe interfaces: namespaces, TUN devices and the
//! userspace switch between them, disks in user space, processes and their signals.
//!
//! This is the only package of Stormglass with `unsafe` code. It knows neither etcd nor
//! scenarios nor tokio, and it never logs: every call returns what happened.
//!
//! * [`isolation`]: one call moves a program into namespaces of its own, so that nothing of
//!   a run outlives it, not even after SIGKILL.
//! * [`netns`], [`tun`], [`switch`]: one network namespace per member, wired by a switch whose
//!   directed links can be cut while traffic flows.
//! * [`disk`]: a disk per member that loses what was not synced, is slow, full or fails.
//! * [`process`]: members that die with the program, and are stopped and resumed for certain.
//! * [`memory`]: control groups that bound how much memory a member may take.
//! * [`vdso`]: the clocks of one process, moved while it runs.
//! * [`capability`]: which of these levers work on this machine, and how to get the others.
//!
//! Off Linux only [`capability::report`], [`isolation::enter`] and [`isolation::probe`] exist,
//! and each says that it is unsupported.

#[cfg(target_os = "linux")]
mod call;
#[cfg(target_os = "linux")]
pub mod capability;
#[cfg(target_os = "linux")]
mod dice;
#[cfg(target_os = "linux")]
pub mod disk;
#[cfg(any(not(target_os = "linux"), test))]
#[doc(hidden)]
pub mod elsewhere;
#[cfg(target_os = "linux")]
mod interface;
#[cfg(target_os = "linux")]
pub mod isolation;
mod lever;
#[cfg(target_os = "linux")]
mod limits;
#[cfg(target_os = "linux")]
pub mod memory;
#[cfg(target_os = "linux")]
pub mod mounts;
#[cfg(target_os = "linux")]
pub mod netns;
#[cfg(target_os = "linux")]
mod pidfd;
#[cfg(target_os = "linux")]
pub mod priority;
#[cfg(target_os = "linux")]
pub mod process;
mod refusal;
#[cfg(target_os = "linux")]
mod signal;
#[cfg(target_os = "linux")]
pub mod switch;
#[cfg(target_os = "linux")]
mod time;
#[cfg(target_os = "linux")]
pub mod tun;
#[cfg(target_os = "linux")]
pub mod vdso;

#[cfg(not(target_os = "linux"))]
pub use elsewhere::{capability, isolation};
