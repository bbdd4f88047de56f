//! Cuts members off their peers, both ways; clients still reach them.

use std::io;
use std::time::Duration;

use stormglass_checkers::history::MemberIndex;
use stormglass_scenarios::plan::PlannedFault;

use super::injector::{Active, Evidence, InjectError, Injection, Injector};
use super::site::Site;
use crate::clock::after;
use crate::target::{LinkCount, Place, Target, Unsupported};

/// Peers speak at least once a heartbeat: so long after the heal packets must have passed.
const HEAL_LIMIT: Duration = Duration::from_secs(10);
const LOOK_AGAIN: Duration = Duration::from_millis(20);

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
        Box::pin(async move {
            let before = total(site, members)?.dropped;
            set(site, members, true)?;
            let since = site.session.recorder.clock().now();
            // The counter as it was: the heal tells from it how much was dropped.
            let evidence = Evidence::from([("dropped-before".to_owned(), before.to_string())]);
            Ok(Active { members: members.to_vec(), since, evidence })
        })
    }

    fn heal<'a>(&'a self, site: &'a Site, active: Active) -> Injection<'a, Evidence> {
        Box::pin(async move {
            set(site, &active.members, false)?;
            let counted = total(site, &active.members)?;
            let before = active.evidence.get("dropped-before");
            let before: u64 = before.and_then(|text| text.parse().ok()).unwrap_or(0);
            let dropped = counted.dropped.saturating_sub(before);
            await_traffic(site, &active.members, counted.packets).await?;
            if dropped == 0 {
                return Err(InjectError::Missed("no packet was dropped".to_owned()));
            }
            Ok(Evidence::from([("packets-dropped".to_owned(), dropped.to_string())]))
        })
    }
}

/// The links between each isolated member and every peer, both ways.
fn links(site: &Site, members: &[MemberIndex]) -> Vec<(Place, Place)> {
    let mut links = Vec::new();
    for member in members {
        for peer in site.session.members().filter(|peer| peer != member) {
            links.push((Place::Member(*member), Place::Member(peer)));
            links.push((Place::Member(peer), Place::Member(*member)));
        }
    }
    links
}

fn set(site: &Site, members: &[MemberIndex], cut: bool) -> Result<(), InjectError> {
    let network = site.session.target.network()?;
    for (from, to) in links(site, members) {
        network.cut(from, to, cut)?;
    }
    Ok(())
}

fn total(site: &Site, members: &[MemberIndex]) -> Result<LinkCount, InjectError> {
    let network = site.session.target.network()?;
    let counts: io::Result<Vec<LinkCount>> =
        links(site, members).into_iter().map(|(from, to)| network.count(from, to)).collect();
    Ok(counts?.into_iter().fold(LinkCount::default(), |sum, count| LinkCount {
        packets: sum.packets + count.packets,
        dropped: sum.dropped + count.dropped,
    }))
}

/// Waits until packets pass again: the heal is verified, not assumed.
async fn await_traffic(
    site: &Site,
    members: &[MemberIndex],
    packets_before: u64,
) -> Result<(), InjectError> {
    let clock = site.session.recorder.clock();
    let end = after(clock.now(), HEAL_LIMIT);
    while clock.now() < end {
        if total(site, members)?.packets > packets_before {
            return Ok(());
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    }
    Err(InjectError::Failed("no packet passed within 10 s after the heal".to_owned()))
}
