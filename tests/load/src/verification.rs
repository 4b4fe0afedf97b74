//! Verification by number, beside an echo over the same TLS: rate, latency, size of the register, memory, restart.
//!
//! Each in a process of its own: this one asks, a replica of a small and one of a large register answer through the
//! service's whole stack and write their access records to a real PostgreSQL, an echo with the layers of a service and a
//! bare one answer as many bytes and do nothing. Requests carry the same token, because the client is the same. Rates
//! are taken in turns, so that what else runs on the machine falls on all; the database's work falls on the service.

mod callers;
mod echo;
mod neighbours;
mod process;
mod rates;
mod register;
pub(crate) mod trust;

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use postgres::sqlx;
use postgres::test_support::TestDatabase;
use service_runtime::Lifecycle;
use service_runtime::auth::TokenSigner;
use service_runtime::clock::{Clock as _, SystemClock};
use testkit::realm::Realm;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use crate::row::Row;
use callers::{Callers, Question};
use register::Register;

pub(crate) use process::{ECHO, PROVINCE, Process, REPLICA, run};

/// The small register, and the large one unless another is asked for.
const SMALL: u32 = 10_000;
pub(crate) const LARGE: u32 = 300_000;

/// Measures every row.
pub(crate) fn measure(people: u32) -> Result<Vec<Row>> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(Box::pin(measure_all(people)))
}

async fn measure_all(people: u32) -> Result<Vec<Row>> {
    anyhow::ensure!(people > SMALL, "the larger register has more than {SMALL} people");
    let bench = Bench::new().await?;
    let small = bench.replica(SMALL).await?;
    let large = bench.replica(people).await?;
    let standing = [memory(&small, &large)?, restart(&large)];
    let size = small.callers.once(0).await?.len();
    let echoes = Echoes {
        layered: bench.echo("echo", size, true)?,
        bare: bench.echo("bare-echo", size, false)?,
    };
    let mut rows = rates::measure(&small, &large, &echoes, size).await?;
    rows.extend(standing);
    bench.end(small, large).await?;
    Ok(rows)
}

/// Everything around the measured processes.
struct Bench {
    realm: Realm,
    database: TestDatabase,
    neighbours: Lifecycle,
    signer: Arc<TokenSigner>,
    register: Arc<Register>,
}

/// What the service is compared with.
struct Echoes {
    /// With the layers of every service around it.
    layered: Subject,
    /// With nothing around it.
    bare: Subject,
}

/// A measured process and those who ask it.
struct Subject {
    process: Process,
    callers: Callers,
    people: u32,
    /// From its start until it reported SERVING, without a snapshot.
    by_feed: Duration,
    /// The same from its snapshot.
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
            signer: Arc::new(TokenSigner::from_pem("k1", &TokenSigner::generate_pem()?)?),
            register: Arc::new(Register::new()),
        })
    }

    /// A replica that has read a register of so many people.
    async fn replica(&self, people: u32) -> Result<Subject> {
        let issuance = neighbours::register(&self.realm, &self.neighbours, people, &self.register).await?;
        let identity = neighbours::identity(&self.realm, &self.neighbours, self.signer.public_jwk()).await?;
        let settings = self.database.app();
        let name = format!("replica-{people}");
        let config = format!(
            "{}[tokens]\naudience = \"nation\"\n[peers.issuance]\naddress = \"{issuance}\"\n\
             [peers.identity]\naddress = \"{identity}\"\n\
             [database]\nsocket = {:?}\nport = {}\ndatabase = {:?}\nrole = {:?}\npassword_file = {:?}\n\
             [personal_data]\nfolder = \"keys\"\n[trust]\nfolder = \"trust\"\n\
             [snapshot]\nfolder = \"{name}-snapshot\"\n[rates.callers]\n{}",
            self.realm.tls_section("nation/verification"),
            settings.socket.context("tests use a socket")?,
            settings.port,
            settings.database,
            settings.role,
            settings.password_file.context("roles have passwords")?,
            callers::names(&name)
                .map(|name| format!("{name} = 1_000_000\n"))
                .concat(),
        );
        std::fs::create_dir(self.realm.folder().join(format!("{name}-snapshot")))?;
        // Once by the feed alone; it leaves a snapshot when it ends, and begins from that.
        let (process, by_feed) = self.start(&name, &config, people).await?;
        process.end()?;
        std::fs::remove_file(self.realm.folder().join(format!("{name}.addresses")))?;
        let (process, ready) = self.start(&name, &config, people).await?;
        println!(
            "verification: a replica serves {people} people after {:.1} s by the feed alone, after {:.1} s from its snapshot",
            by_feed.as_secs_f64(),
            ready.as_secs_f64()
        );
        let path = "/jianzheng.verification.v1.VerificationService/VerifyCertificate";
        let callers = self.callers(&name, &process, path, people)?;
        Ok(Subject {
            process,
            callers,
            people,
            by_feed,
            ready,
        })
    }

    /// Starts a replica; says how long it took until it served.
    async fn start(&self, name: &str, config: &str, people: u32) -> Result<(Process, Duration)> {
        let begun = Instant::now();
        let process = Process::start(REPLICA, self.realm.folder(), name, config, &[])?;
        self.serving(&process, people).await?;
        Ok((process, begun.elapsed()))
    }

    fn echo(&self, name: &str, size: usize, layered: bool) -> Result<Subject> {
        let config = format!(
            "{}[tokens]\naudience = \"nation\"\n",
            self.realm.tls_section("nation/verification")
        );
        let mut arguments = vec![size.to_string()];
        if layered {
            arguments.push(serde_json::to_string(self.signer.public_jwk())?);
        }
        let process = Process::start(ECHO, self.realm.folder(), name, &config, &arguments)?;
        let callers = self.callers(name, &process, echo::ECHO, SMALL)?;
        Ok(Subject {
            process,
            callers,
            people: SMALL,
            by_feed: Duration::ZERO,
            ready: Duration::ZERO,
        })
    }

    fn callers(&self, name: &str, process: &Process, path: &'static str, people: u32) -> Result<Callers> {
        let question = Question {
            path,
            register: Arc::clone(&self.register),
            people,
            judged: path != echo::ECHO,
        };
        Callers::new(&self.realm, &self.signer, (name, process.address), question)
    }

    /// Waits until a replica serves; one that reads less than a thousand people a second will never do.
    async fn serving(&self, process: &Process, people: u32) -> Result<()> {
        let patience = process::PATIENCE + Duration::from_millis(people.into());
        let begun = Instant::now();
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
            process.ensure_well()?;
            anyhow::ensure!(
                begun.elapsed() < patience,
                "the replica does not serve after {patience:?}"
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Lets the replicas drain, after which every answer they gave must be on record.
    async fn end(&self, small: Subject, large: Subject) -> Result<()> {
        let answered = small.callers.answered() + large.callers.answered();
        small.process.end()?;
        large.process.end()?;
        let mut owner = self.database.owner_connection().await;
        let recorded: i64 = sqlx::query_scalar("SELECT count(*) FROM verification.access_record")
            .fetch_one(&mut owner)
            .await?;
        anyhow::ensure!(
            u64::try_from(recorded)? == answered,
            "{answered} answers were given and {recorded} recorded"
        );
        println!("verification: {answered} answers, each with its access record");
        Ok(())
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        self.neighbours.hard().cancel();
    }
}

/// Before anybody has asked: what the people of the larger register take more than those of the smaller.
fn memory(small: &Subject, large: &Subject) -> Result<Row> {
    let bytes = large
        .process
        .resident()?
        .saturating_sub(small.process.resident()?);
    let each = bytes as f64 / f64::from(large.people - small.people);
    Ok(Row::at_most(
        ("verification.memory", "bytes"),
        each,
        300.0,
        1.0,
        format!(
            "a person, from VmRSS of replicas of {SMALL} and {} people, facts and both files known; the reference is the goal",
            large.people
        ),
    ))
}

fn restart(large: &Subject) -> Row {
    let rate = f64::from(large.people) / large.ready.as_secs_f64();
    Row::at_least(
        ("verification.restart", "people/s"),
        rate,
        300_000.0,
        1.0,
        format!(
            "from start to SERVING with {} people in {:.1} s from the snapshot that an orderly stop left ({:.1} s by the feed alone, synthesised \
             meanwhile on the same machine); the reference is 3 000 000 in 10 s",
            large.people,
            large.ready.as_secs_f64(),
            large.by_feed.as_secs_f64()
        ),
    )
}
