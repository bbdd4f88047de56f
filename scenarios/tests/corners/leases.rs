//! Corners of leases.

use std::collections::BTreeMap;

use stormglass_checkers::history::{LeaseId, Outcome, Request, Response};

use crate::Corners;
use crate::support::{TICK, Taken};

/// How near to the end of a lease's time a request races with it, in nanoseconds.
const RACE: u64 = 500_000_000;
/// What an avoided keepalive is later than, before the end, in nanoseconds.
const LATE: u64 = 2_000_000_000;
const SECOND: u64 = 1_000_000_000;

/// When leases end, as far as their client was told, with their time to live.
#[derive(Default)]
pub(crate) struct Lives(BTreeMap<LeaseId, (u64, u64)>);

impl Lives {
    pub(crate) fn see(
        &mut self,
        request: &Request,
        taken: &Taken,
        turn: usize,
        found: &mut Corners,
    ) {
        let now = turn as u64 * TICK;
        match request {
            Request::LeaseGrant(grant) => {
                let ttl = u64::try_from(grant.ttl_seconds).unwrap_or(0) * SECOND;
                let again = self.0.insert(grant.lease, (now + ttl, ttl)).is_some();
                found.see(if again { "lease granted again" } else { "lease with a chosen ID" });
                found.see_if(grant.ttl_seconds == 1, "lease of the shortest time");
            }
            Request::LeaseKeepAlive(alive) => self.keepalive(alive.lease, taken, now, found),
            Request::LeaseRevoke(revoke) => {
                found.see("revocation");
                let end = self.0.get(&revoke.lease);
                let late = end.is_some_and(|(end, _)| end.abs_diff(now) <= RACE);
                found.see_if(late, "revocation about the end of a lease");
            }
            Request::LeaseTimeToLive(question) => {
                found.see("question for a lease's time");
                found.see_if(question.keys, "question for a lease's time and keys");
            }
            Request::LeaseList {} => found.see("list of leases"),
            _ => {}
        }
    }

    fn keepalive(&mut self, lease: LeaseId, taken: &Taken, now: u64, found: &mut Corners) {
        found.see("keepalive");
        let Some((end, ttl)) = self.0.get_mut(&lease) else { return };
        found.see_if(end.abs_diff(now) <= RACE, "keepalive about the end of a lease");
        found.see_if(end.saturating_sub(now) < LATE, "keepalive in a lease's last two seconds");
        if matches!(&taken.outcome, Some(Outcome::Ok(Response::LeaseKeepAlive(_)))) {
            *end = now + *ttl;
        }
    }
}

pub(crate) fn expected() -> Vec<String> {
    let expected = [
        "lease with a chosen ID",
        "lease granted again",
        "lease of the shortest time",
        "keepalive",
        "keepalive about the end of a lease",
        "keepalive in a lease's last two seconds",
        "revocation",
        "revocation about the end of a lease",
        "question for a lease's time",
        "question for a lease's time and keys",
        "list of leases",
    ];
    expected.map(str::to_owned).to_vec()
}
