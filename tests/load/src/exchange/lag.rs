//! `exchange.lag_p99`: from the commit of an announcement in a province until the nation's verification answers, by number, that
//! the person is registered; in an idle nation, and while a bulk of certificates is sealed anew.
//!
//! Everything on the way is what runs in production, over mutual TLS and on a PostgreSQL that waits for the disk: registration in
//! a process of its own with its database and its outbox, issuance and the keeper of the seals in this one, a verification replica
//! in a third, fed by issuance. Identity is a double, which nothing on the way asks. Applications come to their announcement by
//! the province's own RPCs.
//!
//! The question carries the position of the announcement, so it is answered by the first picture of the register that holds all
//! that the province told by then, and not by a number that happened to be seen before. It is asked after the answer to the
//! publication; the time counts from the commit itself, which a trigger of the bench notes.

mod applicants;
mod moments;
mod replica;

use std::time::Instant;

use anyhow::{Result, ensure};
use api::issuance::v1::bulk::Purpose;
use api::issuance::v1::start_bulk_request::Selection;
use service_runtime::clock::{Clock as _, SystemClock};
use service_runtime::tls::Gate;

use self::applicants::{Applicant, Office};
use self::moments::Moments;
use self::replica::Replica;
use super::province::Province;
use crate::nation::{Nation, Wants};
use crate::province::Setting;
use crate::quantile;
use crate::row::Row;
use crate::server::{Database, Server};

/// Announcements of a row, one after the other, and some before that make connections and plans.
const ANNOUNCED: usize = 150;
const FIRST: usize = 5;
/// Certificates of another province that are sealed anew, again and again.
const BULK: u32 = 400;
/// Seconds (goals of the project).
const GOAL: f64 = 1.0;
/// The way of an announcement in pieces.
const STAGES: [&str; 4] = ["to the nation", "applied", "numbered", "on the replica"];

/// Measures both rows.
pub(super) async fn measure(server: &Server) -> Result<Vec<Row>> {
    let wants = Wants {
        documents: true,
        lists: true,
    };
    let nation = Box::pin(Nation::start(server, "lag", wants)).await?;
    let database = server.database("lag_province", &registration::MIGRATIONS).await?;
    let key = nation.exchange_key(0)?;
    let setting = Setting {
        realm: &nation.realm,
        exchange_key: &key,
        database: database.section()?,
        // No publicity to wait for.
        policy: "ministry-direct",
        more: "[clock]\nfile = \"clock\"\n",
        identity: nation.identity(Gate::Provinces)?,
        issuance: nation.issuance(Gate::Provinces)?,
    };
    let (process, portal) = setting.start().await?;
    let office = Office::new(&nation, portal);
    let replica = Replica::start(server, &nation).await?;
    let mut cleared = office
        .cleared(&database, FIRST + 2 * ANNOUNCED)
        .await?
        .into_iter();
    register_others(&nation).await?;
    let bench = Bench {
        system: SystemClock::new(),
        moments: Moments::note(&database, &nation.database).await?,
        nation: &nation,
        office,
        replica: &replica,
    };
    bench.announce(cleared.by_ref().take(FIRST)).await?;
    server.settle().await?;
    let idle = bench.announce(cleared.by_ref().take(ANNOUNCED)).await?;
    server.settle().await?;
    let (busy, sealed, seconds) = bench.announce_beside_bulk(cleared).await?;
    replica.end()?;
    process.end()?;
    nation.end().await;
    let beside = format!(
        "while the certificates of another province were sealed anew in bulks of {BULK} one after the other, {:.0}/s",
        sealed as f64 / seconds
    );
    Ok(vec![
        row(
            "exchange.lag_p99.idle",
            &idle,
            "each when the documents of the one before were made",
        ),
        row("exchange.lag_p99.bulk", &busy, &beside),
    ])
}

/// People of another province, registered, with their documents.
async fn register_others(nation: &Nation) -> Result<()> {
    let begun = Instant::now();
    let (photo, signature) = (
        testkit::picture::photo_jpeg(1),
        testkit::picture::signature_png(1),
    );
    let mut others = Province::of(nation, 1)?.picturing(photo, signature);
    let batches = others.announcements(BULK).await?;
    others.push(batches).await?;
    documents_made(&nation.database).await?;
    nation.at_rest().await?;
    println!(
        "exchange.lag: {BULK} others have their documents after {:.0} s",
        begun.elapsed().as_secs_f64()
    );
    Ok(())
}

async fn documents_made(nation: &Database) -> Result<()> {
    nation
        .until_none("SELECT count(*) FROM issuing.job WHERE state IN ('waiting', 'intended')")
        .await
}

/// What one announcement took, in seconds.
struct Taken {
    lag: f64,
    stages: [f64; 4],
}

struct Bench<'a> {
    system: SystemClock,
    moments: Moments,
    nation: &'a Nation,
    office: Office<'a>,
    replica: &'a Replica<'a>,
}

impl Bench<'_> {
    /// Each when the documents of the one before are made.
    async fn announce(&self, applicants: impl Iterator<Item = Applicant>) -> Result<Vec<Taken>> {
        let mut taken = Vec::new();
        for applicant in applicants {
            taken.push(self.announce_one(&applicant).await?);
            documents_made(&self.nation.database).await?;
        }
        Ok(taken)
    }

    /// Each when the one before can be verified, with bulks beside; also how many certificates were sealed, in which time.
    async fn announce_beside_bulk(
        &self,
        applicants: impl Iterator<Item = Applicant>,
    ) -> Result<(Vec<Taken>, usize, f64)> {
        let others = Selection::Province("provinces/31".to_owned());
        let announced = async {
            let mut taken = Vec::new();
            for applicant in applicants {
                taken.push(self.announce_one(&applicant).await?);
            }
            Ok(taken)
        };
        self.nation
            .beside_bulks((Purpose::Reissue, others), announced)
            .await
    }

    async fn announce_one(&self, applicant: &Applicant) -> Result<Taken> {
        let published = self.office.publish(applicant).await?;
        self.replica.verified(&published).await?;
        let verified = self.system.now().as_microsecond() as f64 / 1e6;
        let (sequence, person) = (published.position.value.to_string(), applicant.person.to_string());
        let announced = self.moments.of_province("announced", &sequence).await?;
        let applied = self.moments.of_nation("applied", &person).await?;
        let numbered = self.moments.of_nation("numbered", &person).await?;
        let stages = [
            applied.begun - announced.at,
            applied.at - applied.begun,
            numbered.at - applied.at,
            verified - numbered.at,
        ];
        ensure!(
            stages.iter().all(|seconds| *seconds >= 0.0),
            "one thing comes after the other: {stages:?}"
        );
        Ok(Taken {
            lag: verified - announced.at,
            stages,
        })
    }
}

fn row(id: &'static str, taken: &[Taken], under: &str) -> Row {
    let lags: Vec<f64> = taken.iter().map(|one| one.lag).collect();
    let pieces = STAGES.iter().enumerate().map(|(nth, stage)| {
        let pieces: Vec<f64> = taken.iter().map(|one| one.stages[nth]).collect();
        let (usual, longest) = (quantile(pieces.clone(), 0.5), quantile(pieces, 0.99));
        format!("{stage} {:.0} (p99 {:.0})", usual * 1e3, longest * 1e3)
    });
    let pieces: Vec<String> = pieces.collect();
    let how = format!(
        "{} announcements one after the other, {under}: from the commit in the province to the answer of a replica by number at the \
         position of the announcement; median {:.0} ms, longest {:.0} ms; on the way, medians in ms: {}; the reference is the goal; \
         too long by the flush of the commit at most, and by the waking of whoever asks; fsync on",
        taken.len(),
        quantile(lags.clone(), 0.5) * 1e3,
        quantile(lags.clone(), 1.0) * 1e3,
        pieces.join(", "),
    );
    Row::at_most((id, "s"), quantile(lags, 0.99), GOAL, 1.0, how)
}
