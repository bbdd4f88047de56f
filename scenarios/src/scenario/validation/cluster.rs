//! Rules of `[cluster]`.

use std::collections::BTreeMap;

use stormglass_checkers::history::MemberIndex;

use super::{Flaw, ensure};
use crate::scenario::Cluster;

/// Flags that the target sets itself.
const OWN_FLAGS: [&str; 12] = [
    "advertise-client-urls",
    "data-dir",
    "election-timeout",
    "heartbeat-interval",
    "initial-advertise-peer-urls",
    "initial-cluster",
    "initial-cluster-state",
    "initial-cluster-token",
    "listen-client-urls",
    "listen-peer-urls",
    "name",
    "wal-dir",
];

pub(super) fn check(cluster: &Cluster) -> Result<(), Flaw> {
    ensure((1..=7).contains(&cluster.members), "cluster.members", || {
        "a cluster has 1 to 7 members: choose an odd number such as 3".to_owned()
    })?;
    let heartbeat = cluster.heartbeat.as_duration();
    ensure(heartbeat.as_millis() >= 1, "cluster.heartbeat", || {
        "a heartbeat takes at least a millisecond: raise it".to_owned()
    })?;
    let election = cluster.election.as_duration();
    ensure(election >= heartbeat * 5 && election.as_secs() <= 50, "cluster.election", || {
        "etcd wants at least five heartbeats and at most 50 s: change it".to_owned()
    })?;
    flags("cluster.flags", &cluster.flags)?;
    for (name, own) in &cluster.member {
        let exists = (0..cluster.members).any(|index| MemberIndex(index).to_string() == *name);
        if !exists {
            let message = format!("there is no member `{name}`: use m1 to m{}", cluster.members);
            return Err(Flaw::key("cluster.member", name, message));
        }
        flags(&format!("cluster.member.{name}"), own)?;
    }
    Ok(())
}

fn flags(path: &str, flags: &BTreeMap<String, String>) -> Result<(), Flaw> {
    for flag in flags.keys() {
        if flag.is_empty() || flag.starts_with('-') {
            let message = format!("write the flag `{flag}` without the leading dashes");
            return Err(Flaw::key(path, flag, message));
        }
        if OWN_FLAGS.contains(&flag.as_str()) {
            let message = format!("Stormglass sets `{flag}` itself: remove it here");
            return Err(Flaw::key(path, flag, message));
        }
    }
    Ok(())
}
