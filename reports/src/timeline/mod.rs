//! The timeline: what the page's script draws of a run, capped and said to be.
//!
//! ```text
//! choice ── which operations go into the page
//! lanes  ── who has which row
//! data   ── all of it, as the script reads it
//! ```

mod bars;
mod choice;
mod data;
mod lanes;
mod texts;

pub(crate) use data::{FindingMark, Timeline};
