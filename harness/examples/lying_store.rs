//! A store that lies, for the image in which Stormglass is shown to say so: it takes etcd's flags,
//! and each member keeps what it is told to itself. As `etcdctl` it finds every endpoint healthy.
#![expect(clippy::print_stdout, reason = "it says its version")]

#[path = "../tests/external/little_kv.rs"]
mod little_kv;

use std::io;

use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

/// What `etcd --version` says; no other program may be etcd's image.
const VERSION: &str = "etcd Version: 3.5.30";
/// Where etcd listens in a container.
const ADDRESS: &str = "0.0.0.0:2379";

fn main() -> io::Result<()> {
    let words: Vec<String> = std::env::args().collect();
    if words.iter().any(|word| word == "--version") {
        println!("{VERSION}");
        return Ok(());
    }
    if words.first().is_some_and(|program| program.ends_with("etcdctl")) {
        return Ok(());
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind(ADDRESS).await?;
        let pairs = little_kv::Pairs::default();
        let mut terminated = signal(SignalKind::terminate())?;
        let end = async move {
            terminated.recv().await;
        };
        little_kv::serve(pairs, listener, end).await.map_err(io::Error::other)
    })
}
