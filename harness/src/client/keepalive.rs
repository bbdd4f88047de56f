//! Keepalive pings, one stream a lease and client.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use etcd_client::{Client, Error, LeaseKeepAliveStream, LeaseKeeper};
use stormglass_checkers::history::{LeaseId, Response};

use super::decode;

/// The open keepalive streams of one client.
#[derive(Default)]
pub(super) struct KeepAlives {
    streams: BTreeMap<LeaseId, (LeaseKeeper, LeaseKeepAliveStream)>,
}

impl KeepAlives {
    /// Sends one ping and takes its answer. Opening a stream pings too, and the client
    /// library keeps that first answer to itself: the second one counts, and its
    /// renewal is later than the invocation all the same.
    pub(super) async fn ping(
        &mut self,
        client: &mut Client,
        lease: LeaseId,
    ) -> Result<Response, Error> {
        let (keeper, stream) = match self.streams.entry(lease) {
            Entry::Occupied(open) => open.into_mut(),
            Entry::Vacant(none) => none.insert(client.lease_keep_alive(lease.0).await?),
        };
        keeper.keep_alive().await?;
        match stream.message().await? {
            Some(answer) => Ok(Response::LeaseKeepAlive(decode::lease_keep_alive(&answer))),
            None => Err(Error::Internal("the keepalive stream ended".to_owned())),
        }
    }

    /// Drops a stream after a failure: a late answer must not be taken for the next
    /// ping's.
    pub(super) fn forget(&mut self, lease: LeaseId) {
        self.streams.remove(&lease);
    }
}
