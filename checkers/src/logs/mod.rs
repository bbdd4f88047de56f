//! Members that end by themselves, log lines that no correct member writes, and clusters
//! that do not come back.

mod checker;
mod patterns;

pub(crate) use checker::STARVED;
pub use checker::{ENTRY, checker};
pub use patterns::suspicious;
