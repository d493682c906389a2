//! One HTTP call: the host is resolved once, each address is checked, and the connection goes to the checked
//! address, so that a name that changes in between leads nowhere else. There are no redirects and no proxies.

use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::{HOST, HeaderValue};
use hyper::{HeaderMap, Method, Request, Response, Uri};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::AllowedHosts;
use super::allow::Verdict;

/// How much of an answer is read, in bytes, where nothing else is said.
const ANSWER_BYTES: usize = 4 * 1024;

/// Why there is no answer. A text names the host at most: the path of a URL may hold a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum CallError {
    /// The call may not be made, or its URL is none.
    #[error("{0}")]
    Refused(String),
    /// The other side can not be reached, or does not answer in time.
    #[error("{0}")]
    Unreachable(String),
}

/// What the other side answered.
#[derive(Debug)]
pub(crate) struct Answer {
    /// The status.
    pub status: u16,
    /// The beginning of the body.
    pub body: String,
}

/// Where a call goes to.
struct Target {
    tls: bool,
    host: String,
    port: u16,
    path: String,
}

/// Makes calls.
#[derive(Debug)]
pub(crate) struct Client {
    allowed: AllowedHosts,
    timeout: Duration,
    answer_bytes: usize,
}

/// TLS as the machine trusts it, made at the first call that needs it.
static TLS: OnceLock<Result<Arc<ClientConfig>, String>> = OnceLock::new();

impl Client {
    /// A client that calls these hosts, and waits so long for an answer.
    pub(crate) const fn new(allowed: AllowedHosts, timeout: Duration) -> Self {
        Self { allowed, timeout, answer_bytes: ANSWER_BYTES }
    }

    /// With so much of an answer read.
    #[cfg(feature = "aws")]
    pub(crate) const fn reading(mut self, answer_bytes: usize) -> Self {
        self.answer_bytes = answer_bytes;
        self
    }

    /// Posts a body.
    ///
    /// # Errors
    /// Where there is no answer; any status is one.
    pub(crate) async fn post(&self, url: &str, headers: HeaderMap, body: String) -> Result<Answer, CallError> {
        let target = Target::read(url).map_err(CallError::Refused)?;
        let call = self.call(&target, headers, body);
        match tokio::time::timeout(self.timeout, call).await {
            Ok(done) => done,
            Err(_) => Err(CallError::Unreachable(format!("{} gave no answer within {} s", target.authority(), self.timeout.as_secs()))),
        }
    }

    async fn call(&self, target: &Target, headers: HeaderMap, body: String) -> Result<Answer, CallError> {
        let stream = self.connect(target).await?;
        let request = target.request(headers, body).map_err(CallError::Refused)?;
        let response = if target.tls {
            let no_name = |_| CallError::Refused(format!("{} is no name that a certificate can have", target.host));
            let name = ServerName::try_from(target.host.clone()).map_err(no_name)?;
            let connector = TlsConnector::from(tls_config().map_err(CallError::Refused)?);
            let failed = |error| CallError::Unreachable(format!("no TLS connection to {}: {error}", target.authority()));
            let stream = connector.connect(name, stream).await.map_err(failed)?;
            exchange(stream, request, self.answer_bytes).await
        } else {
            exchange(stream, request, self.answer_bytes).await
        };
        response.map_err(|error| CallError::Unreachable(format!("no answer of {}: {error}", target.authority())))
    }

    /// A connection to the first address that may be called and answers.
    async fn connect(&self, target: &Target) -> Result<TcpStream, CallError> {
        let verdict = self.allowed.of(&target.host, target.port);
        if verdict == Verdict::Refused {
            return Err(CallError::Refused(format!("host {} is not listed in external.allow", target.authority())));
        }
        let resolved = tokio::net::lookup_host((target.host.as_str(), target.port)).await;
        let unknown = |error| CallError::Unreachable(format!("host {} can not be found: {error}", target.host));
        let addresses: Vec<SocketAddr> = resolved.map_err(unknown)?.collect();
        let mut failure = CallError::Unreachable(format!("host {} has no address", target.host));
        for address in addresses {
            if !verdict.allows(address.ip()) {
                failure = CallError::Refused(format!("host {} has a private address; list it in external.allow if it is meant", target.authority()));
                continue;
            }
            match TcpStream::connect(address).await {
                Ok(stream) => return Ok(stream),
                Err(error) => failure = CallError::Unreachable(format!("{} can not be reached: {error}", target.authority())),
            }
        }
        Err(failure)
    }
}

/// TLS of every call to the outside.
///
/// # Errors
/// A machine without certificate authorities.
pub(crate) fn tls_config() -> Result<Arc<ClientConfig>, String> {
    TLS.get_or_init(make_tls_config).clone()
}

fn make_tls_config() -> Result<Arc<ClientConfig>, String> {
    let mut roots = RootCertStore::empty();
    let found = rustls_native_certs::load_native_certs();
    let (added, _) = roots.add_parsable_certificates(found.certs);
    if added == 0 {
        return Err("the machine has no certificate authorities; install ca-certificates, or name a file in SSL_CERT_FILE".to_owned());
    }
    let builder = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider())).with_safe_default_protocol_versions();
    let builder = builder.map_err(|error| format!("TLS can not be set up: {error}"))?;
    Ok(Arc::new(builder.with_root_certificates(roots).with_no_client_auth()))
}

impl Target {
    fn read(url: &str) -> Result<Self, String> {
        let uri: Uri = url.trim().parse().map_err(|_| "its url can not be read; write https://host/path".to_owned())?;
        let tls = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            _ => return Err("its url does not begin with https:// or http://".to_owned()),
        };
        let Some(authority) = uri.authority() else { return Err("its url has no host".to_owned()) };
        if authority.as_str().contains('@') {
            return Err("its url holds a user; put the token into pat".to_owned());
        }
        let host = authority.host().trim_start_matches('[').trim_end_matches(']').to_owned();
        let path = uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
        Ok(Self { tls, host, port: authority.port_u16().unwrap_or(if tls { 443 } else { 80 }), path })
    }

    fn authority(&self) -> String {
        if self.host.contains(':') { format!("[{}]:{}", self.host, self.port) } else { format!("{}:{}", self.host, self.port) }
    }

    fn request(&self, headers: HeaderMap, body: String) -> Result<Request<Full<Bytes>>, String> {
        let is_default = self.port == if self.tls { 443 } else { 80 };
        let authority = self.authority();
        let host = if is_default { authority.trim_end_matches(&format!(":{}", self.port)) } else { &authority };
        let host = HeaderValue::from_str(host).map_err(|_| "its url has a host that can not be sent".to_owned())?;
        let request = Request::builder().method(Method::POST).uri(self.path.as_str()).body(Full::new(Bytes::from(body)));
        let mut request = request.map_err(|_| "its url has a path that can not be sent".to_owned())?;
        *request.headers_mut() = headers;
        request.headers_mut().insert(HOST, host);
        Ok(request)
    }
}

/// One request on a connection of its own, which ends with it.
async fn exchange<S>(stream: S, request: Request<Full<Bytes>>, answer_bytes: usize) -> Result<Answer, hyper::Error>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    let serving = tokio::spawn(connection);
    let answer = match sender.send_request(request).await {
        Ok(response) => Ok(read(response, answer_bytes).await),
        Err(error) => Err(error),
    };
    serving.abort();
    answer
}

/// The status, and the beginning of the body as far as it can be read: a broken body changes nothing.
async fn read(response: Response<Incoming>, most: usize) -> Answer {
    let status = response.status().as_u16();
    let mut incoming = response.into_body();
    let mut body = Vec::new();
    while body.len() < most {
        match incoming.frame().await {
            Some(Ok(frame)) => body.extend_from_slice(frame.data_ref().map_or(&[][..], |data| data)),
            Some(Err(_)) | None => break,
        }
    }
    body.truncate(most);
    Answer { status, body: String::from_utf8_lossy(&body).into_owned() }
}
