//! Transactions over lists: the anomalies of Adya and Elle, found as cycles of
//! dependencies, without any help from revisions.

mod checker;
mod component;
mod cycle;
mod effect;
mod explanation;
mod graph;
mod inside;
mod kind;
mod list;
mod log;
mod order;
mod phenomena;
mod recognition;
mod search;
mod showing;
mod transaction;
mod version;
mod wording;

pub use checker::{ENTRY, checker};
pub use list::{LIST_KEYS, list_elements, list_value};
