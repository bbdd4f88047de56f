//! Makes the links of members slow, lossy and unreliable, without cutting them.

use std::num::NonZeroU64;

use stormglass_checkers::history::MemberIndex;
use stormglass_scenarios::plan::PlannedFault;

use super::injector::{Active, Evidence, InjectError, Injection, Injector};
use super::links::{around, bitten, hit, let_go};
use super::params::{count, flag, share, span};
use super::site::Site;
use crate::target::{Link, Target, Unsupported};

/// The fault `disturb`.
pub(super) struct Disturb;

impl Injector for Disturb {
    fn kind(&self) -> &'static str {
        "disturb"
    }

    fn supports(&self, target: &dyn Target) -> Result<(), Unsupported> {
        target.network().map(drop)
    }

    fn inject<'a>(
        &'a self,
        site: &'a Site,
        fault: &'a PlannedFault,
        members: &'a [MemberIndex],
    ) -> Injection<'a, Active> {
        Box::pin(async move {
            let link = disturbed(fault);
            if link == Link::open() {
                let message = "it has no parameter that would disturb anything: give it a delay, \
                               for example";
                return Err(InjectError::Failed(message.to_owned()));
            }
            hit(site, members, &around(site, members, flag(fault, "clients")), link)
        })
    }

    fn heal<'a>(&'a self, site: &'a Site, active: Active) -> Injection<'a, Evidence> {
        Box::pin(async move {
            let counted = let_go(site, &active).await?;
            let hit = [counted.dropped, counted.delayed, counted.duplicated, counted.corrupted];
            bitten(counted, hit.iter().any(|count| *count > 0))
        })
    }
}

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
