//! How stores are reached: hyper with the TLS of every other call of ours, instead of a client that brings its own.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use async_trait::async_trait;
use http_body_util::BodyExt as _;
use hyper::Uri;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::{Connected, Connection};
use hyper_util::rt::{TokioExecutor, TokioIo};
use object_store::client::{HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpRequestBody, HttpResponse, HttpResponseBody, HttpService};
use object_store::{BackoffConfig, ClientOptions, RetryConfig};
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tower::Service;

use super::trouble::{Trouble, met};
use crate::outbound::tls_config;

/// How often a request is repeated that met a throttle, a 5xx, or no answer (surface.md §17).
const RETRIES: usize = 3;
/// The pause before the first repetition; each is twice the one before, with jitter.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// When nothing is repeated any more.
const PATIENCE: Duration = Duration::from_secs(180);
/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(5);
/// How long an answer may take to begin.
const ANSWER: Duration = Duration::from_secs(60);
/// The status of a store that wants fewer requests.
const TOO_MANY: u16 = 429;

/// How requests are repeated.
pub(super) fn retries() -> RetryConfig {
    let backoff = BackoffConfig { init_backoff: FIRST_PAUSE, max_backoff: LONGEST_PAUSE, base: 2. };
    RetryConfig { backoff, max_retries: RETRIES, retry_timeout: PATIENCE }
}

/// Makes clients of stores.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Connector;

impl HttpConnector for Connector {
    fn connect(&self, _options: &ClientOptions) -> object_store::Result<HttpClient> {
        let client = Client::builder(TokioExecutor::new()).pool_idle_timeout(Duration::from_secs(60)).build(Dialer);
        Ok(HttpClient::new(Calls { client }))
    }
}

/// A client with its connections.
#[derive(Debug)]
struct Calls {
    client: Client<Dialer, HttpRequestBody>,
}

#[async_trait]
impl HttpService for Calls {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let host = request.uri().authority().map(ToString::to_string).unwrap_or_default();
        let answer = match tokio::time::timeout(ANSWER, self.client.request(request)).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(error)) => {
                let kind = if error.is_connect() { HttpErrorKind::Connect } else { HttpErrorKind::Interrupted };
                met(Some(Trouble::Connection(format!("{host} can not be reached: {}", innermost(&error)))));
                return Err(HttpError::new(kind, error));
            }
            Err(late) => {
                met(Some(Trouble::Connection(format!("{host} gave no answer within {} s", ANSWER.as_secs()))));
                return Err(HttpError::new(HttpErrorKind::Timeout, late));
            }
        };
        let status = answer.status();
        met((!status.is_success()).then(|| Trouble::Status(status.as_u16())));
        if status.as_u16() == TOO_MANY {
            // The library repeats what failed, but not what was refused for now.
            return Err(HttpError::new(HttpErrorKind::Request, io::Error::other("too many requests")));
        }
        let (parts, body) = answer.into_parts();
        let body = body.map_err(move |error| {
            met(Some(Trouble::Connection(format!("the answer of {host} broke off"))));
            HttpError::new(HttpErrorKind::Interrupted, error)
        });
        Ok(HttpResponse::from_parts(parts, HttpResponseBody::new(body)))
    }
}

/// The text of the error at the bottom: those above it say less.
fn innermost(error: &(dyn std::error::Error + 'static)) -> String {
    let mut bottom = error;
    while let Some(source) = bottom.source() {
        bottom = source;
    }
    bottom.to_string()
}

/// Opens connections.
#[derive(Debug, Clone, Copy)]
struct Dialer;

impl Service<Uri> for Dialer {
    type Response = TokioIo<Socket>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Self::Response>> + Send>>;

    fn poll_ready(&mut self, _context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        Box::pin(async move {
            let late = || io::Error::new(io::ErrorKind::TimedOut, format!("no connection within {} s", CONNECT.as_secs()));
            tokio::time::timeout(CONNECT, dial(&uri)).await.map_err(|_| late())?.map(|stream| TokioIo::new(Socket(stream)))
        })
    }
}

async fn dial(uri: &Uri) -> io::Result<Box<dyn Stream>> {
    let host = uri.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']').to_owned();
    let tls = uri.scheme_str() == Some("https");
    let stream = TcpStream::connect((host.as_str(), uri.port_u16().unwrap_or(if tls { 443 } else { 80 }))).await?;
    stream.set_nodelay(true)?;
    if !tls {
        return Ok(Box::new(stream));
    }
    let name = ServerName::try_from(host).map_err(|_| io::Error::other("the host has no name that a certificate can have"))?;
    let config: Arc<ClientConfig> = tls_config().map_err(io::Error::other)?;
    Ok(Box::new(TlsConnector::from(config).connect(name, stream).await?))
}

/// A connection, encrypted or not.
trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// A connection as hyper wants it.
struct Socket(Box<dyn Stream>);

impl Connection for Socket {
    fn connected(&self) -> Connected {
        Connected::new()
    }
}

impl AsyncRead for Socket {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.0).poll_read(context, buffer)
    }
}

impl AsyncWrite for Socket {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut *self.0).poll_write(context, buffer)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.0).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.0).poll_shutdown(context)
    }
}
