//! The command line of one etcd member.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use crate::target::TargetError;

/// Flags that wire the cluster together: a scenario may not set them.
const RESERVED: &[&str] = &[
    "name",
    "data-dir",
    "listen-peer-urls",
    "initial-advertise-peer-urls",
    "listen-client-urls",
    "advertise-client-urls",
    "initial-cluster",
    "initial-cluster-state",
    "initial-cluster-token",
    "heartbeat-interval",
    "election-timeout",
];

/// Where a member listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Addresses {
    pub(super) name: String,
    pub(super) client_url: String,
    pub(super) peer_url: String,
}

impl Addresses {
    /// Of a member by its number, counted from 1.
    pub(super) fn of(number: u16, host: &str, client: u16, peer: u16) -> Self {
        Self {
            name: format!("m{number}"),
            client_url: format!("http://{host}:{client}"),
            peer_url: format!("http://{host}:{peer}"),
        }
    }
}

/// Timing of raft.
#[derive(Clone, Copy, Debug)]
pub(super) struct RaftTiming {
    pub(super) heartbeat: Duration,
    pub(super) election: Duration,
}

/// The arguments of member `index`.
pub(super) fn arguments(
    all: &[Addresses],
    index: usize,
    data_dir: &Path,
    timing: RaftTiming,
    flags: &BTreeMap<String, String>,
) -> Result<Vec<String>, TargetError> {
    let own = &all[index];
    if let Some(flag) = flags.keys().find(|flag| RESERVED.contains(&flag.as_str())) {
        return Err(TargetError::ReservedFlag { flag: flag.clone(), member: own.name.clone() });
    }
    let wired = [
        ("name", own.name.clone()),
        ("data-dir", data_dir.display().to_string()),
        ("listen-peer-urls", own.peer_url.clone()),
        ("initial-advertise-peer-urls", own.peer_url.clone()),
        ("listen-client-urls", own.client_url.clone()),
        ("advertise-client-urls", own.client_url.clone()),
        ("initial-cluster", initial_cluster(all)),
        ("initial-cluster-state", "new".to_owned()),
        ("initial-cluster-token", "stormglass".to_owned()),
        ("heartbeat-interval", timing.heartbeat.as_millis().to_string()),
        ("election-timeout", timing.election.as_millis().to_string()),
    ];
    let wired = wired.into_iter().map(|(flag, value)| format!("--{flag}={value}"));
    let chosen = flags.iter().map(|(flag, value)| format!("--{flag}={value}"));
    Ok(wired.chain(chosen).collect())
}

/// The flags of a member: everybody's and its own, which win.
pub(super) fn flags_of(
    member: &str,
    flags: &BTreeMap<String, String>,
    own: &BTreeMap<String, BTreeMap<String, String>>,
) -> BTreeMap<String, String> {
    let mut flags = flags.clone();
    if let Some(own) = own.get(member) {
        flags.extend(own.clone());
    }
    flags
}

/// The members of a cluster, as etcd and its tools take them.
pub(super) fn initial_cluster<'a>(members: impl IntoIterator<Item = &'a Addresses>) -> String {
    let each = members.into_iter().map(|one| format!("{}={}", one.name, one.peer_url));
    each.collect::<Vec<_>>().join(",")
}

/// The arguments of a member that joins a running cluster of these members, from those that it
/// would have founded one with.
pub(super) fn joining(founding: &[String], cluster: &[&Addresses]) -> Vec<String> {
    let changed = |argument: &String| match argument.split_once('=') {
        Some(("--initial-cluster", _)) => {
            format!("--initial-cluster={}", initial_cluster(cluster.iter().copied()))
        }
        Some(("--initial-cluster-state", _)) => "--initial-cluster-state=existing".to_owned(),
        _ => argument.clone(),
    };
    founding.iter().map(changed).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn three() -> Vec<Addresses> {
        (1..=3)
            .map(|number| Addresses::of(number, &format!("10.77.0.{number}"), 2379, 2380))
            .collect()
    }

    const TIMING: RaftTiming =
        RaftTiming { heartbeat: Duration::from_millis(100), election: Duration::from_secs(1) };

    #[test]
    fn every_member_knows_all_peers_and_the_scenario_adds_flags() {
        let flags = BTreeMap::from([("snapshot-count".to_owned(), "100".to_owned())]);
        let args =
            arguments(&three(), 1, Path::new("/data/m2"), TIMING, &flags).expect("arguments");
        assert!(args.contains(&"--name=m2".to_owned()));
        assert!(args.contains(&"--snapshot-count=100".to_owned()));
        let cluster = args.iter().find(|arg| arg.starts_with("--initial-cluster=")).expect("peers");
        assert_eq!(cluster.matches(":2380").count(), 3);
    }

    #[test]
    fn who_joins_names_the_members_of_the_moment() {
        let (all, flags) = (three(), BTreeMap::new());
        let founding =
            arguments(&all, 1, Path::new("/data/m2"), TIMING, &flags).expect("arguments");
        let args = joining(&founding, &[&all[0], &all[1]]);
        let two = "--initial-cluster=m1=http://10.77.0.1:2380,m2=http://10.77.0.2:2380";
        assert!(args.contains(&two.to_owned()), "{args:?}");
        assert!(args.contains(&"--initial-cluster-state=existing".to_owned()), "{args:?}");
        assert_eq!(args.len(), founding.len());
        assert!(args.contains(&"--initial-cluster-token=stormglass".to_owned()));
    }

    #[test]
    fn a_scenario_cannot_rewire_the_cluster() {
        let flags = BTreeMap::from([("data-dir".to_owned(), "/".to_owned())]);
        let error = arguments(&three(), 0, Path::new("/data/m1"), TIMING, &flags);
        assert!(error.expect_err("refused").to_string().contains("--data-dir"));
    }
}
