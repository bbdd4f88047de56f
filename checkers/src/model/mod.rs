//! The sequential model of etcd: what a store that does one thing after the other
//! answers. Every checker that compares answers leans on it.
//!
//! Source: etcd's API guarantees, and where they are silent the server's sources
//! (3.3 to 3.5), as noted beside each rule.

mod agreement;
mod claim;
mod direct;
mod evaluate;
mod expected;
mod guard;
mod index;
mod mixer;
mod pair;
mod past;
mod plain;
mod select;
mod state;
mod view;

pub use agreement::Disagreement;
pub use claim::{Claim, can_mutate, claim, is_local, lease_of, mutated, reads_past};
pub use direct::changes_if_right;
pub use evaluate::{Evaluation, evaluate, touched};
pub use expected::Expected;
pub use index::Index;
pub(crate) use mixer::Mixing;
pub use pair::Pair;
pub use plain::is_right;
pub use select::Selection;
pub use state::State;
pub use view::{Change, Changes};
