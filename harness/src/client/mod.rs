//! Clients of the store: one connection to one member, outcomes instead of errors.

mod admin;
mod classify;
mod connection;
mod countdown;
mod date;
mod decode;
mod encode;
mod keepalive;
mod kv;
mod plain;
mod refusals;
mod watch;

pub use classify::{Effect, Failure};
pub use connection::{Connection, Dial};
pub use countdown::Countdown;
pub use date::date;
pub use plain::get;
pub use watch::{WatchMessage, WatchSender, WatchStream};
