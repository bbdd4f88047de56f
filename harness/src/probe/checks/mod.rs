//! The questions, by what they belong to.

pub(super) mod headers;
pub(super) mod keys;
pub(super) mod leases;
pub(super) mod locks;
pub(super) mod maintenance;
pub(super) mod ranges;
pub(super) mod transactions;
pub(super) mod watches;
