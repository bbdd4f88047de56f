//! A result counts only if the test tested: what must have happened, counted.

mod checker;
mod expiry;
mod leadership;
mod property;
mod quorum;
mod watch_options;
mod watches;

pub use checker::{ENTRY, checker};
pub use property::{KnownProperty, Wanted, WantedError, known_properties};
