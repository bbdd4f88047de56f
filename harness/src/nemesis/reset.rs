//! Resets the connections of members.

use super::links::{LinkFault, around};
use super::params::flag;
use crate::target::Link;

/// The fault `reset`.
pub(super) static RESET: LinkFault = LinkFault {
    kind: "reset",
    aim: |site, fault, members| {
        let mut link = Link::open();
        link.reset = true;
        Ok((around(site, members, flag(fault, "clients")), link))
    },
    bit: |counted| counted.reset > 0,
};
