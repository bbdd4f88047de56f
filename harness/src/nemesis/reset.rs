//! Resets the connections of members.

use super::links::{LinkFault, chosen_links};
use crate::target::Link;

/// The fault `reset`.
pub(super) static RESET: LinkFault = LinkFault {
    kind: "reset",
    aim: |site, fault, members| {
        let mut link = Link::open();
        link.reset = true;
        Ok((chosen_links(site, fault, members)?, link))
    },
    bit: |counted| counted.reset > 0,
};
