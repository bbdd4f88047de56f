//! Targets: where a cluster runs, and which powers the nemesis has over it.
//!
//! Every injector is written against [`Member`] and the power traits, so that a fault
//! works on every target that grants its power.

mod files;
pub mod local;
mod power;

pub use files::clear;
pub use power::{
    Clocks, Data, Disk, DiskCounters, DiskErrors, DiskFaults, Kill, Link, LinkCounters, Loss, Lost,
    Member, MemberEnd, Memory, MemoryUse, Network, Pause, Place, Rate, Seat, Share, Target,
    TargetError, Unsupported, Upgrade, Wall,
};
