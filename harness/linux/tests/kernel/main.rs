//! The levers on the real kernel, as whoever runs the tests and as an ordinary user.
#![cfg(target_os = "linux")]

#[cfg(target_arch = "x86_64")]
mod clocks;
mod disk;
mod disk_faults;
mod isolation;
mod links;
mod process;
mod support;
mod switch;
mod wire;
