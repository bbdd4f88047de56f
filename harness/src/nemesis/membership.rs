//! Requests about who belongs to the cluster, sent to whoever carries them out. Answers may be
//! lost, so what has become of a request is asked for, and never taken from its answer.

use std::time::Duration;

use stormglass_checkers::history::{
    Body, ClusterGeneration, Environment, HexId, MemberAdd, MemberIndex, MemberInfo, MemberRef,
    Outcome, Request, Response,
};

use super::injector::InjectError;
use super::site::Site;
use crate::session::Wait;
use crate::target::{Target, Unsupported};

/// Of one request.
const ASK_LIMIT: Duration = Duration::from_secs(3);
const ASK_AGAIN: Duration = Duration::from_millis(100);
/// Of a change, with all its attempts: a new leader refuses changes until it has settled.
const CHANGE_LIMIT: Duration = Duration::from_secs(20);

/// Whether a cluster can lose a member and go on.
pub(super) fn can_spare_one(target: &dyn Target) -> Result<(), Unsupported> {
    match target.members().len() {
        0..3 => Err(Unsupported::because(
            "a cluster of fewer than three members cannot go on without one: set `members` in \
             `[cluster]` to 3 or more",
        )),
        _ => Ok(()),
    }
}

/// Removes a member from the cluster; returns the ID that it had.
pub(super) async fn remove(site: &Site, index: MemberIndex) -> Result<HexId, InjectError> {
    let mut had = None;
    let what = format!("{index} could not be removed from the cluster");
    attempt(site, index, what, |members| {
        let member_id = find(site, index, members)?.member_id;
        had = Some(member_id);
        Some(Request::MemberRemove(MemberRef { member_id }))
    })
    .await?;
    had.ok_or_else(|| InjectError::Failed(format!("{index} was no member of the cluster")))
}

/// Whether a member does not belong to the cluster, as one of the others says.
pub(super) async fn is_out(site: &Site, index: MemberIndex) -> bool {
    for asked in others(site, index) {
        if let Some(members) = list(site, asked).await {
            return find(site, index, &members).is_none();
        }
    }
    false
}

/// Makes the cluster expect a new member in the place of one that had this ID; returns who
/// belongs to it then.
pub(super) async fn add(
    site: &Site,
    (index, old): (MemberIndex, &str),
    learner: bool,
) -> Result<Vec<MemberIndex>, InjectError> {
    let mut cluster: Vec<MemberIndex> = Vec::new();
    let what = format!("a new {index} could not be added to the cluster");
    attempt(site, index, what, |members| {
        cluster = site.session.members().collect();
        cluster.retain(|one| find(site, *one, members).is_some());
        let peer_urls = peer_url(site, index).into_iter().collect();
        // Before 3.5 a member that lags may still list the old one.
        let new = find(site, index, members).filter(|member| member.member_id.to_string() != old);
        new.is_none().then_some(Request::MemberAdd(MemberAdd { peer_urls, learner }))
    })
    .await?;
    Ok(cluster)
}

/// Gives a learner its vote, which it gets when it has caught up.
pub(super) async fn promote(site: &Site, index: MemberIndex) -> Result<(), InjectError> {
    let what = format!("the learner {index} could not be promoted");
    attempt(site, index, what, |members| {
        let member = find(site, index, members).filter(|member| member.learner)?;
        Some(Request::MemberPromote(MemberRef { member_id: member.member_id }))
    })
    .await
}

/// Records who belongs to the cluster now.
pub(super) async fn record(site: &Site, asked: MemberIndex) {
    let Some(members) = list(site, asked).await else { return };
    let known = site
        .session
        .members()
        .filter_map(|index| find(site, index, &members).map(|member| (index, member.member_id)));
    let generation = ClusterGeneration { number: site.clusters(), members: known.collect() };
    let body = Body::Environment(Environment::ClusterChanged(generation));
    site.session.recorder.environment(None, body);
}

/// Changes the membership: looks at the list of members that another member gives, and asks that
/// member for what `wanted` says of it, again and again, until there is nothing left to ask for.
async fn attempt(
    site: &Site,
    about: MemberIndex,
    what: String,
    mut wanted: impl FnMut(&[MemberInfo]) -> Option<Request>,
) -> Result<(), InjectError> {
    let mut wait = Wait::new(&site.session, CHANGE_LIMIT, ASK_AGAIN);
    let others: Vec<_> = others(site, about).collect();
    for asked in others.into_iter().cycle() {
        if !wait.look().await {
            break;
        }
        if let Some(members) = list(site, asked).await {
            let Some(request) = wanted(&members) else { return Ok(()) };
            let _ = ask(site, asked, request).await;
        }
    }
    let seconds = CHANGE_LIMIT.as_secs();
    Err(InjectError::Failed(format!("{what} within {seconds} s")))
}

fn others(site: &Site, index: MemberIndex) -> impl Iterator<Item = MemberIndex> {
    site.session.members().filter(move |other| *other != index)
}

/// Who belongs to the cluster, as a member says that has asked the leader.
async fn list(site: &Site, asked: MemberIndex) -> Option<Vec<MemberInfo>> {
    match ask(site, asked, Request::MemberList { linearizable: true }).await {
        Outcome::Ok(Response::Members(answer)) => Some(answer.members),
        _ => None,
    }
}

/// One recorded request.
async fn ask(site: &Site, asked: MemberIndex, request: Request) -> Outcome {
    let mut connection = site.session.connect(asked).await;
    site.session.operate(&mut connection, asked, request, ASK_LIMIT).await
}

fn peer_url(site: &Site, index: MemberIndex) -> Option<String> {
    site.member(index).seat().ok().map(|seat| seat.peer_url().to_owned())
}

/// A member in a list: one that has not started yet has no name.
fn find<'a>(site: &Site, index: MemberIndex, members: &'a [MemberInfo]) -> Option<&'a MemberInfo> {
    let url = peer_url(site, index)?;
    members.iter().find(|member| member.peer_urls.contains(&url))
}
