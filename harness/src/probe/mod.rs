//! What a server really has of etcd's v3 API: asked, request by request.

mod answer;
mod checks;
mod conformance;
mod fit;
mod session;

pub use answer::{Answer, Row};
pub use conformance::{Conformance, ProbeError, Profile, probe};
pub use fit::{Fit, fit};
