//! The guarantees of watches: ordered, unique, reliable, atomic, resumable, bookmarkable.

mod change_log;
mod checker;
mod compactions;
mod consecutive;
mod delivery;
mod misorder;
mod settlement;
mod stream;
mod window;
mod writes;

pub use checker::{ENTRY, checker};
pub(crate) use window::Window;
