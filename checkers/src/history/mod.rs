//! The history of a run: its vocabulary, its file format and its validation.

mod administration;
mod bytes;
mod codec;
mod event;
mod fault;
mod ids;
mod outcome;
mod preamble;
mod request;
mod response;
mod territory;
mod validate;
mod watch;

pub use administration::*;
pub use bytes::Bytes;
pub use codec::{CodecError, HistoryReader, HistoryWriter, Line};
pub use event::*;
pub use fault::*;
pub use ids::*;
pub use outcome::*;
pub use preamble::*;
pub use request::*;
pub use response::*;
pub use territory::{Ground, Territory};
pub use validate::{History, Structure, StructureError};
pub use watch::*;
