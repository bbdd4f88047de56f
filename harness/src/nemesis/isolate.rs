//! Cuts members off their peers, both ways; clients still reach them.

use stormglass_checkers::history::MemberIndex;
use stormglass_scenarios::plan::PlannedFault;

use super::injector::{Active, Evidence, Injection, Injector};
use super::links::{around, bitten, hit, let_go};
use super::site::Site;
use crate::target::{Link, Target, Unsupported};

/// The fault `isolate`.
pub(super) struct Isolate;

impl Injector for Isolate {
    fn kind(&self) -> &'static str {
        "isolate"
    }

    fn supports(&self, target: &dyn Target) -> Result<(), Unsupported> {
        target.network().map(drop)
    }

    fn inject<'a>(
        &'a self,
        site: &'a Site,
        _fault: &'a PlannedFault,
        members: &'a [MemberIndex],
    ) -> Injection<'a, Active> {
        Box::pin(async move { hit(site, members, &around(site, members, false), Link::cut()) })
    }

    fn heal<'a>(&'a self, site: &'a Site, active: Active) -> Injection<'a, Evidence> {
        Box::pin(async move {
            let counted = let_go(site, &active).await?;
            bitten(counted, counted.dropped > 0)
        })
    }
}
