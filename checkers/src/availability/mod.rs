//! Availability: a majority that is up and connected serves, and without one nothing is
//! acknowledged.

mod checker;
mod health;
mod loss;
mod report;
mod service;

pub use checker::{ENTRY, checker};
