//! Four backends with certificates and tokens of their own, each with one connection.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use api::verification::v1 as wire;
use api::verification::v1::verify_certificate_request::Subject;
use bytes::Bytes;
use prost::Message as _;
use service_runtime::auth::{AuthLevel, Claims, Confirmation, TokenKind, TokenSigner};
use service_runtime::clock::{Clock as _, RegisterClock};
use service_runtime::tls::{Leaf, PeerChannel, Thumbprint};
use testkit::realm::Realm;
use tokio::runtime::Handle;
use tokio::task::JoinSet;
use tokio_util::task::TaskTracker;
use tonic::Status;
use tonic::client::Grpc;
use tonic::metadata::{Ascii, MetadataValue};

use super::echo::Raw;
use super::register::Register;

/// Backends, each with one connection.
const BACKENDS: usize = 4;
/// Questions in flight on each connection, closed-loop.
const IN_FLIGHT: usize = 32;
const WARM_UP: Duration = Duration::from_millis(700);

/// What is asked, and of how many people.
#[derive(Clone)]
pub(super) struct Question {
    pub(super) path: &'static str,
    pub(super) register: Arc<Register>,
    pub(super) people: u32,
    /// Whether the answer is looked at: that the certificate is valid.
    pub(super) judged: bool,
}

/// One connection.
#[derive(Clone)]
struct Caller {
    grpc: Grpc<PeerChannel>,
    bearer: MetadataValue<Ascii>,
    question: Question,
}

/// The backends, connected to one process.
pub(super) struct Callers {
    backends: Vec<Backend>,
    question: Question,
    signer: Arc<TokenSigner>,
    answered: AtomicU64,
}

struct Backend {
    name: String,
    channel: PeerChannel,
    thumbprint: Thumbprint,
}

/// The names of those who ask one process.
pub(super) fn names(process: &str) -> [String; BACKENDS] {
    std::array::from_fn(|nth| format!("{process}-{nth}"))
}

impl Callers {
    /// Connections from every backend to a process; backends of two processes have two names and certificates.
    pub(super) fn new(
        realm: &Realm,
        signer: &Arc<TokenSigner>,
        (process, address): (&str, SocketAddr),
        question: Question,
    ) -> Result<Self> {
        let backends = names(process).map(|name| {
            let channel = realm.channel(&format!("client/{name}"), "nation/verification", address);
            let path = |ending: &str| realm.folder().join(format!("client-{name}{ending}"));
            let leaf = Leaf::open(&path(".pem"), &path("-key.pem"))?;
            Ok(Backend {
                thumbprint: leaf.thumbprint().context("a certificate")?,
                name,
                channel,
            })
        });
        Ok(Self {
            backends: backends.into_iter().collect::<Result<_>>()?,
            question,
            signer: Arc::clone(signer),
            answered: AtomicU64::new(0),
        })
    }

    /// Every backend with a fresh token.
    fn callers(&self) -> Result<Vec<Caller>> {
        let now = RegisterClock::system().now();
        let callers = self.backends.iter().map(|backend| {
            let token = self.signer.sign(&claims(backend, now))?;
            Ok(Caller {
                grpc: Grpc::new(backend.channel.clone()),
                bearer: format!("Bearer {token}").parse()?,
                question: self.question.clone(),
            })
        });
        callers.collect()
    }

    /// One answer, to see how large answers are.
    pub(super) async fn once(&self, ordinal: u32) -> Result<Bytes> {
        let mut caller = self.callers()?.pop().context("a caller")?;
        let answer = caller.ask(ordinal).await?;
        self.answered.fetch_add(1, Ordering::Relaxed);
        Ok(answer)
    }

    /// Answers so far.
    pub(super) fn answered(&self) -> u64 {
        self.answered.load(Ordering::Relaxed)
    }

    /// Everybody asks again as soon as they are answered. Calls `mark` when the measured time begins and ends;
    /// returns answers a second.
    pub(super) async fn closed_loop(
        &self,
        time: Duration,
        mut mark: impl FnMut() -> Result<()>,
    ) -> Result<f64> {
        let (count, stop) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
        let mut askers = JoinSet::new();
        let callers = self.callers()?;
        for nth in 0..callers.len() * IN_FLIGHT {
            let mut caller = callers[nth % callers.len()].clone();
            let (count, stop) = (Arc::clone(&count), Arc::clone(&stop));
            let mut dice = Dice::new(nth as u64);
            askers.spawn(async move {
                while !stop.load(Ordering::Relaxed) {
                    caller.ask(dice.below(caller.question.people)).await?;
                    count.fetch_add(1, Ordering::Relaxed);
                }
                Ok::<_, Status>(())
            });
        }
        tokio::time::sleep(WARM_UP).await;
        mark()?;
        let (begun, before) = (Instant::now(), count.load(Ordering::Relaxed));
        tokio::time::sleep(time).await;
        let answered = count.load(Ordering::Relaxed) - before;
        let rate = answered as f64 / begun.elapsed().as_secs_f64();
        mark()?;
        stop.store(true, Ordering::Relaxed);
        while let Some(asker) = askers.join_next().await {
            asker??;
        }
        self.answered
            .fetch_add(count.load(Ordering::Relaxed), Ordering::Relaxed);
        Ok(rate)
    }

    /// Questions come at a rate whether or not earlier ones are answered, at exponential intervals; returns the
    /// latency in microseconds, from when each was due, that 99 in 100 do not exceed.
    pub(super) async fn open_loop(&self, rate: f64, time: Duration) -> Result<f64> {
        let due = arrivals(rate, time);
        let latencies: Arc<[AtomicU32]> = due.iter().map(|_| AtomicU32::new(u32::MAX)).collect();
        let tasks = TaskTracker::new();
        let (callers, people) = (self.callers()?, self.question.people);
        let (pacing, handle) = (tasks.clone(), Handle::current());
        let written = Arc::clone(&latencies);
        let pacer = std::thread::spawn(move || {
            let (begun, mut dice) = (Instant::now(), Dice::new(7));
            for (nth, due) in due.into_iter().enumerate() {
                let due = begun + due;
                while let Some(early) = due.checked_duration_since(Instant::now()) {
                    std::thread::sleep(early);
                }
                let (mut caller, ordinal) = (callers[nth % callers.len()].clone(), dice.below(people));
                let written = Arc::clone(&written);
                let question = async move {
                    if caller.ask(ordinal).await.is_ok() {
                        let micros = u32::try_from(due.elapsed().as_micros()).unwrap_or(u32::MAX - 1);
                        written[nth].store(micros, Ordering::Relaxed);
                    }
                };
                pacing.spawn_on(question, &handle);
            }
        });
        tokio::task::spawn_blocking(move || pacer.join().is_ok()).await?;
        tasks.close();
        tasks.wait().await;
        let mut micros: Vec<u32> = latencies.iter().map(|one| one.load(Ordering::Relaxed)).collect();
        let refused = micros.iter().filter(|one| **one == u32::MAX).count();
        anyhow::ensure!(
            refused == 0,
            "{refused} of {} questions were refused",
            micros.len()
        );
        self.answered.fetch_add(micros.len() as u64, Ordering::Relaxed);
        micros.sort_unstable();
        let at = micros.len() * 99 / 100;
        Ok(micros.get(at).copied().map_or(0.0, f64::from))
    }
}

impl Caller {
    async fn ask(&mut self, ordinal: u32) -> Result<Bytes, Status> {
        let question = wire::VerifyCertificateRequest {
            subject: Some(Subject::RegistrationNumber(
                self.question.register.number(ordinal).to_string(),
            )),
            purpose: "投标资格核验".to_owned(),
            ..Default::default()
        };
        let mut request = tonic::Request::new(Bytes::from(question.encode_to_vec()));
        request
            .metadata_mut()
            .insert("authorization", self.bearer.clone());
        self.grpc
            .ready()
            .await
            .map_err(|error| Status::unavailable(error.to_string()))?;
        let path = http::uri::PathAndQuery::from_static(self.question.path);
        let answer = self.grpc.unary(request, path, Raw).await?.into_inner();
        if self.question.judged && !is_valid(&answer) {
            return Err(Status::data_loss(format!("person {ordinal} is not valid")));
        }
        Ok(answer)
    }
}

/// Whether an encoded `VerifyCertificateResponse` begins with the verdict VALID: field 1, a length of two bytes, field
/// 1 of that, 1. Looking is cheap, decoding would be measured with the service.
fn is_valid(answer: &[u8]) -> bool {
    matches!(answer, [0x0a, _, _, 0x08, 0x01, ..])
}

fn claims(backend: &Backend, now: jiff::Timestamp) -> Claims {
    let now = now.as_second();
    Claims {
        iss: "spiffe://jianzheng/nation/identity".to_owned(),
        aud: vec!["nation".to_owned()],
        sub: backend.name.clone(),
        iat: now,
        exp: now + 300,
        sid: uuid::Uuid::new_v4(),
        kind: TokenKind::Client,
        account: None,
        person: None,
        roles: Vec::new(),
        employers: Vec::new(),
        scopes: vec!["verify".to_owned()],
        auth_level: AuthLevel::Single,
        step_up_at: None,
        act: None,
        cnf: Some(Confirmation::to(backend.thumbprint)),
    }
}

/// When questions are due.
fn arrivals(rate: f64, time: Duration) -> Vec<Duration> {
    let mut dice = Dice::new(11);
    let mut at = 0.0;
    let mut due = Vec::new();
    while at < time.as_secs_f64() {
        due.push(Duration::from_secs_f64(at));
        at -= (1.0 - dice.part()).ln() / rate;
    }
    due
}

/// SplitMix64: good enough to choose whom to ask about, and the same in every run.
struct Dice(u64);

impl Dice {
    fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x2545_f491_4f6c_dd1d))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: u32) -> u32 {
        u32::try_from(self.next() % u64::from(bound)).expect("invariant: a remainder of 32 bits fits")
    }

    /// From 0 up to 1.
    fn part(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }
}
