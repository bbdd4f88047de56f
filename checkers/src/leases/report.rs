//! Findings about leases, in words.

use super::ending::Ending;
use super::lease::{Expired, Renewal, Revoked};
use super::refusals::Instant;
use crate::evidence::{Place, finding};
use crate::history::{Bytes, LeaseId, Nanos, Revision};
use crate::verdict::{Finding, WitnessStep};

/// How a lease ended: in words, and the step that shows it.
pub(super) type End = (String, WitnessStep);

/// The end by an acknowledged revocation.
pub(super) fn end_by(revoked: &Revoked) -> End {
    let shows = revoked
        .revision
        .map_or_else(|| "ok".to_owned(), |revision| format!("ok, revision {revision}"));
    ("its revocation had been acknowledged".to_owned(), revoked.place.step("revoke it", shows))
}

/// The end that the deletions of its keys show.
pub(super) fn end_of(expired: &Expired) -> End {
    let revision = expired.revision;
    let step =
        expired.place.step("a watch of every key", format!("its keys go, revision {revision}"));
    (format!("its keys had been deleted at revision {revision}"), step)
}

fn granted(id: LeaseId, renewal: &Renewal) -> WitnessStep {
    let shows = format!("ok, {} s to live", renewal.ttl_seconds);
    renewal.place.step(format!("grant lease {id} or keep it alive"), shows)
}

fn keys(ending: &Ending) -> String {
    let names: Vec<String> = ending.deleted.iter().map(|(key, _)| key.to_string()).collect();
    match names.as_slice() {
        [] => "nothing".to_owned(),
        [first] => first.clone(),
        [first, .., last] => format!("{} keys from {first} to {last}", names.len()),
    }
}

fn seconds(from: Nanos, to: Nanos) -> f64 {
    Nanos(to.0.saturating_sub(from.0)).seconds()
}

/// L1.
pub(super) fn short_ttl(id: LeaseId, asked: i64, renewal: &Renewal) -> Finding {
    let got = renewal.ttl_seconds;
    finding(
        ("lease-short-ttl", "L1"),
        format!("lease {id} was asked for with {asked} s to live, but granted for {got} s"),
        "because the server may choose a longer time to live than was asked for, never a shorter",
        format!("however it granted {got} s instead of {asked} s"),
        vec![
            renewal
                .place
                .step(format!("grant lease {id} for {asked} s"), format!("ok, {got} s to live"))
                .contradicting(),
        ],
    )
}

/// L2.
pub(super) fn early(id: LeaseId, renewal: &Renewal, ending: &Ending) -> Finding {
    let (ttl, revision, keys) = (renewal.ttl_seconds, ending.revision, keys(ending));
    let after = seconds(renewal.sent, ending.at);
    let shows = format!("{keys} deleted, revision {revision}");
    finding(
        ("lease-early-expiry", "L2"),
        format!(
            "lease {id} was renewed for {ttl} s by {}, but {keys} attached to it went {after:.2} s \
             after that was asked for, at revision {revision}, and nobody had revoked it",
            renewal.place.member_name()
        ),
        format!("because the lease was acknowledged to live {ttl} s from when that was asked for"),
        format!("however its keys were deleted at most {after:.2} s later, by no request"),
        vec![
            granted(id, renewal),
            ending.place.step("a watch of every key", shows).contradicting(),
        ],
    )
}

/// L3.
pub(super) fn late(
    id: LeaseId,
    renewal: &Renewal,
    from: Nanos,
    allowed: u64,
    (at, shown): Instant,
) -> Finding {
    let (ttl, waited) = (renewal.ttl_seconds, seconds(from, at));
    let allowed = Nanos(allowed).seconds();
    finding(
        ("lease-late-expiry", "L3"),
        format!(
            "lease {id} has {ttl} s to live, but was still alive {waited:.1} s after the last \
             keepalive, election and fault"
        ),
        format!(
            "because without keepalives, and with nothing that disturbs the cluster, it ends \
             within {allowed:.1} s, the leader's allowances included"
        ),
        "however it was alive when an operation was sent that did not see its end",
        vec![
            granted(id, renewal),
            shown
                .step("an operation that saw the lease alive", "sent before its end")
                .contradicting(),
        ],
    )
}

/// L4, where keys were left out of an end.
pub(super) fn partial(id: LeaseId, ending: &Ending) -> Finding {
    let left = ending.left.first().map(ToString::to_string).unwrap_or_default();
    let (revision, gone) = (ending.revision, keys(ending));
    let shows = format!("{gone} deleted, {left} not, revision {revision}");
    finding(
        ("lease-partial-expiry", "L4"),
        format!(
            "the end of lease {id} deleted {gone} at revision {revision}, but left {left}, which \
             was attached to it too"
        ),
        "because the end of a lease deletes every key that is attached to it, in one revision",
        format!("however {left} is not among the deleted"),
        vec![ending.place.step("a watch of every key", shows).contradicting()],
    )
}

/// L4, where a key outlives a revocation.
pub(super) fn left_behind(id: LeaseId, revoked: &Revoked, key: &Bytes, put: Revision) -> Finding {
    let end = revoked.revision.unwrap_or_default();
    finding(
        ("lease-partial-expiry", "L4"),
        format!(
            "the revocation of lease {id} was acknowledged at revision {end}, but {key}, attached \
             to it at revision {put}, was not deleted up to there"
        ),
        "because a revocation deletes every key that is attached to the lease",
        format!("however no watch shows a deletion of {key} up to revision {end}"),
        vec![
            revoked
                .place
                .step(format!("revoke lease {id}"), format!("ok, revision {end}; {key} stays"))
                .contradicting(),
        ],
    )
}

/// L5.
pub(super) fn resurrected(id: LeaseId, (how, end): End, renewal: &Renewal) -> Finding {
    let shows = format!("ok, {} s to live", renewal.ttl_seconds);
    finding(
        ("lease-resurrected", "L5"),
        format!("lease {id} was kept alive after its end: {how} before the keepalive was sent"),
        "because a lease that has ended is gone, and a keepalive finds none",
        format!("however the keepalive was answered with {} s to live", renewal.ttl_seconds),
        vec![end, renewal.place.step(format!("keep lease {id} alive"), shows).contradicting()],
    )
}

/// L6.
pub(super) fn dead_used(_: LeaseId, end: Option<End>, place: Place, what: &str) -> Finding {
    let (how, step) = match end {
        Some((how, step)) => (how, Some(step)),
        None => ("nobody had asked for it yet".to_owned(), None),
    };
    let last = place.step(what, "accepted").contradicting();
    finding(
        ("dead-lease-used", "L6"),
        format!("\"{what}\" was accepted, but there was no such lease: {how}"),
        format!("because {how}, and a put with a lease that does not exist is refused"),
        "however the store accepted it",
        step.into_iter().chain([last]).collect(),
    )
}

/// L7.
pub(super) fn double(ending: &Ending) -> Finding {
    let revision = ending.revision;
    let of = |lease: &Option<LeaseId>| {
        lease.map_or_else(|| "no lease".to_owned(), |lease| format!("lease {lease}"))
    };
    let shown: Vec<String> = ending
        .deleted
        .iter()
        .take(4)
        .map(|(key, lease)| format!("{key} of {}", of(lease)))
        .collect();
    let shown = shown.join(", ");
    finding(
        ("lease-double-attachment", "L7"),
        format!("revision {revision} deleted {shown} together, and no request asked for that"),
        "because a key belongs to the lease of its last put alone, and only the end of that lease \
         may delete it",
        format!("however one end of a lease deleted {shown}"),
        vec![ending.place.step("a watch of every key", format!("{shown} deleted")).contradicting()],
    )
}

/// L8.
pub(super) fn lost(id: LeaseId, renewal: &Renewal, place: Place, what: &str) -> Finding {
    let ttl = renewal.ttl_seconds;
    finding(
        ("lease-lost", "L8"),
        format!(
            "lease {id} was granted or renewed for {ttl} s, but before they were over {what} was \
             told that there is no such lease"
        ),
        format!("because the lease was acknowledged to live {ttl} s, and nobody revoked it"),
        format!("however {what} was refused: lease not found"),
        vec![granted(id, renewal), place.step(what, "lease not found").contradicting()],
    )
}
