//! All questions to one server, and what kind of store it is by its answers.

use std::fmt;

use serde::Serialize;
use stormglass_checkers::history::{Delete, Range, Request};

use super::answer::{Answer, Row, Step};
use super::checks::{headers, keys, leases, locks, maintenance, ranges, transactions, watches};
use super::session::Asked;
use crate::client::{Connection, Dial, version};

/// What a server has of the API.
#[derive(Clone, Debug, Serialize)]
pub struct Conformance {
    /// The server.
    pub endpoint: String,
    /// The version that it tells, if any.
    pub version: Option<String>,
    /// What kind of store it is.
    pub profile: Profile,
    /// Every question.
    pub rows: Vec<Row>,
}

/// A kind of store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Profile {
    /// Everything that ordinary clients of etcd use.
    Full,
    /// What the API server of Kubernetes uses, and not everything.
    Kubernetes,
    /// Keys and values; what it tells of revisions means nothing.
    KvNoRevisions,
    /// Less than that.
    Partial,
}

impl fmt::Display for Profile {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Full => "full",
            Self::Kubernetes => "kubernetes",
            Self::KvNoRevisions => "kv-no-revisions",
            Self::Partial => "partial",
        })
    }
}

/// The server cannot be asked.
#[derive(Debug, thiserror::Error)]
pub enum ProbeError {
    /// The endpoint is of no use.
    #[error("{endpoint} cannot be used: {source}")]
    Endpoint {
        /// The endpoint.
        endpoint: String,
        /// Why.
        source: etcd_client::Error,
    },
    /// It answers nothing at all.
    #[error("{endpoint} does not answer ({said}): check --endpoints, certificates and user")]
    Silent {
        /// The endpoint.
        endpoint: String,
        /// What was said instead.
        said: String,
    },
}

/// Asks one server for everything, with keys below a prefix that nothing else has, and removes
/// them. What others would feel is asked for only where the server is `owned`; what takes seconds
/// only by the `patient`. `first_lease` is where IDs for leases begin that nobody else takes.
///
/// # Errors
/// When it cannot be asked for anything.
pub async fn probe(
    dial: &Dial,
    prefix: &str,
    (owned, patient): (bool, bool),
    first_lease: i64,
) -> Result<Conformance, ProbeError> {
    let endpoint = dial.endpoint.clone();
    let opened = Connection::open(dial).await;
    let unusable = |source| ProbeError::Endpoint { endpoint: endpoint.clone(), source };
    let mut asked = Asked::new(opened.map_err(unusable)?, prefix, first_lease);
    keys::check(&mut asked).await;
    let first = asked.rows.first().map(|row| row.answer.clone());
    if let (Some(Answer::No(said)), Err(_)) = (first, asked.get("k", Range::default()).await) {
        return Err(ProbeError::Silent { endpoint, said });
    }
    headers::check(&mut asked).await;
    ranges::check(&mut asked, owned).await;
    transactions::check(&mut asked).await;
    leases::check(&mut asked, patient).await;
    watches::check(&mut asked).await;
    locks::check(&mut asked).await;
    maintenance::check(&mut asked, owned).await;
    remove(&mut asked).await;
    let version = version(dial, dial.connect_timeout).await;
    Ok(Conformance { endpoint, version, profile: profile(&asked.rows), rows: asked.rows })
}

/// Who has no delete of a range may have one of a key.
async fn remove(asked: &mut Asked) {
    let (key, range_end) = asked.all();
    let all: Step<_> = asked.ask(Request::Delete(Delete { key, range_end, prev_kv: false })).await;
    // What cannot be deleted stays; its keys say whose it is.
    drop(all);
}

/// Whether a server has a feature; what was not asked for counts as there.
pub(super) fn has(rows: &[Row], feature: &str) -> bool {
    let row = rows.iter().find(|row| row.feature == feature);
    row.is_some_and(|row| matches!(row.answer, Answer::Yes | Answer::NotAsked(_)))
}

/// What makes revisions worth anything.
const REVISIONS: [&str; 4] = [
    "revision in the header of a put",
    "revision in the header of a read",
    "create and mod revision of a pair",
    "IDs of cluster and member",
];
/// What the API server of Kubernetes sends.
const KUBERNETES: [&str; 6] = [
    "create if absent",
    "compare mod revisions",
    "range",
    "limit",
    "read at a past revision",
    "watch from a past revision",
];

fn profile(rows: &[Row]) -> Profile {
    let missing = rows.iter().any(|row| matches!(row.answer, Answer::No(_) | Answer::Differs(_)));
    let all = |features: &[&str]| features.iter().all(|feature| has(rows, feature));
    if !missing {
        Profile::Full
    } else if all(&REVISIONS[..3]) && all(&KUBERNETES) {
        Profile::Kubernetes
    } else if has(rows, "put and get") && !all(&REVISIONS[..3]) {
        Profile::KvNoRevisions
    } else {
        Profile::Partial
    }
}
