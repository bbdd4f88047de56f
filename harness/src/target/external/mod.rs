//! The target `external`: a cluster that runs already, and that somebody else owns.

mod cluster;
mod commands;
mod endpoint;
mod look;
mod member;

pub use cluster::{ExternalCluster, ExternalOptions};
pub use endpoint::{EndpointError, endpoints};
pub use look::{Found, Look, LookError, look};
pub use member::ExternalStart;
