//! Calls of the services KV and Lease.

use etcd_client::{Client, CompactionOptions, Error, LeaseGrantOptions, LeaseTimeToLiveOptions};
use stormglass_checkers::history::{Request, Response};

use super::decode;
use super::encode::{delete_options, get_options, put_options, txn, vec};

/// A full range of a large key space exceeds the library's default of 4 MiB.
const DECODE_LIMIT_BYTES: usize = 256 << 20;

pub(super) async fn call(client: &mut Client, request: &Request) -> Result<Response, Error> {
    let mut kv = client.kv_client().max_decoding_message_size(DECODE_LIMIT_BYTES);
    Ok(match request {
        Request::Put(put) => {
            let options = Some(put_options(put));
            let answer = kv.put(vec(&put.key), vec(&put.value), options).await?;
            Response::Put(decode::put(&answer))
        }
        Request::Range(range) => {
            let answer = kv.get(vec(&range.key), Some(get_options(range))).await?;
            Response::Range(decode::range(&answer))
        }
        Request::Delete(delete) => {
            let answer = kv.delete(vec(&delete.key), Some(delete_options(delete))).await?;
            Response::Delete(decode::delete(&answer))
        }
        Request::Txn(request) => Response::Txn(decode::txn(&kv.txn(txn(request)).await?)),
        Request::Compact(compact) => {
            let mut options = CompactionOptions::new();
            if compact.physical {
                options = options.with_physical();
            }
            let answer = kv.compact(compact.revision.0, Some(options)).await?;
            Response::Compact(decode::empty(answer.header()))
        }
        other => return lease(client, other).await,
    })
}

async fn lease(client: &mut Client, request: &Request) -> Result<Response, Error> {
    Ok(match request {
        Request::LeaseGrant(grant) => {
            let options = LeaseGrantOptions::new().with_id(grant.lease.0);
            let answer = client.lease_grant(grant.ttl_seconds, Some(options)).await?;
            Response::LeaseGrant(decode::lease_grant(&answer))
        }
        Request::LeaseRevoke(lease) => {
            let answer = client.lease_revoke(lease.lease.0).await?;
            Response::LeaseRevoke(decode::empty(answer.header()))
        }
        Request::LeaseTimeToLive(question) => {
            let mut options = LeaseTimeToLiveOptions::new();
            if question.keys {
                options = options.with_keys();
            }
            let answer = client.lease_time_to_live(question.lease.0, Some(options)).await?;
            Response::LeaseTimeToLive(decode::lease_time_to_live(&answer))
        }
        Request::LeaseList {} => Response::LeaseList(decode::lease_list(&client.leases().await?)),
        other => return Err(Error::InvalidArgs(format!("no call of KV or Lease: {other:?}"))),
    })
}
