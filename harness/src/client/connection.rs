//! One client's connection to one member.

use std::future::Future;
use std::net::IpAddr;
use std::time::Duration;

use etcd_client::{Client, ConnectOptions, Error};
use stormglass_checkers::history::{Outcome, Request, Response};

use super::access::Access;
use super::channel;
use super::classify::{Effect, Failure};
use super::keepalive::KeepAlives;
use super::{admin, kv};

/// How to connect: one member's address and the bounds on waiting.
#[derive(Clone, Debug)]
pub struct Dial {
    /// The member's client URL.
    pub endpoint: String,
    /// The address to connect from, where it matters.
    pub from: Option<IpAddr>,
    /// TLS and the user, where the store wants them.
    pub access: Access,
    /// Bound on making the connection.
    pub connect_timeout: Duration,
    /// Bound on each operation, from sending to its answer.
    pub deadline: Duration,
}

/// One client's connection to one member. Nothing is retried at any layer: a retried
/// write would be two writes (`checking.md` §6.3).
pub struct Connection {
    client: Client,
    keepalives: KeepAlives,
    deadline: Duration,
}

impl Connection {
    /// Prepares a connection; it is made with the first operation.
    ///
    /// # Errors
    /// When the endpoint is no URL.
    pub async fn open(dial: &Dial) -> Result<Self, Error> {
        let options = ConnectOptions::new().with_connect_timeout(dial.connect_timeout);
        let client = if dial.access.is_plain() {
            match dial.from {
                Some(from) => {
                    Client::from_channel(channel::from(dial, from)?, Some(options)).await?
                }
                None => Client::connect([dial.endpoint.as_str()], Some(options)).await?,
            }
        } else {
            Client::from_channel(channel::with_access(dial)?, None).await?
        };
        Ok(Self { client, keepalives: KeepAlives::default(), deadline: dial.deadline })
    }

    /// The library's client, for streams.
    pub(super) fn client(&mut self) -> &mut Client {
        &mut self.client
    }

    /// Sends one request and waits for its end, at most for the deadline.
    pub async fn call(&mut self, request: &Request) -> Outcome {
        self.call_within(request, self.deadline).await
    }

    /// Sends one request and waits for its end, at most so long.
    pub async fn call_within(&mut self, request: &Request, deadline: Duration) -> Outcome {
        let effect = effect(request);
        let result = bounded(deadline, self.dispatch(request)).await;
        if result.is_err()
            && let Request::LeaseKeepAlive(lease) = request
        {
            self.keepalives.forget(lease.lease);
        }
        match result {
            Ok(response) => Outcome::Ok(response),
            Err(failure) => failure.outcome(effect),
        }
    }

    async fn dispatch(&mut self, request: &Request) -> Result<Response, Error> {
        match request {
            Request::LeaseKeepAlive(lease) => {
                self.keepalives.ping(&mut self.client, lease.lease).await
            }
            Request::Put(_)
            | Request::Range(_)
            | Request::Delete(_)
            | Request::Txn(_)
            | Request::Compact(_)
            | Request::LeaseGrant(_)
            | Request::LeaseRevoke(_)
            | Request::LeaseTimeToLive(_)
            | Request::LeaseList {} => kv::call(&mut self.client, request).await,
            _ => admin::call(&mut self.client, request).await,
        }
    }
}

/// A failure instead of an error, and a deadline around it.
async fn bounded(
    deadline: Duration,
    call: impl Future<Output = Result<Response, Error>>,
) -> Result<Response, Failure> {
    match tokio::time::timeout(deadline, call).await {
        Err(_elapsed) => Err(Failure::deadline()),
        Ok(Err(error)) => Err(Failure::of(&error)),
        Ok(Ok(response)) => Ok(response),
    }
}

/// Whether a request can change the store. A transaction of ranges cannot.
fn effect(request: &Request) -> Effect {
    use stormglass_checkers::history::{Txn, TxnOp};
    fn reads(txn: &Txn) -> bool {
        txn.success.iter().chain(&txn.failure).all(|operation| match operation {
            TxnOp::Range(_) => true,
            TxnOp::Txn(nested) => reads(nested),
            TxnOp::Put(_) | TxnOp::Delete(_) => false,
        })
    }
    match request {
        Request::Range(_)
        | Request::LeaseTimeToLive(_)
        | Request::LeaseList {}
        | Request::ElectionLeader(_)
        | Request::MemberList { .. }
        | Request::Snapshot {}
        | Request::HashKv(_)
        | Request::Status {}
        | Request::Alarm(stormglass_checkers::history::Alarm { disarm: false }) => Effect::Reads,
        Request::Txn(txn) if reads(txn) => Effect::Reads,
        _ => Effect::Writes,
    }
}
