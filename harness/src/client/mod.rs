//! Clients of the store: one connection to one member, outcomes instead of errors.

mod admin;
mod classify;
mod connection;
mod decode;
mod encode;
mod keepalive;
mod kv;
mod refusals;
mod watch;

pub use classify::{Effect, Failure};
pub use connection::{Connection, Dial};
pub use watch::{WatchMessage, WatchSender, WatchStream};
