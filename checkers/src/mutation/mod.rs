//! The mutation engine: faults planted into valid histories, to see who catches them.
//!
//! Each class of faults says where it can be planted, and proves why what comes out cannot
//! have been made by any correct store. It knows the history's types and nothing of the
//! checkers, which are asked only afterwards.

mod class;
mod classes;
mod ground;
mod mutant;
mod place;
mod registry;
mod selftest;
mod shape;
mod table;
mod tail;
mod trial;

pub use class::{Class, Waiting};
pub use ground::Ground;
pub use mutant::Mutant;
pub use place::{Place, spread};
pub use registry::classes;
pub use selftest::{SelfTest, SelfTestError};
pub use table::{Fate, Row, Table};
