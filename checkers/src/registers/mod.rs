//! Stores whose revisions mean nothing: each key is a register, and a search looks for an
//! order of its puts, gets and deletes.

mod cell;
mod checker;
mod keys;
mod report;

pub(crate) use checker::checker;
