//! The platform itself. It keeps what it signed by request id, and answers again what it kept.

use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use gm::asn1::{Writer, tag};
use gm::certificate::{Authority, Marking, Profile, Request, Subject, Validity};
use gm::{Algorithm, Certificate, PrivateKey, Signer as _};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use personal_data::OsRandom;
use rand_core::UnwrapErr;
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use serde_json::{Value, json};
use tokio_rustls::TlsAcceptor;

struct Platform {
    folder: PathBuf,
    own: (Certificate, PrivateKey),
    renewed: (Certificate, PrivateKey),
}

/// Serves until the process is ended.
pub(crate) async fn serve(folder: PathBuf) {
    let acceptor = TlsAcceptor::from(Arc::new(tls(&folder)));
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).expect("a file of the test");
    let chain = Certificate::all_from_pem(&read("seal-signer.pem")).expect("a chain");
    let key = PrivateKey::from_pkcs8_pem(&read("seal-signer-key.pem")).expect("a key");
    let platform = Arc::new(Platform {
        renewed: renewed(&chain[0], &read("seal-ca.pem"), &read("seal-ca-key.pem")),
        own: (chain[0].clone(), key),
        folder,
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port");
    println!("\nlistening on {}", listener.local_addr().expect("bound"));
    loop {
        let Ok((tcp, _)) = listener.accept().await else {
            return;
        };
        let (acceptor, platform) = (acceptor.clone(), Arc::clone(&platform));
        #[expect(
            clippy::disallowed_methods,
            reason = "the process of a test ends with its test"
        )]
        tokio::spawn(async move {
            let Ok(stream) = acceptor.accept(tcp).await else {
                return;
            };
            let service = service_fn(move |request| {
                let platform = Arc::clone(&platform);
                async move { platform.answer(request).await }
            });
            // A connection that the platform hangs up is an error here, and meant.
            let _ = http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}

/// Another certificate, as after a renewal on the platform's side.
fn renewed(own: &Certificate, ca: &str, ca_key: &str) -> (Certificate, PrivateKey) {
    let mut rng = UnwrapErr(OsRandom);
    let ca_key = PrivateKey::from_pkcs8_pem(ca_key).expect("a key");
    let authority =
        Authority::new(Certificate::from_pem(ca).expect("a certificate"), ca_key).expect("an authority");
    let key = PrivateKey::generate(Algorithm::Sm2WithSm3, &mut rng);
    let request = Request {
        profile: Profile::SealSigner,
        subject: Subject {
            common_name: "换发的签章证书".to_owned(),
            organization: "样本机关".to_owned(),
        },
        public_key: key.public_key().clone(),
        validity: Validity {
            from: own.not_before(),
            until: own.not_after(),
        },
        serial: vec![0x41, 7],
        marking: Marking::Specimen,
        crl_locations: Vec::new(),
    };
    (authority.issue(&request, &mut rng).expect("issued"), key)
}

fn tls(folder: &std::path::Path) -> ServerConfig {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut roots = RootCertStore::empty();
    let ca = CertificateDer::from_pem_file(folder.join("ca.pem")).expect("an authority");
    roots.add(ca).expect("an authority");
    let clients = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider)).build();
    let chain = CertificateDer::from_pem_file(folder.join("server.pem")).expect("a certificate");
    let key = PrivateKeyDer::from_pem_file(folder.join("server-key.pem")).expect("a key");
    ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .expect("TLS 1.3")
        .with_client_cert_verifier(clients.expect("clients show certificates"))
        .with_single_cert(vec![chain], key)
        .expect("they belong together")
}

type Answer = Result<http::Response<Full<Bytes>>, std::io::Error>;

impl Platform {
    async fn answer(&self, request: http::Request<Incoming>) -> Answer {
        assert_eq!(request.uri().path(), "/v1/signatures");
        let behaviour = std::fs::read_to_string(self.folder.join("behaviour")).expect("said");
        let body = request.into_body().collect().await.expect("a body").to_bytes();
        let body: Value = serde_json::from_slice(&body).expect("JSON");
        let orders = body["orders"].as_array().expect("orders");
        let results: Vec<Value> = orders.iter().map(|order| self.one(order, &behaviour)).collect();
        match behaviour.as_str() {
            "slow" => tokio::time::sleep(Duration::from_millis(200)).await,
            "answer-too-late" => std::future::pending().await,
            "hang-up" => return Err(std::io::Error::other("hangs up")),
            _ => {}
        }
        let answer = match behaviour.as_str() {
            "nonsense" => "<html>维护中</html>".to_owned(),
            "forget" => json!({ "results": [] }).to_string(),
            _ => json!({ "results": results }).to_string(),
        };
        Ok(http::Response::new(Full::new(Bytes::from(answer))))
    }

    fn one(&self, order: &Value, behaviour: &str) -> Value {
        let id = order["requestId"].as_str().expect("an id");
        assert_eq!(order["sealCode"], "JZ-SPECIMEN-0001");
        if behaviour == "refuse" {
            return json!({ "requestId": id, "code": "SEAL_FROZEN", "message": "印章已冻结" });
        }
        let tbs = STANDARD
            .decode(order["tbs"].as_str().expect("a TBS"))
            .expect("base64");
        let path = self.folder.join(format!("{}.der", id.replace('/', "-")));
        let value = match std::fs::read(&path) {
            Ok(kept) => {
                let same = kept.windows(tbs.len()).any(|window| window == tbs);
                assert!(same, "the same request id asks for the same bytes");
                kept
            }
            Err(_) => {
                let value = self.sign(tbs, behaviour);
                std::fs::write(&path, &value).expect("kept");
                let log = std::fs::OpenOptions::new()
                    .create(true)
                    .append(true)
                    .open(self.folder.join("signed.log"));
                writeln!(log.expect("a log"), "{id}").expect("written");
                value
            }
        };
        json!({ "requestId": id, "code": "OK", "signature": STANDARD.encode(value) })
    }

    fn sign(&self, mut tbs: Vec<u8>, behaviour: &str) -> Vec<u8> {
        let (certificate, key) = match behaviour {
            "changed-signer" => &self.renewed,
            _ => &self.own,
        };
        if behaviour == "another-document" {
            // The last letter of propertyInfo.
            *tbs.last_mut().expect("a TBS") = b'k';
        }
        let signer = if behaviour == "broken-signature" {
            &self.renewed.1
        } else {
            key
        };
        let signature = signer.sign(&tbs, &mut UnwrapErr(OsRandom)).expect("signed");
        let mut out = Writer::new();
        out.sequence(|signed| {
            signed
                .raw(&tbs)
                .element(tag::OCTET_STRING, certificate.der())
                .oid(gm::oid::SM2_WITH_SM3)
                .bits(&signature.to_der());
        });
        out.finish()
    }
}
