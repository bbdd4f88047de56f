//! The sequential specifications, as stateright's `SequentialSpec`: etcd's model, and two
//! simple objects of other people's histories.

mod etcd;
mod etcd_history;
mod etcd_refusals;
mod register;
mod texts;

pub use etcd::Etcd;
pub use etcd_history::operations as etcd_operations;
pub use register::{Register, RegisterOp, RegisterRet};
pub use texts::{Texts, TextsOp, TextsRet};
