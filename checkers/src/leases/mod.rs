//! Leases: granted as asked, alive as long as promised, gone as a whole and for good.

mod attachments;
mod calm;
mod checker;
mod doubts;
mod ending;
mod floor;
mod lease;
mod refusals;
mod report;
mod skew;
mod uses;

pub use checker::{ENTRY, checker};
