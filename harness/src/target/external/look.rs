//! A first look at a cluster that runs already: whether it is what the user says.

use std::time::Duration;

use stormglass_checkers::history::{
    Bytes, Header, HexId, Outcome, Range, Request, Response, Revision,
};

use super::member::ExternalStart;
use crate::client::{Access, Connection, Dial, version};

/// An endpoint that several members share shows a second one within so many connections,
/// wherever they take turns.
const CONNECTIONS: usize = 4;
/// Bound on each answer.
const LIMIT: Duration = Duration::from_secs(5);

/// What to look at.
pub struct Look<'a> {
    /// Client URLs.
    pub endpoints: &'a [String],
    /// TLS and user.
    pub access: &'a Access,
    /// Bound on making a connection.
    pub dial_timeout: Duration,
    /// Every key of the run.
    pub keys: &'a (Bytes, Bytes),
}

/// What was found.
pub struct Found {
    /// Its members.
    pub members: Vec<ExternalStart>,
    /// A revision at which no key of the run existed.
    pub revision: Revision,
}

/// Why a run cannot begin.
#[derive(Debug, thiserror::Error)]
pub enum LookError {
    /// A member does not answer as a member does.
    #[error("{endpoint} {what}")]
    Member {
        /// The member.
        endpoint: String,
        /// What it did, and what would help.
        what: String,
    },
    /// The endpoints are not what they should be.
    #[error("{0}")]
    Endpoints(String),
    /// There are keys already.
    #[error(
        "{count} keys begin with what the run's keys are to begin with: choose another --prefix, \
         or delete them"
    )]
    NotEmpty {
        /// How many.
        count: i64,
    },
}

/// Looks at every member.
///
/// # Errors
/// When the run cannot begin, in one sentence.
pub async fn look(look: &Look<'_>) -> Result<Found, LookError> {
    let mut found = Found { members: Vec::new(), revision: Revision(0) };
    let mut known: Vec<(Header, &String)> = Vec::new();
    for endpoint in look.endpoints {
        let header = look.at(endpoint).await?;
        let same = |it: &Header| it.member_id == header.member_id && it.member_id != HexId(0);
        if let Some((_, other)) = known.iter().find(|(it, _)| same(it)) {
            return Err(LookError::Endpoints(format!(
                "{other} and {endpoint} are the same member: name each member once"
            )));
        }
        if let Some((_, other)) = known.iter().find(|(it, _)| it.cluster_id != header.cluster_id) {
            return Err(LookError::Endpoints(format!(
                "{other} and {endpoint} are members of different clusters: name one cluster's"
            )));
        }
        known.push((header, endpoint));
        found.revision = found.revision.max(header.revision);
        let version = look.version(endpoint).await?;
        found.members.push(ExternalStart { endpoint: endpoint.clone(), version });
    }
    Ok(found)
}

impl Look<'_> {
    fn dial(&self, endpoint: &str) -> Dial {
        Dial {
            endpoint: endpoint.to_owned(),
            from: None,
            access: self.access.clone(),
            connect_timeout: self.dial_timeout,
            deadline: LIMIT,
        }
    }

    async fn connect(&self, endpoint: &str) -> Result<Connection, LookError> {
        let opened = Connection::open(&self.dial(endpoint)).await;
        opened.map_err(|error| member(endpoint, format!("cannot be used: {error}")))
    }

    /// Counts the run's keys over a connection of its own; returns who answered, too.
    async fn count(&self, endpoint: &str) -> Result<(Header, i64), LookError> {
        let (key, range_end) = self.keys.clone();
        let range = Range { key, range_end, count_only: true, ..Range::default() };
        let mut connection = self.connect(endpoint).await?;
        match connection.call(&Request::Range(range)).await {
            Outcome::Ok(Response::Range(answer)) => {
                // Some servers send no header, or an empty one: then nobody knows who answers.
                Ok((answer.header.unwrap_or_default(), answer.count))
            }
            other => Err(failed(endpoint, &other)),
        }
    }

    /// Who answers here, with a revision at which no key of the run existed.
    async fn at(&self, endpoint: &str) -> Result<Header, LookError> {
        let (mut last, mut count) = self.count(endpoint).await?;
        for _ in 1..CONNECTIONS {
            let (header, counted) = self.count(endpoint).await?;
            if header.member_id != last.member_id {
                let what = "is answered by several members: name the client URL of each member, \
                            so that a stale one cannot hide";
                return Err(member(endpoint, what.to_owned()));
            }
            (last, count) = (header, counted);
        }
        if count > 0 { Err(LookError::NotEmpty { count }) } else { Ok(last) }
    }

    /// The version that a member tells whoever asks; otherwise what it says of itself, which may
    /// be nothing.
    async fn version(&self, endpoint: &str) -> Result<String, LookError> {
        if let Some(version) = version(&self.dial(endpoint), LIMIT).await {
            return Ok(version);
        }
        let mut connection = self.connect(endpoint).await?;
        match connection.call(&Request::Status {}).await {
            Outcome::Ok(Response::Status(status)) => Ok(status.version),
            _ => Ok(String::new()),
        }
    }
}

fn member(endpoint: &str, what: String) -> LookError {
    LookError::Member { endpoint: endpoint.to_owned(), what }
}

fn failed(endpoint: &str, outcome: &Outcome) -> LookError {
    let said = match outcome {
        Outcome::Failed(failure) => failure.message.as_str(),
        Outcome::Unknown(doubt) => doubt.message.as_str(),
        Outcome::Ok(_) => "something else than what was asked for",
    };
    let what = format!("does not answer ({said}): check --endpoints, certificates and user");
    member(endpoint, what)
}
