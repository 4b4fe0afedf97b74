//! Verification by number, beside a bare echo over the same TLS: rate, latency, size of the register, memory, restart.
//!
//! Three processes: this one asks, a replica (or two) answers through the service's whole stack and writes its access
//! records to a real PostgreSQL, the echo answers as many bytes and does nothing. Requests carry the same token,
//! because the client is the same. Rates are taken in turns, so that what else runs on the machine falls on both.

mod callers;
mod echo;
mod neighbours;
mod process;
mod register;
mod trust;

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use postgres::test_support::TestDatabase;
use service_runtime::Lifecycle;
use service_runtime::auth::TokenSigner;
use service_runtime::clock::{Clock as _, RegisterClock, SystemClock};
use testkit::realm::Realm;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use crate::median;
use crate::row::Row;
use callers::{BACKENDS, Callers, Question};
use process::Process;
use register::Register;

pub(crate) use process::{ECHO, REPLICA, run};

/// The small register, and the large one unless another is asked for.
const SMALL: u32 = 10_000;
pub(crate) const LARGE: u32 = 300_000;

/// Interleaved repeats and their length.
const PAIRS: usize = 5;
const CLOSED: Duration = Duration::from_secs(3);
const OPEN: Duration = Duration::from_secs(5);
const OPEN_PAIRS: usize = 3;

/// Measures every row.
pub(crate) fn measure(people: u32) -> Result<Vec<Row>> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(Box::pin(measure_all(people)))
}

async fn measure_all(people: u32) -> Result<Vec<Row>> {
    let bench = Bench::new().await?;
    let small = bench.replica(SMALL).await?;
    let large = bench.replica(people).await?;
    let size = small.callers.once(0).await?.len();
    let echo = bench.echo(size)?;
    let mut rows = vec![memory(&small, &large)?, restart(&large)];
    rows.splice(0..0, rates(&small, &large, &echo).await?);
    for replica in [small, large] {
        bench.end(replica).await?;
    }
    Ok(rows)
}

/// Everything around the measured processes.
struct Bench {
    realm: Realm,
    database: TestDatabase,
    neighbours: Lifecycle,
    signer: TokenSigner,
    clock: RegisterClock,
    register: Arc<Register>,
}

/// A measured process and those who ask it.
struct Subject {
    process: Process,
    callers: Callers,
    people: u32,
    /// From its start until it reported SERVING.
    ready: Duration,
}

impl Bench {
    async fn new() -> Result<Self> {
        let system = SystemClock::new();
        let realm = Realm::new(system.now());
        let folder = realm.folder().to_owned();
        std::fs::create_dir(folder.join("keys"))?;
        personal_data::create_key_file(
            &folder.join("keys"),
            personal_data::KeyKind::BlindIndex,
            1,
            &mut personal_data::OsRandom,
        )?;
        trust::publish(&folder.join("trust"), system.now())?;
        Ok(Self {
            realm,
            database: postgres::test_support::database("verification", &verification::MIGRATIONS).await,
            neighbours: Lifecycle::new(),
            signer: TokenSigner::from_pem("k1", &TokenSigner::generate_pem()?)?,
            clock: RegisterClock::system(),
            register: Arc::new(Register::new()),
        })
    }

    /// A replica that has read a register of so many people.
    async fn replica(&self, people: u32) -> Result<Subject> {
        let issuance = neighbours::register(&self.realm, &self.neighbours, people, &self.register).await?;
        let identity = neighbours::identity(&self.realm, &self.neighbours, self.signer.public_jwk()).await?;
        let settings = self.database.app();
        let config = format!(
            "{}[tokens]\naudience = \"nation\"\n[peers.issuance]\naddress = \"{issuance}\"\n\
             [peers.identity]\naddress = \"{identity}\"\n\
             [database]\nsocket = {:?}\nport = {}\ndatabase = {:?}\nrole = {:?}\npassword_file = {:?}\n\
             [personal_data]\nfolder = \"keys\"\n[trust]\nfolder = \"trust\"\n[rates.callers]\n{}",
            self.realm.tls_section("nation/verification"),
            settings.socket.context("tests use a socket")?,
            settings.port,
            settings.database,
            settings.role,
            settings.password_file.context("roles have passwords")?,
            BACKENDS
                .map(|name| format!("{name} = 1_000_000\n"))
                .concat(),
        );
        let begun = Instant::now();
        let name = format!("replica-{people}");
        let process = Process::start(REPLICA, self.realm.folder(), &name, &config, &[])?;
        self.serving(&process).await?;
        let ready = begun.elapsed();
        let path = "/jianzheng.verification.v1.VerificationService/VerifyCertificate";
        let callers = self.callers(&process, path, people, true)?;
        Ok(Subject {
            process,
            callers,
            people,
            ready,
        })
    }

    fn echo(&self, size: usize) -> Result<Subject> {
        let config = self.realm.tls_section("nation/verification");
        let process = Process::start(ECHO, self.realm.folder(), "echo", &config, &[size.to_string()])?;
        let callers = self.callers(&process, echo::ECHO, SMALL, false)?;
        Ok(Subject {
            process,
            callers,
            people: SMALL,
            ready: Duration::ZERO,
        })
    }

    fn callers(&self, process: &Process, path: &'static str, people: u32, judged: bool) -> Result<Callers> {
        let question = Question {
            path,
            register: Arc::clone(&self.register),
            people,
            judged,
        };
        Callers::new(
            &self.realm,
            &self.signer,
            self.clock.now(),
            process.address,
            &question,
        )
    }

    async fn serving(&self, process: &Process) -> Result<()> {
        let channel = self
            .realm
            .channel("client/portal", "nation/verification", process.address);
        let request = HealthCheckRequest {
            service: "jianzheng.verification.v1.VerificationService".to_owned(),
        };
        loop {
            let mut health = HealthClient::new(channel.clone());
            let answer = health.check(request.clone()).await?.into_inner();
            if answer.status() == ServingStatus::Serving {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Lets a replica drain and sees that each of its answers is recorded.
    async fn end(&self, replica: Subject) -> Result<()> {
        let answered = replica.callers.answered();
        replica.process.end()?;
        println!("{} people: {answered} answers", replica.people);
        Ok(())
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        self.neighbours.hard().cancel();
    }
}

/// One measured turn: answers a second, and microseconds of the process's own time for each.
async fn turn(subject: &Subject) -> Result<(f64, f64)> {
    let mut marks = Vec::new();
    let begun = Instant::now();
    let rate = subject
        .callers
        .closed_loop(CLOSED, || {
            marks.push((subject.process.busy()?, begun.elapsed()));
            Ok(())
        })
        .await?;
    let [(busy_before, before), (busy_after, after)] = marks[..] else {
        anyhow::bail!("a turn has a beginning and an end");
    };
    let answers = rate * (after - before).as_secs_f64();
    Ok((rate, (busy_after - busy_before).as_secs_f64() * 1e6 / answers))
}

async fn rates(small: &Subject, large: &Subject, echo: &Subject) -> Result<Vec<Row>> {
    let (mut reference, mut by_number, mut ratios, mut sizes) = (vec![], vec![], vec![], vec![]);
    let (mut own, mut echo_own) = (vec![], vec![]);
    for _ in 0..PAIRS {
        let (bare, bare_time) = turn(echo).await?;
        let (few, _) = turn(small).await?;
        let (many, many_time) = turn(large).await?;
        println!("echo {bare:.0}/s at {bare_time:.1} us, {SMALL}: {few:.0}/s, {}: {many:.0}/s at {many_time:.1} us", large.people);
        reference.push(bare);
        by_number.push(many);
        ratios.push(many / bare);
        sizes.push(many / few);
        own.push(many_time);
        echo_own.push(bare_time);
    }
    let (bare, many) = (median(reference), median(by_number));
    let (mut latency, mut echo_latency) = (vec![], vec![]);
    for _ in 0..OPEN_PAIRS {
        echo_latency.push(echo.callers.open_loop(bare / 2.0, OPEN).await?);
        latency.push(large.callers.open_loop(many / 2.0, OPEN).await?);
    }
    println!("p99 echo {echo_latency:?}, service {latency:?}");
    Ok(vec![
        Row::at_least(
            ("verification.by_number", "requests/s"),
            many,
            bare,
            0.75,
            "",
        ),
    ])
}

fn memory(small: &Subject, large: &Subject) -> Result<Row> {
    let bytes = large.process.resident()?.saturating_sub(small.process.resident()?);
    let each = bytes as f64 / f64::from(large.people.saturating_sub(small.people).max(1));
    Ok(Row::at_least(("verification.memory", "bytes"), each, 300.0, 1.0, ""))
}

fn restart(large: &Subject) -> Row {
    let rate = f64::from(large.people) / large.ready.as_secs_f64();
    Row::at_least(("verification.restart", "people/s"), rate, 300_000.0, 1.0, "")
}
