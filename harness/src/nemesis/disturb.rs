//! Makes the links of members slow, lossy and unreliable, without cutting them.

use std::num::NonZeroU64;

use stormglass_scenarios::plan::PlannedFault;

use super::injector::InjectError;
use super::links::{LinkFault, chosen_links};
use super::params::{count, share, span};
use crate::target::Link;

/// The fault `disturb`.
pub(super) static DISTURB: LinkFault = LinkFault {
    kind: "disturb",
    aim: |site, fault, members| {
        let link = disturbed(fault);
        if link == Link::open() {
            let message = "it has no parameter that would disturb anything: give it a delay, for \
                           example";
            return Err(InjectError::Failed(message.to_owned()));
        }
        Ok((chosen_links(site, fault, members)?, link))
    },
    bit: |counted| {
        let hit = [counted.dropped, counted.delayed, counted.duplicated, counted.corrupted];
        hit.iter().any(|count| *count > 0)
    },
};

fn disturbed(fault: &PlannedFault) -> Link {
    let mut link = Link::open();
    link.delay = span(fault, "delay");
    link.jitter = span(fault, "jitter");
    link.loss = share(fault, "loss");
    link.duplicate = share(fault, "duplicate");
    link.reorder = share(fault, "reorder");
    link.corrupt = share(fault, "corrupt");
    link.bandwidth = NonZeroU64::new(count(fault, "bandwidth"));
    link
}
