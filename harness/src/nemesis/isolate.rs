//! Cuts members off their peers, both ways; clients still reach them.

use super::links::{LinkFault, around};
use crate::target::Link;

/// The fault `isolate`.
pub(super) static ISOLATE: LinkFault = LinkFault {
    kind: "isolate",
    aim: |site, _, members| Ok((around(site, members, false), Link::cut())),
    bit: |counted| counted.dropped > 0,
};
