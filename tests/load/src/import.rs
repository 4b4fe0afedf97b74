//! Import of an existing register by a province: rows a second and peak memory at two sizes, beside a COPY of the same rows.
//!
//! The province is a process of its own with the service's whole stack on a real PostgreSQL; this one uploads, starts and
//! looks. Identity and the nation answer from memory: their own work is not in the figure, the calls over mutual TLS are.
//! Their doubles take no events, so the outbox is written and not sent.

mod neighbours;

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use api::registration::v1 as wire;
use api::registration::v1::import_service_client::ImportServiceClient;
use gm::{Algorithm, PrivateKey};
use jiff::ToSpan as _;
use personal_data::OsRandom;
use postgres::sqlx::{self, Connection as _};
use postgres::test_support::TestDatabase;
use rand_core::UnwrapErr;
use service_runtime::Lifecycle;
use service_runtime::auth::{Claims, TokenSigner};
use service_runtime::clock::{Clock as _, RegisterClock, SystemClock};
use testkit::people::{Firm, Person};
use testkit::realm::Realm;
use tonic::Request;
use uuid::Uuid;
use wire::create_import_request::Part;
use wire::import::State;

use crate::portal::{Portal, officer};
use crate::province::Setting;
use crate::row::Row;
use crate::server::section;
use crate::verification::Process;

/// Rows of the small and of the large register.
const SIZES: [u32; 2] = [10_000, 100_000];
/// Rows a second to be reached (goals of the project).
const GOAL: f64 = 20_000.0;
/// Memory may grow by this much from the small to the large: caches fill.
const FLAT: f64 = 1.3;
/// Employers of a register.
const FIRMS: u32 = 500;
const PAUSE: Duration = Duration::from_millis(5);

/// Measures every row.
pub(crate) fn measure() -> Result<Vec<Row>> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(Box::pin(measure_all()))
}

/// What one size took.
struct Taken {
    rows: u32,
    upload: f64,
    check: f64,
    write: f64,
    copy: f64,
    peak: u64,
}

impl Taken {
    fn rate(&self, seconds: f64) -> f64 {
        f64::from(self.rows) / seconds
    }
}

async fn measure_all() -> Result<Vec<Row>> {
    let mut taken = Vec::new();
    for rows in SIZES {
        let one = measure_size(rows).await?;
        println!(
            "import: {rows} rows: uploaded {:.0}/s, checked {:.0}/s, written {:.0}/s, COPY {:.0}/s, VmHWM {} MiB",
            one.rate(one.upload),
            one.rate(one.check),
            one.rate(one.write),
            one.rate(one.copy),
            one.peak >> 20,
        );
        taken.push(one);
    }
    let (small, large) = (taken.first().context("a size")?, taken.last().context("a size")?);
    let (rate, copy) = (large.rate(large.write), large.rate(large.copy));
    let register = Row::at_least(
        ("import.register", "rows/s"),
        rate,
        copy,
        GOAL / copy,
        format!(
            "{} rows written by the started import ({:.0} rows/s at {}); the reference is a COPY of the same CSV into a plain table, the goal {GOAL:.0} rows/s; fsync off, identity and nation answer from memory",
            large.rows,
            small.rate(small.write),
            small.rows
        ),
    );
    let memory = Row::at_most(
        ("import.memory", "bytes"),
        large.peak as f64,
        small.peak as f64,
        FLAT,
        format!(
            "VmHWM of the province's process after {} rows, against {}",
            large.rows, small.rows
        ),
    );
    Ok(vec![register, memory])
}

async fn measure_size(rows: u32) -> Result<Taken> {
    let bench = Bench::start().await?;
    let file = bench.register(rows);
    let (upload, check, write) = bench.import(rows, &file).await?;
    let copy = bench.copy(rows, &file).await?;
    let peak = bench.process.peak()?;
    bench.process.end()?;
    bench.neighbours.hard().cancel();
    Ok(Taken {
        rows,
        upload,
        check,
        write,
        copy,
        peak,
    })
}

/// A province with its neighbours.
struct Bench {
    realm: Realm,
    database: TestDatabase,
    neighbours: Lifecycle,
    process: Process,
    signer: TokenSigner,
    portal: Portal,
}

impl Bench {
    async fn start() -> Result<Self> {
        let realm = Realm::new(SystemClock::new().now());
        std::fs::write(realm.folder().join("receipt.pub"), "07".repeat(32))?;
        let database = postgres::test_support::database("registration", &registration::MIGRATIONS).await;
        let neighbours = Lifecycle::new();
        let signer = TokenSigner::from_pem("k1", &TokenSigner::generate_pem()?)?;
        let identity = neighbours::identity(&realm, &neighbours, signer.public_jwk()).await?;
        let issuance = neighbours::issuance(&realm, &neighbours).await?;
        let setting = Setting {
            realm: &realm,
            exchange_key: &PrivateKey::generate(Algorithm::Sm2WithSm3, &mut UnwrapErr(OsRandom)),
            database: section(&database.app())?,
            policy: "provincial-publicity",
            more: "",
            identity,
            issuance,
        };
        let (process, portal) = setting.start().await?;
        Ok(Self {
            realm,
            database,
            neighbours,
            process,
            signer,
            portal,
        })
    }

    /// A synthetic register: everybody once, a third of them in two specialties.
    fn register(&self, rows: u32) -> Vec<u8> {
        let today = RegisterClock::system().today();
        let (from, to) = (today.saturating_sub(400.days()), today.saturating_add(600.days()));
        let mut file = String::from(
            "姓名,证件号码,注册编号,证书编号,统一社会信用代码,注册专业,有效期起,有效期止,资格证书管理号\n",
        );
        for ordinal in 0..rows {
            let Person {
                full_name,
                document_number,
                ..
            } = Person::of_crowd(ordinal * 30);
            let code = firm(ordinal % FIRMS).credit_code;
            let (year, serial) = (2008 + ordinal / 90_000, 1 + ordinal % 90_000);
            let specialties = if ordinal % 3 == 0 {
                "建筑工程;市政公用工程"
            } else {
                "水利水电工程"
            };
            file.push_str(&format!(
                "{full_name},{document_number},苏1322005{year}{serial:05},{ordinal:08},{code},{specialties},{from},{to},ZG{ordinal:08}\n"
            ));
        }
        file.into_bytes()
    }

    fn signed<T>(&self, account: Uuid, message: T) -> Result<Request<T>> {
        let claims = Claims {
            sub: account.to_string(),
            account: Some(account),
            ..officer(self.portal.claims(SystemClock::new().now()), Some("32"))
        };
        self.portal.request(&self.signer, &claims, message)
    }

    /// Seconds of upload, check and writing.
    async fn import(&self, rows: u32, file: &[u8]) -> Result<(f64, f64, f64)> {
        let (one, other) = (Uuid::new_v4(), Uuid::new_v4());
        let header = wire::CreateImportHeader {
            request_id: Uuid::new_v4().to_string(),
            kind: wire::ImportKind::Register.into(),
            file_name: "register.csv".to_owned(),
            digest: hex::encode(gm::sm3::digest(file)),
        };
        let mut parts = vec![wire::CreateImportRequest {
            part: Some(Part::Header(header)),
        }];
        parts.extend(file.chunks(256 << 10).map(|chunk| wire::CreateImportRequest {
            part: Some(Part::Chunk(chunk.to_vec().into())),
        }));
        let begun = Instant::now();
        let mut client = ImportServiceClient::new(self.portal.channel());
        let request = self.signed(one, futures_util::stream::iter(parts))?;
        let import = client
            .create_import(request)
            .await?
            .into_inner()
            .import
            .context("an import")?;
        let uploaded = begun.elapsed().as_secs_f64();
        let checked = self.until(one, &import.name, State::Checked).await?;
        anyhow::ensure!(
            checked.rows_failed == 0,
            "{} rows failed the check",
            checked.rows_failed
        );
        let check = begun.elapsed().as_secs_f64() - uploaded;
        let started = Instant::now();
        let message = wire::StartImportRequest {
            request_id: Uuid::new_v4().to_string(),
            name: import.name.clone(),
        };
        client.start_import(self.signed(other, message)?).await?;
        let done = self.until(one, &import.name, State::Completed).await?;
        let write = started.elapsed().as_secs_f64();
        anyhow::ensure!(
            u32::try_from(done.rows_written)? == rows,
            "{} rows were written",
            done.rows_written
        );
        let mut owner = self.database.owner_connection().await;
        let registered: i64 = sqlx::query_scalar("SELECT count(*) FROM registration.active_registration")
            .fetch_one(&mut owner)
            .await?;
        anyhow::ensure!(
            registered == i64::from(rows),
            "{registered} people are registered"
        );
        Ok((uploaded, check, write))
    }

    async fn until(&self, officer: Uuid, name: &str, state: State) -> Result<wire::Import> {
        let mut client = ImportServiceClient::new(self.portal.channel());
        loop {
            let message = wire::GetImportRequest {
                name: name.to_owned(),
            };
            let answer = client.get_import(self.signed(officer, message)?).await?;
            let import = answer.into_inner().import.context("an import")?;
            if import.state() == state {
                return Ok(import);
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Seconds of a COPY of the file into a plain table on the same server.
    async fn copy(&self, rows: u32, file: &[u8]) -> Result<f64> {
        let mut owner = self.database.owner_connection().await;
        owner.ping().await?;
        sqlx::query(
            "CREATE TEMPORARY TABLE plain (name text, document text, number text, certificate text, employer text,
                 specialties text, valid_from date, valid_to date, qualification text)",
        )
        .execute(&mut owner)
        .await?;
        let begun = Instant::now();
        let mut copy = owner
            .copy_in_raw("COPY plain FROM STDIN WITH (FORMAT csv, HEADER)")
            .await?;
        for chunk in file.chunks(256 << 10) {
            copy.send(chunk).await?;
        }
        let copied = copy.finish().await?;
        let seconds = begun.elapsed().as_secs_f64();
        anyhow::ensure!(copied == u64::from(rows), "{copied} rows were copied");
        let _ = &self.realm;
        Ok(seconds)
    }
}

/// The `ordinal`-th employer of the register.
fn firm(ordinal: u32) -> Firm {
    Firm::synthetic(
        &format!("江苏样本第{ordinal}建筑有限公司"),
        "32",
        10_000 + ordinal,
    )
}
