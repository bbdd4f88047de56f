//! Three servers that have little of etcd's API, on loopback.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::oneshot;

use super::little_kv::{Pairs, serve};

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
            runtime.spawn(serve(pairs, listener, async {
                // The other half goes with the test.
                let _ = ended.await;
            }));
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
