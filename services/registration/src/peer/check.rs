//! External checks: one question as JSON by HTTPS with a client certificate to a data-sharing platform (数据共享平台).
//!
//! ```text
//! POST <path>  {"check":"SOCIAL_INSURANCE","full_name":"…","document_kind":"111","document_number":"…",
//!               "credit_code":"…","on":"2026-06-01"}
//! 200          {"answer":"yes"|"no","reference":"…"}
//! ```
//!
//! Whatever is not a 200 with a readable answer, in time and of at most 64 KiB, is no answer; it is never an error of the
//! call that asks. The body is evidence as it came.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use domain::check::{CheckAnswer, ExternalCheck};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_util::rt::TokioIo;
use jiff::civil::Date;
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, ServerName};
use serde::{Deserialize, Serialize};
use service_runtime::config::Section;
use service_runtime::tls::{Leaf, provider};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use zeroize::Zeroizing;

use crate::sealing::PersonFacts;

/// Longest answer that is read.
const ANSWER: usize = 64 << 10;

/// What is asked.
#[derive(Debug)]
pub(crate) struct Question<'a> {
    pub(crate) person: &'a PersonFacts,
    pub(crate) credit_code: &'a str,
    pub(crate) on: Date,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) answer: CheckAnswer,
    /// As it came; none where nothing that can be read came.
    pub(crate) body: Option<Vec<u8>>,
}

/// The systems that this deployment has connected; none unless configured.
#[derive(Debug, Clone, Default)]
pub(crate) struct Checks(Vec<Adapter>);

/// One connected system.
#[derive(Clone)]
struct Adapter {
    check: ExternalCheck,
    address: String,
    path: String,
    host: String,
    server: ServerName<'static>,
    tls: Arc<ClientConfig>,
    timeout: Duration,
}

impl std::fmt::Debug for Adapter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Adapter({} at {})", self.check.code(), self.address)
    }
}

impl Checks {
    /// `[checks.social_insurance]` and `[checks.education]`.
    pub(crate) fn read(root: &mut Section) -> Self {
        let Some(mut section) = root.optional_section("checks") else {
            return Self::default();
        };
        let named = [
            ("social_insurance", ExternalCheck::SocialInsurance),
            ("education", ExternalCheck::Education),
        ];
        let adapters = named.into_iter().filter_map(|(name, check)| {
            let section = section.optional_section(name)?;
            Adapter::read(check, section)
        });
        Self(adapters.collect())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What can be asked.
    pub(crate) fn connected(&self) -> impl Iterator<Item = ExternalCheck> {
        self.0.iter().map(|adapter| adapter.check)
    }

    /// Asks one question. Never fails: what cannot be had or read is no answer.
    pub(crate) async fn ask(&self, check: ExternalCheck, question: &Question<'_>) -> Reply {
        let none = Reply {
            answer: CheckAnswer::Unavailable,
            body: None,
        };
        let Some(adapter) = self.0.iter().find(|adapter| adapter.check == check) else {
            return none;
        };
        match tokio::time::timeout(adapter.timeout, adapter.ask(question)).await {
            Ok(Ok(body)) => Reply {
                answer: read_answer(&body),
                body: Some(body),
            },
            Ok(Err(failure)) => {
                tracing::warn!(check = check.code(), %failure, "an external check failed");
                none
            }
            Err(_) => {
                tracing::warn!(check = check.code(), "an external check did not answer in time");
                none
            }
        }
    }
}

/// What a body says.
fn read_answer(body: &[u8]) -> CheckAnswer {
    #[derive(Deserialize)]
    struct Answer {
        answer: Word,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Word {
        Yes,
        No,
    }
    match serde_json::from_slice(body) {
        Ok(Answer { answer: Word::Yes }) => CheckAnswer::Yes,
        Ok(Answer { answer: Word::No }) => CheckAnswer::No,
        Err(_) => CheckAnswer::Unavailable,
    }
}

/// Why no answer came; nothing personal in it.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("connection: {}", .0.kind())]
    Connection(#[from] std::io::Error),
    #[error("HTTP: {0}")]
    Http(#[from] hyper::Error),
    #[error("status {0}")]
    Status(u16),
    #[error("the answer is too long or broke off")]
    Body,
    #[error("the question cannot be put")]
    Question,
}

impl Adapter {
    fn read(check: ExternalCheck, mut section: Section) -> Option<Self> {
        let address: Option<String> = section.parsed("address", |text| {
            let authority = text.parse::<hyper::http::uri::Authority>().ok();
            let authority = authority.filter(|authority| authority.port_u16().is_some());
            authority
                .map(|authority| authority.to_string())
                .ok_or("must be host:port")
        });
        let path = section.or("path", "/".to_owned());
        if !path.starts_with('/') {
            section.fault("path", "must begin with /");
        }
        let usual = address.as_deref().and_then(|text| text.rsplit_once(':'));
        let usual = usual.map(|(host, _)| host.to_owned()).unwrap_or_default();
        let host = section.or("server_name", usual);
        let server = ServerName::try_from(host.clone())
            .map_err(|_| section.fault("server_name", "must be a host name"))
            .ok();
        let roots = section.file("ca").and_then(|path| {
            let roots = read_roots(&path);
            if roots.is_none() {
                section.fault("ca", "holds no certificate authority");
            }
            roots
        });
        let (chain, key) = (section.file("certificate"), section.key_file("key"));
        let leaf = chain.zip(key).and_then(|(chain, key)| {
            Leaf::open(&chain, &key)
                .map_err(|error| section.fault("certificate", error.to_string()))
                .ok()
        });
        let timeout = section.or("timeout", Duration::from_secs(3));
        Some(Self {
            check,
            address: address?,
            path,
            host,
            server: server?,
            tls: Arc::new(client_config(roots?, leaf?)),
            timeout,
        })
    }

    async fn ask(&self, question: &Question<'_>) -> Result<Vec<u8>, Failure> {
        let body = self.question(question);
        let tcp = TcpStream::connect(&self.address).await?;
        let tls = TlsConnector::from(Arc::clone(&self.tls));
        let stream = tls.connect(self.server.clone(), tcp).await?;
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
        let request = hyper::Request::post(&self.path)
            .header(hyper::header::HOST, &self.host)
            .header(hyper::header::CONTENT_TYPE, "application/json")
            .header(hyper::header::ACCEPT, "application/json")
            .body(Full::new(Bytes::copy_from_slice(&body)))
            .map_err(|_| Failure::Question)?;
        // Both in this task: the connection ends with the answer, or with the caller's patience.
        let answer = async {
            let response = sender.send_request(request).await?;
            if response.status() != hyper::StatusCode::OK {
                return Err(Failure::Status(response.status().as_u16()));
            }
            let body = Limited::new(response.into_body(), ANSWER).collect().await;
            Ok(body.map_err(|_| Failure::Body)?.to_bytes().to_vec())
        };
        tokio::pin!(answer, connection);
        tokio::select! {
            answer = &mut answer => answer,
            ended = &mut connection => {
                ended?;
                answer.await
            }
        }
    }

    fn question(&self, question: &Question<'_>) -> Zeroizing<Vec<u8>> {
        #[derive(Serialize)]
        struct Body<'a> {
            check: ExternalCheck,
            full_name: &'a str,
            document_kind: &'a str,
            document_number: &'a str,
            credit_code: &'a str,
            on: Date,
        }
        let person = question.person;
        let body = Body {
            check: self.check,
            full_name: person.name.expose(),
            document_kind: person.document.kind().code(),
            document_number: person.document.expose(),
            credit_code: question.credit_code,
            on: question.on,
        };
        Zeroizing::new(serde_json::to_vec(&body).expect("invariant: plain fields encode"))
    }
}

fn read_roots(path: &std::path::Path) -> Option<RootCertStore> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(path).ok()? {
        roots.add(certificate.ok()?).ok()?;
    }
    (!roots.is_empty()).then_some(roots)
}

/// TLS 1.2 and 1.3 by server name: the other system is none of ours, so it carries no identity of ours.
fn client_config(roots: RootCertStore, leaf: Leaf) -> ClientConfig {
    let mut config = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .expect("invariant: the provider supports the default versions")
        .with_root_certificates(roots)
        .with_client_cert_resolver(Arc::new(leaf));
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    config
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_plain_yes_or_no_is_an_answer() {
        for (body, answer) in [
            (r#"{"answer":"yes","reference":"320100-1"}"#, CheckAnswer::Yes),
            (r#"{"answer":"no"}"#, CheckAnswer::No),
            (r#"{"answer":"maybe"}"#, CheckAnswer::Unavailable),
            (r#"{"answer":true}"#, CheckAnswer::Unavailable),
            ("", CheckAnswer::Unavailable),
            ("<html>", CheckAnswer::Unavailable),
        ] {
            assert_eq!(read_answer(body.as_bytes()), answer, "{body}");
        }
    }
}
