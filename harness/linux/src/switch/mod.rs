//! A switch in user space between TUN devices, whose directed links can be cut, slowed down
//! and spoilt while traffic flows.
//!
//! One thread reads packets from every port and writes each to the port that has its IPv4
//! destination, unless the link (from the port it came from, to that port) says otherwise.
//! Everything else (IPv6 router solicitations, multicast) is ignored. A change of a link takes
//! effect with the next packet. Measured on three etcd members, the switch costs
//! 0.1 to 0.4 ms per sequential put and no throughput.

mod capture;
mod checksum;
mod forward;
mod handle;
mod lane;
mod late;
mod link;
mod packet;
mod poller;
mod reset;
mod share;
mod stations;
mod table;

pub use capture::Capture;
pub use handle::{Port, Switch};
pub use link::Link;
pub use share::Share;
pub use table::{LinkCounters, StationIndex, UnknownStation};
