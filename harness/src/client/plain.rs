//! Requests over connections of their own, as plain as HTTP can be, for what no client of etcd
//! asks. They block.

use std::io::{self, Read as _, Write as _};
use std::net::{TcpStream, ToSocketAddrs as _};
use std::time::Duration;

/// The answer of a member, its head included, up to so many bytes; `limit` bounds each step.
///
/// # Errors
/// When the member does not answer in time.
pub fn get(endpoint: &str, path: &str, limit: Duration, bytes: u64) -> io::Result<String> {
    let mut stream = connect(endpoint, limit)?;
    let host = host(endpoint);
    let request = format!("GET {path} HTTP/1.0\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes())?;
    let mut answer = String::new();
    stream.take(bytes).read_to_string(&mut answer)?;
    Ok(answer)
}

/// A connection to a member whose every step is bounded.
pub(super) fn connect(endpoint: &str, limit: Duration) -> io::Result<TcpStream> {
    let address = host(endpoint).to_socket_addrs()?.next();
    let address = address.ok_or_else(|| io::Error::from(io::ErrorKind::AddrNotAvailable))?;
    let stream = TcpStream::connect_timeout(&address, limit)?;
    stream.set_read_timeout(Some(limit))?;
    stream.set_write_timeout(Some(limit))?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

fn host(endpoint: &str) -> &str {
    endpoint.strip_prefix("http://").unwrap_or(endpoint).trim_end_matches('/')
}
