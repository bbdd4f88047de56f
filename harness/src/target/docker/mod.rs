//! Target `docker`: every member in a container of its own, on the engine of this machine.
//!
//! ```text
//! pause container ── holds the network namespace, with a TUN in it ── userspace switch
//!   m1's container, one a life ── joins that namespace, data on a disk of ours or in a folder
//! ```
//!
//! Where the network of a container cannot be entered, the engine's own takes the switch's place.
//!
//! A member's container goes with each life and its network stays, as in a pod: addresses and
//! links outlive every kill. Containers carry labels that name the run and its process, and go
//! by these labels, whether the run ends by itself or is found dead by a later one.

mod bridge;
mod clocks;
mod cluster;
mod context;
mod disk;
mod elf;
mod engine;
mod errand;
mod helper;
mod image;
mod labels;
mod life;
mod member;
mod memory;
mod pause;
mod process;
mod seat;
mod snapshots;
mod sweep;
mod tools;
mod wiring;

pub use cluster::{DockerCluster, DockerOptions};
pub use disk::DISK_NAME;
pub use engine::{Engine, EngineError};
pub use helper::{Help, Helped, MACHINE, UNFIT, help};
pub use image::{Etcd, ImageError, Images, built_of_release, named, tag, version_in};
pub use labels::Owner;
pub use sweep::{Leftover, leftovers, remove};
pub use tools::{Tools, tools_in};
pub use wiring::Wiring;
