//! Histories in the formats of the checker Porcupine, as operations for the search.
//!
//! Both formats have a record a line, an invocation or its end, in the order of time: a
//! line's number is its position. Pure functions from bytes; where the files lie is not
//! known here.

mod fault;
mod jepsen;
mod keyvalue;
mod log;
mod words;

pub use fault::Malformed;
pub use jepsen::read_etcd;
pub use keyvalue::read_kv;
pub use log::{Log, judge};
