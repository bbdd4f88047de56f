//! Channels that the library does not make: from an address of ours, over TLS of ours, with a
//! token of ours.

use std::future::Future;
use std::io::{self, ErrorKind};
use std::net::IpAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use etcd_client::{Channel as RawChannel, Error};
use http::{Request, Response, Uri};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tonic::body::Body;
use tonic::transport::channel::Change;
use tonic::transport::{Channel, Endpoint};
use tower::util::BoxCloneSyncService;
use tower::{BoxError, Service, service_fn};

use super::connection::Dial;
use super::tls::Tls;
use super::token::Token;

/// Where etcd looks for the token.
const TOKEN: &str = "token";
/// Where gRPC says how a call without an answer has ended, and its number of `Unauthenticated`.
const STATUS: &str = "grpc-status";
const UNAUTHENTICATED: &[u8] = b"16";

/// A channel of the sort that the library makes, but from an address of ours.
pub(super) fn from(dial: &Dial, from: IpAddr) -> Result<RawChannel, Error> {
    let endpoint = Endpoint::from_shared(dial.endpoint.clone())?
        .connect_timeout(dial.connect_timeout)
        .local_address(Some(from));
    let (channel, endpoints) = Channel::balance_channel(1);
    // There is room for one, and nobody has taken it.
    let _ = endpoints.try_send(Change::Insert(dial.endpoint.clone(), endpoint));
    Ok(RawChannel::Tonic(channel))
}

/// A channel over TLS, or with a token in every request, or both.
pub(super) fn with_access(dial: &Dial) -> Result<RawChannel, Error> {
    let channel = channel(dial)?;
    Ok(match &dial.access.token {
        None => RawChannel::Tonic(channel),
        Some(token) => {
            let service = Authenticated { channel, token: token.clone() };
            RawChannel::Custom(BoxCloneSyncService::new(service))
        }
    })
}

/// A channel, over TLS where that is asked for.
pub(super) fn channel(dial: &Dial) -> Result<Channel, Error> {
    let endpoint = Endpoint::from_shared(dial.endpoint.clone())?;
    let (tls, limit) = (dial.access.tls.clone(), dial.connect_timeout);
    let connect = move |uri: Uri| connect(uri, tls.clone(), limit);
    Ok(endpoint.connect_with_connector_lazy(service_fn(connect)))
}

/// A stream, safe or not.
trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// Makes a connection. Whatever fails here failed before any request was sent.
async fn connect(
    uri: Uri,
    tls: Option<Tls>,
    limit: Duration,
) -> io::Result<TokioIo<Box<dyn Stream>>> {
    let host = uri.host().ok_or_else(|| io::Error::from(ErrorKind::InvalidInput))?;
    let authority = (host.trim_start_matches('[').trim_end_matches(']'), uri.port_u16());
    let port = authority.1.ok_or_else(|| io::Error::from(ErrorKind::InvalidInput))?;
    let made = async {
        let stream = TcpStream::connect((authority.0, port)).await?;
        stream.set_nodelay(true)?;
        Ok(match tls {
            Some(tls) => Box::new(tls.over(stream, host).await?) as Box<dyn Stream>,
            None => Box::new(stream),
        })
    };
    let made = tokio::time::timeout(limit, made).await;
    made.map_err(|_elapsed| io::Error::from(ErrorKind::TimedOut))?.map(TokioIo::new)
}

/// Puts the token into every request, and notices when it is not taken any more.
#[derive(Clone)]
struct Authenticated {
    channel: Channel,
    token: Token,
}

impl Service<Request<Body>> for Authenticated {
    type Response = Response<Body>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, BoxError>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.channel.poll_ready(context).map_err(Into::into)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        // What was found ready is used up here; the clone that stays is asked again.
        let again = self.channel.clone();
        let mut channel = std::mem::replace(&mut self.channel, again);
        let shared = self.token.clone();
        let asked = self.channel.clone();
        Box::pin(async move {
            let token = shared.get(&asked).await?;
            request.headers_mut().insert(TOKEN, token.as_encoded_bytes().try_into()?);
            let response = channel.call(request).await?;
            let ended = response.headers().get(STATUS).map(http::HeaderValue::as_bytes);
            if ended == Some(UNAUTHENTICATED) {
                shared.refused(&token).await;
            }
            Ok(response)
        })
    }
}
