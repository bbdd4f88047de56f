//! Targets: where a cluster runs, and which powers the nemesis has over it.
//!
//! Every injector is written against [`Member`] and the power traits, so that a fault
//! works on every target that grants its power.

mod clocks;
mod command;
pub mod docker;
pub mod external;
mod files;
pub mod local;
mod options;
mod power;
mod releases;
mod switched;
mod usage;

pub use files::{clear, remove_folder};
pub use options::ClusterOptions;
pub use power::{
    Clocks, Data, Disk, DiskCounters, DiskErrors, DiskFaults, Kill, Link, LinkCounters, Loss, Lost,
    Member, MemberEnd, Memory, MemoryUse, Network, Pause, Place, Rate, Seat, Share, Snapshots,
    Target, TargetError, Unsupported, Upgrade, Wall,
};
