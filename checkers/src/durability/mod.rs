//! Durability (K9): an acknowledged write survives every crash, and nothing that a
//! read or watch showed vanishes without a later write.

mod acknowledgements;
mod checker;
mod ending;
mod judgement;
mod knowledge;
mod possible;
mod source;
mod sweep;

pub use checker::ENTRY;
