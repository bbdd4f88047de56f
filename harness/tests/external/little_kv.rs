//! The service of a server that has little of etcd's API: puts, reads and deletes of single keys,
//! without headers and without revisions. No such store can be had here, so this one is made.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use etcd_client::proto::{
    PbCompactionRequest, PbCompactionResponse, PbDeleteRequest, PbDeleteResponse, PbKeyValue,
    PbKvServer, PbKvService, PbPutRequest, PbPutResponse, PbRangeRequest, PbRangeResponse,
    PbRangeStreamResponse, PbTxnRequest, PbTxnResponse,
};
use tokio::net::TcpListener;
use tonic::transport::Server;
use tonic::{Request, Response, Status};

pub(crate) type Pairs = Arc<Mutex<BTreeMap<Vec<u8>, Vec<u8>>>>;
type Stream =
    Pin<Box<dyn futures_util::Stream<Item = Result<PbRangeStreamResponse, Status>> + Send>>;

struct Kv {
    pairs: Pairs,
}

/// Serves these pairs until `end` comes.
pub(crate) async fn serve(
    pairs: Pairs,
    listener: TcpListener,
    end: impl Future<Output = ()> + Send,
) -> Result<(), tonic::transport::Error> {
    let incoming = futures_util::stream::unfold(listener, async |listener| {
        let accepted = listener.accept().await.map(|(stream, _)| stream);
        Some((accepted, listener))
    });
    let server = Server::builder().add_service(PbKvServer::new(Kv { pairs }));
    server.serve_with_incoming_shutdown(incoming, end).await
}

impl Kv {
    fn with<T>(&self, work: impl FnOnce(&mut BTreeMap<Vec<u8>, Vec<u8>>) -> T) -> T {
        work(&mut self.pairs.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn one_key(range_end: &[u8]) -> Result<(), Status> {
    if range_end.is_empty() { Ok(()) } else { Err(Status::unimplemented("one key at a time")) }
}

#[tonic::async_trait]
impl PbKvService for Kv {
    type RangeStreamStream = Stream;

    async fn put(&self, request: Request<PbPutRequest>) -> Result<Response<PbPutResponse>, Status> {
        let put = request.into_inner();
        if put.key.is_empty() {
            return Err(Status::invalid_argument("etcdserver: key is not provided"));
        }
        if put.lease != 0 || put.ignore_value || put.ignore_lease || put.prev_kv {
            return Err(Status::unimplemented("a put has a key and a value"));
        }
        self.with(|pairs| pairs.insert(put.key, put.value));
        Ok(Response::new(PbPutResponse::default()))
    }

    async fn range(
        &self,
        request: Request<PbRangeRequest>,
    ) -> Result<Response<PbRangeResponse>, Status> {
        let range = request.into_inner();
        if range.count_only {
            // The first look of a run.
            let count = self.with(|pairs| {
                pairs.keys().filter(|key| **key >= range.key && **key < range.range_end).count()
            });
            let count = i64::try_from(count).unwrap_or(i64::MAX);
            return Ok(Response::new(PbRangeResponse { count, ..PbRangeResponse::default() }));
        }
        one_key(&range.range_end)?;
        let value = self.with(|pairs| pairs.get(&range.key).cloned());
        let pair = |value| PbKeyValue { key: range.key.clone(), value, ..PbKeyValue::default() };
        let kvs: Vec<PbKeyValue> = value.into_iter().map(pair).collect();
        let count = i64::try_from(kvs.len()).unwrap_or(i64::MAX);
        Ok(Response::new(PbRangeResponse { kvs, count, ..PbRangeResponse::default() }))
    }

    async fn delete_range(
        &self,
        request: Request<PbDeleteRequest>,
    ) -> Result<Response<PbDeleteResponse>, Status> {
        let delete = request.into_inner();
        one_key(&delete.range_end)?;
        let deleted = i64::from(self.with(|pairs| pairs.remove(&delete.key)).is_some());
        Ok(Response::new(PbDeleteResponse { deleted, ..PbDeleteResponse::default() }))
    }

    async fn txn(
        &self,
        _request: Request<PbTxnRequest>,
    ) -> Result<Response<PbTxnResponse>, Status> {
        Err(Status::unimplemented("there are no transactions"))
    }

    async fn compact(
        &self,
        _request: Request<PbCompactionRequest>,
    ) -> Result<Response<PbCompactionResponse>, Status> {
        Err(Status::unimplemented("there is nothing to compact"))
    }

    async fn range_stream(
        &self,
        _request: Request<PbRangeRequest>,
    ) -> Result<Response<Stream>, Status> {
        Err(Status::unimplemented("there are no streams"))
    }
}
