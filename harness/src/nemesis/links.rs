//! What faults of the network have in common: a policy holds on links, until it is let go.

use std::time::Duration;

use stormglass_checkers::history::MemberIndex;
use stormglass_scenarios::plan::PlannedFault;

use super::injector::{Active, Evidence, HitLink, InjectError, Injection, Injector};
use super::params::{flag, seed, text};
use super::site::Site;
use crate::session::Wait;
use crate::target::{Link, LinkCounters, Place, Target, Unsupported};

/// Peers speak at least once a heartbeat: so long after the heal packets must have passed.
const HEAL_LIMIT: Duration = Duration::from_secs(10);
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// Directed links, and the policy that is to hold on them.
pub(super) type Aim = (Vec<(Place, Place)>, Link);

/// A kind of fault of the network.
pub(super) struct LinkFault {
    pub(super) kind: &'static str,
    /// What it does, given whom it hits.
    pub(super) aim: fn(&Site, &PlannedFault, &[MemberIndex]) -> Result<Aim, InjectError>,
    /// Whether what was counted while it held shows that it bit.
    pub(super) bit: fn(LinkCounters) -> bool,
}

impl Injector for LinkFault {
    fn kind(&self) -> &'static str {
        self.kind
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
            let (links, policy) = (self.aim)(site, fault, members)?;
            hit(site, members, &links, policy)
        })
    }

    fn heal<'a>(&'a self, site: &'a Site, active: Active) -> Injection<'a, Evidence> {
        Box::pin(async move {
            let counted = let_go(site, &active).await?;
            if (self.bit)(counted) {
                return Ok(active.evidence.into_iter().chain(evidence(counted)).collect());
            }
            let passed = counted.packets;
            Err(InjectError::Missed(format!("no packet was hit, and {passed} passed")))
        })
    }
}

/// The links between each of the members and every other place, both ways.
pub(super) fn around(site: &Site, members: &[MemberIndex], clients: bool) -> Vec<(Place, Place)> {
    let mut links = Vec::new();
    for member in members {
        let peers = site.session.members().filter(|peer| peer != member).map(Place::Member);
        for other in peers.chain(clients.then_some(Place::Clients)) {
            links.push((Place::Member(*member), other));
            links.push((other, Place::Member(*member)));
        }
    }
    links.sort_unstable();
    links.dedup();
    links
}

/// The links between members and one client that talks to them, both ways. Which client it is
/// comes from the seed.
pub(super) fn of_one_client(
    site: &Site,
    fault: &PlannedFault,
    members: &[MemberIndex],
) -> Result<Vec<(Place, Place)>, InjectError> {
    let network = site.session.target.network()?;
    let talks = |client: &Place| {
        let to = |member: &MemberIndex| network.count(*client, Place::Member(*member));
        members.iter().any(|member| to(member).is_ok_and(|counted| counted.packets > 0))
    };
    let talking: Vec<_> = (0..network.clients()).map(Place::Client).filter(talks).collect();
    let chosen = usize::try_from(seed(fault)).unwrap_or_default() % talking.len().max(1);
    let Some(client) = talking.get(chosen) else {
        let message = "no client of the workload has talked to the member yet: begin it later";
        return Err(InjectError::Failed(message.to_owned()));
    };
    let both = |member: &MemberIndex| {
        let member = Place::Member(*member);
        [(*client, member), (member, *client)]
    };
    Ok(members.iter().flat_map(both).collect())
}

/// The links that a fault is about which has the parameters `clients` and `client`.
pub(super) fn chosen_links(
    site: &Site,
    fault: &PlannedFault,
    members: &[MemberIndex],
) -> Result<Vec<(Place, Place)>, InjectError> {
    if is_of_one_client(fault) {
        return of_one_client(site, fault, members);
    }
    Ok(around(site, members, flag(fault, "clients")))
}

/// Whether a fault is about one client alone.
pub(super) fn is_of_one_client(fault: &PlannedFault) -> bool {
    text(fault, "client") == "one"
}

/// Makes a policy hold on links.
pub(super) fn hit(
    site: &Site,
    members: &[MemberIndex],
    links: &[(Place, Place)],
    policy: Link,
) -> Result<Active, InjectError> {
    let network = site.session.target.network()?;
    let mut hit = Vec::new();
    for (from, to) in links {
        let (from, to) = (*from, *to);
        hit.push(HitLink { from, to, before: network.count(from, to)? });
        network.set(from, to, policy)?;
    }
    let since = site.session.recorder.clock().now();
    let client = links.iter().find_map(|(from, _)| match from {
        Place::Client(client) => Some(network.client_address(*client).to_string()),
        _ => None,
    });
    let evidence = client.map(|address| ("client-address".to_owned(), address)).into_iter();
    Ok(Active { links: hit, ..Active::of(members.to_vec(), since, evidence.collect()) })
}

/// Opens the links again and waits until packets pass: the heal is verified, not assumed.
/// What was counted while the fault held.
pub(super) async fn let_go(site: &Site, active: &Active) -> Result<LinkCounters, InjectError> {
    let network = site.session.target.network()?;
    for link in &active.links {
        network.set(link.from, link.to, Link::open())?;
    }
    let counted = counted(site, active)?;
    let mut wait = Wait::new(&site.session, HEAL_LIMIT, LOOK_AGAIN);
    while wait.look().await {
        if self::counted(site, active)?.packets > counted.packets {
            return Ok(counted);
        }
    }
    Err(InjectError::Failed("no packet passed within 10 s after the heal".to_owned()))
}

/// What has been counted since the fault began, on all of its links.
fn counted(site: &Site, active: &Active) -> Result<LinkCounters, InjectError> {
    let network = site.session.target.network()?;
    let mut sum = LinkCounters::default();
    for HitLink { from, to, before } in &active.links {
        sum = sum.plus(network.count(*from, *to)?.since(*before));
    }
    Ok(sum)
}

/// What was counted, as evidence; nothing of what was not.
fn evidence(counted: LinkCounters) -> Evidence {
    let counts = [
        ("packets-dropped", counted.dropped),
        ("packets-delayed", counted.delayed),
        ("packets-duplicated", counted.duplicated),
        ("packets-corrupted", counted.corrupted),
        ("connections-reset", counted.reset),
    ];
    let some = counts.into_iter().filter(|(_, count)| *count > 0);
    some.map(|(name, count)| (name.to_owned(), count.to_string())).collect()
}
