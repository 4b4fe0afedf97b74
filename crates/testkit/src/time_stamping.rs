//! A time-stamping authority for tests: real answers (RFC 3161) over real HTTP on loopback, and the ways in which an
//! authority can be of no use.

use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use gm::asn1::Oid;
use gm::certificate::{Authority, Marking, Profile, Request as CertificateRequest, Subject, Validity};
use gm::timestamp::{Imprint, Request, TimeStampAuthority};
use gm::{Certificate, PrivateKey, Signer as _};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::{Response, StatusCode};
use hyper_util::rt::TokioIo;
use jiff::Timestamp;
use rand_core::CryptoRng;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// The policy that its tokens name.
pub const POLICY: Oid = Oid::dotted("1.3.6.1.4.1.99999.3161");

/// What the authority does with a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    /// Stamps as it must.
    Honest,
    /// Stamps another digest.
    OtherImprint,
    /// Answers as if another nonce had been sent.
    OtherNonce,
    /// Refuses, with a status.
    Refusing,
    /// Answers with something else than a time stamp.
    Talking,
    /// Answers 503.
    Overloaded,
    /// Takes the question and never answers.
    Silent,
}

/// A running authority; it ends with its value.
pub struct TestTimeStamper {
    address: SocketAddr,
    state: Arc<State>,
    running: JoinHandle<()>,
}

struct State {
    authority: TimeStampAuthority<PrivateKey>,
    clock: Box<dyn Fn() -> Timestamp + Send + Sync>,
    manner: parking_lot::Mutex<Manner>,
    questions: AtomicU64,
}

impl Drop for TestTimeStamper {
    fn drop(&mut self) {
        self.running.abort();
    }
}

/// Has a certification authority make a time-stamping authority of the same algorithm, for as long as it lives itself.
///
/// # Panics
/// If the two do not belong together.
pub fn authority(
    issuer: &Certificate,
    issuer_key: &PrivateKey,
    rng: &mut dyn CryptoRng,
) -> TimeStampAuthority<PrivateKey> {
    authority_until(issuer, issuer_key, issuer.not_after(), rng)
}

/// As [`authority`], for a time-stamping authority whose certificate ends at `until`.
///
/// # Panics
/// If issuer and key do not belong together, or the issuer ends before.
pub fn authority_until(
    issuer: &Certificate,
    issuer_key: &PrivateKey,
    until: Timestamp,
    rng: &mut dyn CryptoRng,
) -> TimeStampAuthority<PrivateKey> {
    let key = PrivateKey::generate(issuer_key.algorithm(), rng);
    let mut serial = [0_u8; 16];
    rng.fill_bytes(&mut serial);
    serial[0] = serial[0] & 0x3f | 0x40;
    let request = CertificateRequest {
        profile: Profile::TimeStamping,
        subject: Subject {
            common_name: "时间戳服务（样本）".to_owned(),
            organization: "建证市时间戳服务中心（虚构）".to_owned(),
        },
        public_key: key.public_key().clone(),
        validity: Validity {
            from: issuer.not_before(),
            until,
        },
        serial: serial.to_vec(),
        marking: Marking::Specimen,
        crl_locations: Vec::new(),
    };
    let certified = Authority::new(issuer.clone(), issuer_key).expect("an issuer with its key");
    let certificate = certified.issue(&request, rng).expect("a lawful request");
    TimeStampAuthority::new(key, vec![certificate, issuer.clone()], POLICY).expect("just issued for it")
}

impl TestTimeStamper {
    /// Starts on a port of its own.
    ///
    /// # Panics
    /// If loopback cannot be listened on.
    #[expect(clippy::disallowed_methods, reason = "the authority ends with its value")]
    pub async fn start(
        authority: TimeStampAuthority<PrivateKey>,
        clock: impl Fn() -> Timestamp + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .await
            .expect("loopback");
        let address = listener.local_addr().expect("it is bound");
        let state = Arc::new(State {
            authority,
            clock: Box::new(clock),
            manner: parking_lot::Mutex::new(Manner::Honest),
            questions: AtomicU64::new(0),
        });
        let running = tokio::spawn(serve(listener, Arc::clone(&state)));
        Self {
            address,
            state,
            running,
        }
    }

    /// Where it answers.
    pub fn url(&self) -> String {
        format!("http://{}/tsr", self.address)
    }

    /// What it does from now on.
    pub fn behave(&self, manner: Manner) {
        *self.state.manner.lock() = manner;
    }

    /// How many questions came so far.
    pub fn questions(&self) -> u64 {
        self.state.questions.load(Ordering::SeqCst)
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "connections end with the test's runtime"
)]
async fn serve(listener: TcpListener, state: Arc<State>) {
    while let Ok((stream, _)) = listener.accept().await {
        let state = Arc::clone(&state);
        tokio::spawn(async move {
            let service = hyper::service::service_fn(move |request| answer(request, Arc::clone(&state)));
            let connection = hyper::server::conn::http1::Builder::new();
            // A client that goes away is no failure of the authority.
            connection
                .serve_connection(TokioIo::new(stream), service)
                .await
                .ok();
        });
    }
}

async fn answer(
    request: hyper::Request<Incoming>,
    state: Arc<State>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let number = state.questions.fetch_add(1, Ordering::SeqCst) + 1;
    let manner = *state.manner.lock();
    let query = request.into_body().collect().await;
    let query = query.map(|body| body.to_bytes().to_vec()).unwrap_or_default();
    let query = match manner {
        Manner::Honest => query,
        Manner::OtherImprint => altered(&query, |asked| {
            asked.imprint = Imprint::of(gm::Algorithm::EcdsaP256Sha256, &[b"another"]);
        }),
        Manner::OtherNonce => altered(&query, |asked| asked.nonce = Some(vec![1])),
        Manner::Refusing => Vec::new(),
        Manner::Talking => return Ok(reply(StatusCode::OK, b"<html>".to_vec())),
        Manner::Overloaded => return Ok(reply(StatusCode::SERVICE_UNAVAILABLE, Vec::new())),
        Manner::Silent => std::future::pending().await,
    };
    let mut rng = rand_core::UnwrapErr(personal_data::OsRandom);
    let answer = state.authority.answer(&query, number, (state.clock)(), &mut rng);
    let answer = answer.expect("a software key signs");
    Ok(reply(StatusCode::OK, answer.der().to_vec()))
}

fn altered(query: &[u8], change: impl FnOnce(&mut Request)) -> Vec<u8> {
    let mut asked = Request::parse(query).expect("our own client asks");
    change(&mut asked);
    asked.to_der()
}

fn reply(status: StatusCode, body: Vec<u8>) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() = status;
    let kind = hyper::header::HeaderValue::from_static("application/timestamp-reply");
    response.headers_mut().insert(hyper::header::CONTENT_TYPE, kind);
    response
}
