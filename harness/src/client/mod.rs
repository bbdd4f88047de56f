//! Clients of the store: one connection to one member, outcomes instead of errors.

mod access;
mod admin;
mod channel;
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
mod tls;
mod token;
mod version;
mod watch;

pub use access::Access;
pub use classify::{Effect, Failure};
pub use connection::{Connection, Dial};
pub use countdown::Countdown;
pub use date::off_by_ms;
pub use plain::get;
pub use tls::{Tls, TlsError, TlsOptions};
pub use token::Credentials;
pub use version::version;
pub use watch::{WatchMessage, WatchSender, WatchStream};
