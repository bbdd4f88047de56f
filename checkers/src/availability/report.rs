//! Findings about availability, in words.

use super::loss::Impossible;
use super::service::Silence;
use crate::evidence::finding;
use crate::history::{MemberIndex, Nanos};
use crate::verdict::{Finding, WitnessStep};

/// A majority that does not serve.
pub(super) fn no_progress(member: MemberIndex, silence: &Silence, since: Nanos) -> Finding {
    let Silence { first: (from, first, asked), last: (to, last, again), requests, .. } = silence;
    let lasted = Nanos(to.0.saturating_sub(from.0)).seconds();
    let calm = Nanos(from.0.saturating_sub(since.0)).seconds();
    finding(
        ("no-progress", "A4"),
        format!(
            "{member} served none of {requests} requests in {lasted:.1} s, although it and a \
             majority of the members had been up, connected and without a fault for {calm:.1} s \
             before"
        ),
        "because a majority that is up and connected elects a leader and serves",
        format!("however {member} served nothing for {lasted:.1} s"),
        vec![
            first.step(asked, "not served"),
            last.step(again, format!("not served, like all {requests}")).contradicting(),
        ],
    )
}

/// An acknowledgement without a majority.
pub(super) fn minority(impossible: &Impossible, members: u16) -> Finding {
    let acknowledgement = &impossible.acknowledgement;
    let mut gone: Vec<String> = impossible
        .removals
        .iter()
        .flat_map(|removal| removal.members.iter().map(ToString::to_string))
        .collect();
    gone.sort_unstable();
    gone.dedup();
    let (what, gone) = (&acknowledgement.what, gone.join(", "));
    let member = acknowledgement.place.member_name();
    let faults = impossible.removals.iter().map(|removal| {
        let Nanos(from) = removal.span.from;
        let shows = format!("holds from {:.3} s", Nanos(from).seconds());
        removal.place.step(format!("fault {}", removal.kind), shows)
    });
    let last: WitnessStep = acknowledgement.place.step(what, "acknowledged").contradicting();
    finding(
        ("minority-served", "A5"),
        format!(
            "{member} acknowledged \"{what}\" while {gone}, a majority of {members} members, took \
             no part in the cluster"
        ),
        format!(
            "because {gone} were gone, stopped or cut off before it was sent and until it was \
             answered, and without a majority nothing is committed and no linearizable read served"
        ),
        format!("however {member} acknowledged it"),
        faults.chain([last]).collect(),
    )
}
