//! TLS towards a running store: whom to trust, and what to show of ourselves.

use std::fmt::{self, Display};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// gRPC runs over HTTP/2, and a server asks for it by this name.
const HTTP_2: &[u8] = b"h2";

/// The files and choices of a user, as etcdctl's options name them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TlsOptions {
    /// Certificates of authorities to trust instead of the system's.
    pub cacert: Option<PathBuf>,
    /// Our own certificate, where members ask for one.
    pub cert: Option<PathBuf>,
    /// Its key.
    pub key: Option<PathBuf>,
    /// Whether any certificate of a member is taken.
    pub insecure_skip_verify: bool,
}

impl TlsOptions {
    /// Whether the user has asked for TLS at all.
    pub fn any(&self) -> bool {
        *self != Self::default()
    }
}

/// What is wrong with the options of TLS.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read, or does not hold what it should.
    #[error("--{option} {path}: {reason}", path = path.display())]
    File {
        /// The option that names it.
        option: &'static str,
        /// The file.
        path: PathBuf,
        /// Why it is of no use.
        reason: String,
    },
    /// One of a pair is missing.
    #[error("--cert and --key belong together: give both, or neither")]
    HalfAPair,
    /// The machine trusts nobody.
    #[error("this machine has no certificates of authorities to trust: name them with --cacert")]
    NoRoots,
    /// Certificate and key do not fit.
    #[error("the certificate and the key of --cert and --key cannot be used: {0}")]
    Identity(rustls::Error),
}

/// TLS as it is set up for all connections of a run. Cheap to clone.
#[derive(Clone)]
pub struct Tls {
    connector: TlsConnector,
}

impl fmt::Debug for Tls {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Tls").finish_non_exhaustive()
    }
}

impl Tls {
    /// Reads the files.
    ///
    /// # Errors
    /// When one of them is of no use, in a sentence that names the option.
    pub fn new(options: &TlsOptions) -> Result<Self, TlsError> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(TlsError::Identity)?;
        let trusting = if options.insecure_skip_verify {
            let verifier = Arc::new(AnyCertificate { provider });
            builder.dangerous().with_custom_certificate_verifier(verifier)
        } else {
            builder.with_root_certificates(roots(options.cacert.as_deref())?)
        };
        let mut config = match (&options.cert, &options.key) {
            (None, None) => trusting.with_no_client_auth(),
            (Some(cert), Some(key)) => trusting
                .with_client_auth_cert(certificates("cert", cert)?, private_key(key)?)
                .map_err(TlsError::Identity)?,
            _ => return Err(TlsError::HalfAPair),
        };
        config.alpn_protocols = vec![HTTP_2.to_vec()];
        Ok(Self { connector: TlsConnector::from(Arc::new(config)) })
    }

    /// Makes a connection safe that has just been made to this host.
    pub(super) async fn over(
        &self,
        stream: TcpStream,
        host: &str,
    ) -> io::Result<TlsStream<TcpStream>> {
        let name = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let name = ServerName::try_from(name).map_err(io::Error::other)?;
        self.connector.connect(name, stream).await
    }
}

fn file(option: &'static str, path: &Path) -> impl Fn(&dyn Display) -> TlsError {
    move |reason| TlsError::File { option, path: path.to_owned(), reason: reason.to_string() }
}

fn certificates(
    option: &'static str,
    path: &Path,
) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let wrong = file(option, path);
    let parts = CertificateDer::pem_file_iter(path).map_err(|error| wrong(&error))?;
    let found: Vec<_> = parts.collect::<Result<_, _>>().map_err(|error| wrong(&error))?;
    if found.is_empty() {
        return Err(wrong(&"it holds no certificate in PEM"));
    }
    Ok(found)
}

fn private_key(path: &Path) -> Result<PrivateKeyDer<'static>, TlsError> {
    PrivateKeyDer::from_pem_file(path).map_err(|error| file("key", path)(&error))
}

fn roots(cacert: Option<&Path>) -> Result<RootCertStore, TlsError> {
    let mut store = RootCertStore::empty();
    let Some(path) = cacert else {
        // What the system has that cannot be read is not trusted, and nothing else comes of it.
        let (added, _ignored) =
            store.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        return if added > 0 { Ok(store) } else { Err(TlsError::NoRoots) };
    };
    for certificate in certificates("cacert", path)? {
        store.add(certificate).map_err(|error| file("cacert", path)(&error))?;
    }
    Ok(store)
}

/// Takes any certificate, and still checks that the other side holds its key.
#[derive(Debug)]
struct AnyCertificate {
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let known = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, cert, signed, known)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let known = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, cert, signed, known)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
