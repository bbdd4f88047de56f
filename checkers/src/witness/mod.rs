//! The validator of witnesses: it reads the history once more and accepts a finding only
//! if the events of its witness prove it.
//!
//! It shares nothing with the checkers but the history and the finding: what it knows of
//! etcd is written down here a second time, as simply as possible. A mistake of a checker
//! therefore does not become a false alarm unless it is made twice.

mod answers;
mod case;
mod context;
mod ledger;
mod operation;
mod pairs;
mod proof;
mod quiet;
mod rule;
mod rules;
mod span;
mod validation;
mod validator;
mod windows;
mod writes;

pub use rule::{Needs, Rule, rule_of};
pub use validation::validate;
pub use validator::{Ruling, Validator};
