//! The server that is asked, and what is known of it so far.

use std::future::Future;
use std::time::Duration;

use stormglass_checkers::history::{
    Bytes, Header, LeaseId, Outcome, Put, Range, RangeResponse, Refusal, Request, Response,
    Revision, Txn, TxnResponse,
};
use stormglass_scenarios::workload::keys_below;

use super::answer::{Answer, Row, Step, answer_of};
use crate::client::Connection;

/// Bound on one answer.
const LIMIT: Duration = Duration::from_secs(3);

/// The server that is asked.
pub(super) struct Asked {
    pub(super) connection: Connection,
    /// What every key begins with.
    pub(super) prefix: String,
    /// The group that is asked for now.
    pub(super) group: &'static str,
    pub(super) rows: Vec<Row>,
    leases: i64,
}

impl Asked {
    pub(super) fn new(connection: Connection, prefix: &str, leases: i64) -> Self {
        Self { connection, prefix: prefix.to_owned(), group: "", rows: Vec::new(), leases }
    }

    /// Notes what came of a question.
    pub(super) fn note(&mut self, feature: &'static str, step: Step) {
        self.rows.push(Row { group: self.group, feature, answer: answer_of(step) });
    }

    /// A key of ours.
    pub(super) fn key(&self, name: &str) -> Bytes {
        Bytes::from(format!("{}{name}", self.prefix))
    }

    /// All keys of ours.
    pub(super) fn all(&self) -> (Bytes, Bytes) {
        keys_below(&self.prefix)
    }

    /// An ID for a lease that nobody else has.
    pub(super) fn new_lease(&mut self) -> LeaseId {
        self.leases += 1;
        LeaseId(self.leases)
    }

    /// Asks; what is no answer is the end of the question.
    pub(super) async fn ask(&mut self, request: Request) -> Step<Response> {
        match self.connection.call_within(&request, LIMIT).await {
            Outcome::Ok(response) => Ok(response),
            Outcome::Failed(failure) => Err(Answer::No(failure.message)),
            Outcome::Unknown(doubt) => Err(Answer::No(doubt.message)),
        }
    }

    /// Asks for what must be refused for this reason.
    pub(super) async fn ask_in_vain(&mut self, request: Request, reason: Refusal) -> Step {
        match self.connection.call_within(&request, LIMIT).await {
            Outcome::Failed(failure) if failure.reason == reason => Ok(()),
            Outcome::Failed(failure) => Err(Answer::Differs(failure.message)),
            Outcome::Unknown(doubt) => Err(Answer::Differs(doubt.message)),
            Outcome::Ok(_) => Err(Answer::Differs("done, and not refused".to_owned())),
        }
    }

    /// Puts; returns the revision that the header tells, 0 without one.
    pub(super) async fn put(&mut self, name: &str, value: &str) -> Step<Revision> {
        let put = Put { key: self.key(name), value: Bytes::from(value), ..Put::default() };
        let response = self.ask(Request::Put(put)).await?;
        Ok(revision(response.header()))
    }

    /// Reads one key, as the request says otherwise.
    pub(super) async fn get(&mut self, name: &str, range: Range) -> Step<RangeResponse> {
        let key = self.key(name);
        self.range(Range { key, ..range }).await
    }

    /// Reads.
    pub(super) async fn range(&mut self, range: Range) -> Step<RangeResponse> {
        match self.ask(Request::Range(range)).await? {
            Response::Range(response) => Ok(response),
            other => Err(strange(&other)),
        }
    }

    /// A transaction.
    pub(super) async fn txn(&mut self, txn: Txn) -> Step<TxnResponse> {
        match self.ask(Request::Txn(txn)).await? {
            Response::Txn(response) => Ok(response),
            other => Err(strange(&other)),
        }
    }
}

/// The revision that a header tells, 0 without one.
pub(super) fn revision(header: Option<&Header>) -> Revision {
    header.map_or(Revision(0), |header| header.revision)
}

/// The answer to something else.
pub(super) fn strange(response: &Response) -> Answer {
    Answer::Differs(format!("answered something else: {response:?}"))
}

/// What comes within the limit of one answer.
pub(super) async fn soon<T>(what: impl Future<Output = T>) -> Step<T> {
    let none = || Answer::No(format!("nothing within {} s", LIMIT.as_secs()));
    tokio::time::timeout(LIMIT, what).await.map_err(|_elapsed| none())
}
