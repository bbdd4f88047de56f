//! `report.html`: one page that needs nothing else.

mod checks;
mod faults;
mod findings;
mod headline;
mod members;
mod page;
mod recovery;
mod script;
mod setup;
mod traffic;

pub(crate) use checks::found;
pub(crate) use findings::{lane, title};
pub(crate) use page::Html;
pub(crate) use setup::versions;
