//! Target `local`: real etcd processes on this machine, each in its own network namespace
//! where the kernel allows it.

mod cluster;
mod disk;
mod member;
mod memory;
mod releases;
mod snapshots;
mod wiring;

pub use cluster::{LocalCluster, LocalOptions};
pub use releases::Binary;
pub use wiring::Wiring;
