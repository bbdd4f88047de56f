//! Resets the connections of members.

use stormglass_checkers::history::MemberIndex;
use stormglass_scenarios::plan::PlannedFault;

use super::injector::{Active, Evidence, Injection, Injector};
use super::links::{around, bitten, hit, let_go};
use super::params::flag;
use super::site::Site;
use crate::target::{Link, Target, Unsupported};

/// The fault `reset`.
pub(super) struct Reset;

impl Injector for Reset {
    fn kind(&self) -> &'static str {
        "reset"
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
            let mut link = Link::open();
            link.reset = true;
            hit(site, members, &around(site, members, flag(fault, "clients")), link)
        })
    }

    fn heal<'a>(&'a self, site: &'a Site, active: Active) -> Injection<'a, Evidence> {
        Box::pin(async move {
            let counted = let_go(site, &active).await?;
            bitten(counted, counted.reset > 0)
        })
    }
}
