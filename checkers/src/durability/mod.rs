//! Durability (K9): an acknowledged write survives every crash, and nothing that a
//! read or watch showed vanishes without a later write.

mod checker;
mod ending;
mod judgement;
mod knowledge;

pub use checker::ENTRY;
