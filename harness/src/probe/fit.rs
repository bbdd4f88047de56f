//! Fitting a scenario to what a server has.

use stormglass_scenarios::scenario::Scenario;
use stormglass_scenarios::workload::workload;

use super::conformance::{Conformance, Profile, has};

/// What each request of `mixed` needs of a server.
const NEEDS: &[(&str, &[&str])] = &[
    ("put", &["put and get"]),
    ("put-keep", &["put that keeps the value", "put that keeps the lease"]),
    ("get", &["put and get"]),
    (
        "range",
        &[
            "range",
            "limit",
            "count only",
            "keys only",
            "sort by key",
            "sort by value",
            "sort by version",
            "sort by create revision",
            "sort by mod revision",
            "filters by revision",
        ],
    ),
    ("stale-range", &["range", "serializable read"]),
    ("history-range", &["range", "read at a past revision"]),
    ("refused-range", &["read at a future revision is refused"]),
    ("delete", &["delete"]),
    ("delete-range", &["delete of a range"]),
    ("txn", TRANSACTIONS),
    ("nested-txn", &["transaction", "nested transaction"]),
    ("read-txn", &["transaction", "several operations", "read at a past revision"]),
    ("local-txn", &["transaction", "several operations", "serializable read"]),
    ("lease-grant", LEASES),
    ("lease-grant-short", LEASES),
    ("lease-grant-again", &["grant of an ID that is taken is refused"]),
    ("lease-attach", &["attach a key", "attach to no lease is refused"]),
    ("lease-keepalive", &["keepalive"]),
    ("lease-keepalive-late", &["keepalive"]),
    ("lease-revoke", &["revocation deletes its keys"]),
    ("lease-revoke-late", &["revocation deletes its keys"]),
    ("lease-time-to-live", &["time to live, with keys"]),
    ("lease-list", &["list"]),
    ("compact", &["compaction"]),
];
const TRANSACTIONS: &[&str] = &[
    "transaction",
    "several operations",
    "compare values",
    "compare versions",
    "compare create revisions",
    "compare mod revisions",
    "compare leases",
    "compare a range",
];
const LEASES: &[&str] = &["grant with an ID of ours", "a lease ends by itself and takes its keys"];
const WATCHES: &[&str] = &[
    "watch of a range",
    "watch from a past revision",
    "previous pairs",
    "filter of puts",
    "filter of deletes",
    "fragments",
    "cancel",
];
/// What is judged where revisions mean nothing.
const WITHOUT_REVISIONS: [&str; 3] = ["put", "get", "delete"];

/// What is left of a scenario on a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fit {
    /// What is not tested, a sentence each.
    pub left_out: Vec<String>,
    /// Whether revisions mean anything.
    pub revisions: bool,
    /// Whether the recorder can watch.
    pub watches: bool,
}

/// Leaves out of a scenario what a server does not have.
///
/// # Errors
/// When nothing would be left, in one sentence.
pub fn fit(scenario: &mut Scenario, server: &Conformance) -> Result<Fit, String> {
    let revisions = server.profile != Profile::KvNoRevisions;
    let mut fit = Fit { left_out: Vec::new(), revisions, watches: true };
    if server.profile == Profile::Full {
        return Ok(fit);
    }
    let kind = scenario.workload.kind.clone();
    let known = workload(&kind).map_or(&[][..], |entry| entry.weights);
    if kind != "mixed" {
        return Err(format!(
            "the workload `{kind}` needs all of etcd's API, and this server has not: `stormglass \
             probe` tells what it lacks; run one with the workload `mixed`"
        ));
    }
    for entry in known {
        if scenario.workload.weight(entry) == 0 {
            continue;
        }
        let needs = NEEDS.iter().find(|(name, _)| *name == entry.name).map_or(&[][..], |it| it.1);
        let lacks = needs.iter().find(|feature| !has(&server.rows, feature));
        let sentence = match lacks {
            Some(feature) => format!("Not tested: {}; the server lacks {feature}.", entry.summary),
            None if !revisions && !WITHOUT_REVISIONS.contains(&entry.name) => {
                format!("Not tested: {}; revisions mean nothing here.", entry.summary)
            }
            None => continue,
        };
        fit.left_out.push(sentence);
        scenario.workload.weights.insert(entry.name.to_owned(), 0);
    }
    let lacks = WATCHES.iter().find(|feature| !has(&server.rows, feature));
    if lacks.is_some() || !revisions {
        let why = lacks.map_or("revisions mean nothing here".to_owned(), |feature| {
            format!("the server lacks {feature}")
        });
        scenario.workload.watchers = 0;
        fit.watches = revisions && recorder_can_watch(server);
        fit.left_out.push(format!("Not tested: watches of the workload; {why}."));
        if !fit.watches {
            let what = "Not known: the fate of writes without an answer, which watches would show";
            fit.left_out.push(format!("{what}; {why}."));
        }
    }
    if known.iter().all(|entry| scenario.workload.weight(entry) == 0) {
        return Err("nothing of the workload is left that this server has: see `stormglass probe`"
            .to_owned());
    }
    Ok(fit)
}

fn recorder_can_watch(server: &Conformance) -> bool {
    let needs = ["watch of a range", "watch from a past revision", "previous pairs"];
    needs.iter().all(|feature| has(&server.rows, feature))
}
