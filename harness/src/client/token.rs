//! Who we are to a store with authentication: one token for all connections of a run.
//!
//! Asking for a token costs the store a hash that is slow on purpose, so connections share one.
//! A member that does not know it any more (it was started again, or the token's time is over)
//! refuses the request at hand, which is a definite failure like any other; the next request
//! brings a new token. Nothing is sent twice.

use std::fmt;
use std::sync::Arc;

use etcd_client::{Channel as RawChannel, Client};
use tokio::sync::Mutex;
use tonic::Status;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::transport::Channel;

/// A user's name and password. The password is shown nowhere.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The name.
    pub user: String,
    /// The password.
    pub password: String,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Credentials").field("user", &self.user).finish_non_exhaustive()
    }
}

/// No token could be had, so the request was not sent.
#[derive(Debug, thiserror::Error)]
#[error("no token: {}", status.message())]
pub(super) struct NotAuthenticated {
    /// What the store said to name and password.
    pub(super) status: Status,
}

/// The token that all connections share. Cheap to clone.
#[derive(Clone)]
pub(super) struct Token {
    credentials: Credentials,
    held: Arc<Mutex<Option<MetadataValue<Ascii>>>>,
}

impl fmt::Debug for Token {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Token")
            .field("user", &self.credentials.user)
            .finish_non_exhaustive()
    }
}

impl Token {
    pub(super) fn new(credentials: Credentials) -> Self {
        Self { credentials, held: Arc::default() }
    }

    /// The token; asked for over this channel where there is none. One asks at a time.
    pub(super) async fn get(
        &self,
        channel: &Channel,
    ) -> Result<MetadataValue<Ascii>, NotAuthenticated> {
        let mut held = self.held.lock().await;
        if let Some(token) = &*held {
            return Ok(token.clone());
        }
        let token = self.ask(channel).await.map_err(|status| NotAuthenticated { status })?;
        *held = Some(token.clone());
        Ok(token)
    }

    /// A member did not take this token: the next request asks for another one, unless
    /// somebody has already.
    pub(super) async fn refused(&self, token: &MetadataValue<Ascii>) {
        let mut held = self.held.lock().await;
        if held.as_ref() == Some(token) {
            *held = None;
        }
    }

    async fn ask(&self, channel: &Channel) -> Result<MetadataValue<Ascii>, Status> {
        let failed = |error: etcd_client::Error| match error {
            etcd_client::Error::GRpcStatus(status) => status,
            other => Status::unknown(other.to_string()),
        };
        let client = Client::from_channel(RawChannel::Tonic(channel.clone()), None);
        let mut auth = client.await.map_err(failed)?.auth_client();
        let Credentials { user, password } = self.credentials.clone();
        let answer = auth.authenticate(user, password).await.map_err(failed)?;
        answer.token().parse().map_err(|_| Status::unknown("the store's token is no text"))
    }
}
