//! The version that a member tells anybody who asks for the path `/version`.

use std::time::Duration;

use http::{Method, Request};
use tonic::body::Body;
use tower::{Service as _, ServiceExt as _};

use super::channel::channel;
use super::connection::Dial;
use super::plain;

const PATH: &str = "/version";
/// The answer is some forty bytes, behind a head that is not long either.
const MOST_BYTES: usize = 4 << 10;

/// The version of a member, where it tells it; a store with users may keep its status for root.
pub async fn version(dial: &Dial, limit: Duration) -> Option<String> {
    let asked = async {
        if dial.access.tls.is_some() { over_tls(dial).await } else { plainly(dial, limit).await }
    };
    let answer = tokio::time::timeout(limit, asked).await.ok()??;
    let told: serde_json::Value = serde_json::from_str(&answer).ok()?;
    told.get("etcdserver")?.as_str().map(ToOwned::to_owned)
}

async fn plainly(dial: &Dial, limit: Duration) -> Option<String> {
    let endpoint = dial.endpoint.clone();
    let get = move || plain::get(&endpoint, PATH, limit, MOST_BYTES as u64);
    let answer = tokio::task::spawn_blocking(get).await.ok()?.ok()?;
    answer.split_once("\r\n\r\n").map(|(_head, body)| body.to_owned())
}

/// On a port with TLS, members tell requests of HTTP/2 apart by what they hold.
async fn over_tls(dial: &Dial) -> Option<String> {
    let mut channel = channel(dial).ok()?;
    let request = Request::builder().method(Method::GET).uri(PATH).body(Body::empty()).ok()?;
    let answer = channel.ready().await.ok()?.call(request).await.ok()?;
    let mut body = answer.into_body();
    let mut bytes = Vec::new();
    while let Some(frame) = frame(&mut body).await {
        bytes.extend_from_slice(&frame);
        if bytes.len() > MOST_BYTES {
            return None;
        }
    }
    String::from_utf8(bytes).ok()
}

/// The next part of a body's data; nothing at its end, or where it breaks.
async fn frame(body: &mut Body) -> Option<Vec<u8>> {
    use http_body::Body as _;
    let next = std::future::poll_fn(|context| std::pin::Pin::new(&mut *body).poll_frame(context));
    let data = next.await?.ok()?.into_data().ok()?;
    Some(data.to_vec())
}
