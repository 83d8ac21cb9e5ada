use super::super::dial::tests::{Fixed, local};
use super::*;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use std::sync::OnceLock;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// The authority of the tests and a server's certificate and key by it, as PEM; made once for a process.
struct Made {
    authority: Vec<u8>,
    server: Vec<u8>,
    key: Vec<u8>,
}

fn made() -> &'static Made {
    static MADE: OnceLock<Made> = OnceLock::new();
    MADE.get_or_init(|| {
        let mut authority = CertificateParams::new(Vec::new()).unwrap();
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
        let key = KeyPair::generate().unwrap();
        let server = CertificateParams::new(vec!["api.example.com".to_owned()]).unwrap();
        let server = server.signed_by(&key, &issuer).unwrap();
        Made {
            authority: issuer.pem().into_bytes(),
            server: server.pem().into_bytes(),
            key: key.serialize_pem().into_bytes(),
        }
    })
}

/// A server whose certificate is for `api.example.com`, by the authority of the tests.
pub(in crate::net) fn acceptor() -> TlsAcceptor {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let chain = vec![CertificateDer::from_pem_slice(&made().server).unwrap()];
    let key = PrivateKeyDer::from_pem_slice(&made().key).unwrap();
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    TlsAcceptor::from(Arc::new(config))
}

/// A client that trusts the authority of the tests only.
pub(in crate::net) fn client_config() -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    bundle::add(&made().authority, &mut roots).unwrap();
    let tls = Tls::with_roots(local(Fixed::new(&[])), roots).unwrap();
    tls.config
}

/// A file of the tests that is gone when it is dropped.
struct File(std::path::PathBuf);

impl File {
    fn new(name: &str, bytes: &[u8]) -> Self {
        let path = std::env::temp_dir().join(format!("net-tls-{}-{name}.pem", std::process::id()));
        std::fs::write(&path, bytes).unwrap();
        Self(path)
    }
}

impl Drop for File {
    fn drop(&mut self) {
        drop(std::fs::remove_file(&self.0));
    }
}

/// A listener that answers one TLS connection with `hi`.
async fn serve() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        if let Ok(mut stream) = acceptor().accept(stream).await {
            stream.write_all(b"hi").await.unwrap();
            stream.shutdown().await.unwrap();
        }
    });
    port
}

fn host(text: &str) -> Host {
    Host::parse(text).unwrap()
}

#[tokio::test]
async fn an_upstream_is_trusted_by_the_bundle_and_for_its_name() {
    let file = File::new("good", &made().authority);
    let tls = Tls::new(local(Fixed::new(&[&["127.0.0.1"]])), Some(&file.0)).unwrap();
    let mut stream = tls
        .connect(&host("api.example.com"), serve().await)
        .await
        .unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"http/1.1"[..]));
    let mut text = String::new();
    stream.read_to_string(&mut text).await.unwrap();
    assert_eq!(text, "hi");
    for name in ["other.example.com", "example.com", "x.api.example.com"] {
        let refused = tls.connect(&host(name), serve().await).await.unwrap_err();
        assert_eq!(refused, Refused::Certificate, "{name}");
    }
}

#[tokio::test]
async fn an_upstream_that_no_root_knows_is_refused() {
    let tls = Tls::new(local(Fixed::new(&[&["127.0.0.1"]])), None).unwrap();
    let refused = tls
        .connect(&host("api.example.com"), serve().await)
        .await
        .unwrap_err();
    assert_eq!(refused.rule(), "tls-certificate");
}

#[tokio::test]
async fn an_upstream_that_speaks_no_tls_or_nothing_is_refused() {
    let tls = Tls::new(local(Fixed::new(&[&["127.0.0.1"]])), None).unwrap();
    for (says, rule) in [
        (&b"HTTP/1.1 200 OK\r\n\r\n"[..], "tls-handshake"),
        (b"", "tls-late"),
    ] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            stream.write_all(says).await.unwrap();
            tokio::time::sleep(Duration::from_secs(5)).await;
        });
        let refused = tls
            .connect(&host("api.example.com"), port)
            .await
            .unwrap_err();
        assert_eq!(refused.rule(), rule);
        server.abort();
    }
    let refused = Tls::new(local(Fixed::new(&[&["10.0.0.1"]])), None).unwrap();
    let refused = refused
        .connect(&host("api.example.com"), 443)
        .await
        .unwrap_err();
    assert_eq!(refused.rule(), "address-private");
}

#[test]
fn a_bundle_holds_certificates_of_authorities_and_nothing_else() {
    let (authority, key) = (made().authority.as_slice(), made().key.as_slice());
    let cut = &authority[..authority.len() / 2];
    let broken = String::from_utf8(authority.to_vec())
        .unwrap()
        .replacen("MII", "M!I", 1);
    let der = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    for (name, bytes, rule) in [
        ("empty", &b""[..], "trust-empty"),
        ("text", b"no certificate here\n", "trust-empty"),
        ("key", key, "trust-malformed"),
        ("both", &[authority, key].concat(), "trust-malformed"),
        ("cut", cut, "trust-malformed"),
        ("second-cut", &[authority, cut].concat(), "trust-malformed"),
        ("broken", broken.as_bytes(), "trust-malformed"),
        ("der", der, "trust-certificate"),
        ("long", &vec![b'\n'; (1 << 20) + 1], "trust-length"),
    ] {
        let file = File::new(name, bytes);
        let refused = Tls::new(local(Fixed::new(&[])), Some(&file.0)).unwrap_err();
        assert_eq!(refused.rule(), rule, "{name}");
    }
    let refused = Tls::new(
        local(Fixed::new(&[])),
        Some(Path::new("/nonexistent/x.pem")),
    );
    assert_eq!(refused.unwrap_err().rule(), "trust-unreadable");
    let file = File::new("two", &[b"# ours\n", authority, b"\n", authority].concat());
    assert!(Tls::new(local(Fixed::new(&[])), Some(&file.0)).is_ok());
}
