//! A server that has little of etcd's API: puts, reads and deletes of single keys, without
//! headers and without revisions. No such store can be had here, so this one is made.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use etcd_client::proto::{
    PbCompactionRequest, PbCompactionResponse, PbDeleteRequest, PbDeleteResponse, PbKeyValue,
    PbKvServer, PbKvService, PbPutRequest, PbPutResponse, PbRangeRequest, PbRangeResponse,
    PbRangeStreamResponse, PbTxnRequest, PbTxnResponse,
};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::oneshot;
use tonic::transport::Server;
use tonic::{Request, Response, Status};

type Pairs = Arc<Mutex<BTreeMap<Vec<u8>, Vec<u8>>>>;
type Stream =
    Pin<Box<dyn futures_util::Stream<Item = Result<PbRangeStreamResponse, Status>> + Send>>;

/// Whether the servers of a cluster know each other's writes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Replication {
    /// All have the same pairs.
    Done,
    /// Each keeps what it is told to itself.
    Forgotten,
}

/// Three servers on loopback; they end with the test.
pub(crate) struct Partial {
    addresses: Vec<SocketAddr>,
    ends: Vec<oneshot::Sender<()>>,
    runtime: Option<Runtime>,
}

struct Kv {
    pairs: Pairs,
}

impl Partial {
    pub(crate) fn start(replication: Replication) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("a runtime");
        let shared = Pairs::default();
        let (mut addresses, mut ends) = (Vec::new(), Vec::new());
        for _ in 0..3 {
            let pairs = match replication {
                Replication::Done => Arc::clone(&shared),
                Replication::Forgotten => Pairs::default(),
            };
            let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).expect("a port");
            addresses.push(listener.local_addr().expect("an address"));
            let (end, ended) = oneshot::channel::<()>();
            ends.push(end);
            let incoming = futures_util::stream::unfold(listener, async |listener| {
                let accepted = listener.accept().await.map(|(stream, _)| stream);
                Some((accepted, listener))
            });
            let serve = Server::builder()
                .add_service(PbKvServer::new(Kv { pairs }))
                .serve_with_incoming_shutdown(incoming, async {
                    // The other half goes with the test.
                    let _ = ended.await;
                });
            runtime.spawn(serve);
        }
        Self { addresses, ends, runtime: Some(runtime) }
    }

    /// For `--endpoints`.
    pub(crate) fn endpoints(&self) -> String {
        self.addresses.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        self.ends.clear();
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
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
