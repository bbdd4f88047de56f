//! Traffic of plain clients on a cluster of our own: what is compared with it is up to each
//! measurement.

mod arm;
mod bare;
mod cluster;
mod inside;
mod processor;

pub(crate) use arm::{Slice, Stopwatch};
pub(crate) use bare::bare;
pub(crate) use cluster::Cluster;
pub(crate) use inside::in_namespaces;
