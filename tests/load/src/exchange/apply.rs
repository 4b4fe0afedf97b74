//! `exchange.apply`: announced registrations from one province and from four at once, beside a bare insert of the same rows.

use std::time::Instant;

use anyhow::{Result, ensure};
use futures_util::future::try_join_all;

use super::bare::BareInsert;
use super::province::Province;
use crate::accounts::Accounts;
use crate::median;
use crate::nation::{Nation, PROVINCES};
use crate::row::Row;
use crate::server::Server;

/// Registrations of a province in a turn, and batches that they make.
const ALONE: u32 = 1_000;
const OF_FOUR: u32 = 500;
const BATCHES: u32 = 2;
const REPEATS: usize = 3;
/// Of the bare insert.
const GOAL: f64 = 0.3;

/// Rates of some turns, and the work of each registration.
#[derive(Default)]
struct Taken {
    rates: Vec<f64>,
    own: Vec<f64>,
    postgres: Vec<f64>,
}

/// Measures both rows.
pub(super) async fn measure(server: &Server) -> Result<Vec<Row>> {
    let nation = Nation::start(server, "apply", super::WITHOUT_DOCUMENTS).await?;
    let mut provinces = (0..PROVINCES.len())
        .map(|nth| Province::of(&nation, nth))
        .collect::<Result<Vec<_>>>()?;
    // The first turn makes connections, plans and the rows that are inserted barely.
    let since = turn(&nation, server, &mut provinces[..1], ALONE, &mut Taken::default()).await?;
    let mut bare = BareInsert::of(&nation, since, ALONE, BATCHES).await?;
    let (mut alone, mut four, mut inserted) = (Taken::default(), Taken::default(), Vec::new());
    bare.rate().await?;
    for _ in 0..REPEATS {
        turn(&nation, server, &mut provinces[..1], ALONE, &mut alone).await?;
        inserted.push(bare.rate().await?);
        turn(&nation, server, &mut provinces, OF_FOUR, &mut four).await?;
        inserted.push(bare.rate().await?);
    }
    nation.end().await;
    let inserted = median(inserted);
    let row = |id, taken: Taken, from: &str| {
        let (rate, own, postgres) = (
            median(taken.rates),
            median(taken.own) * 1e3,
            median(taken.postgres) * 1e3,
        );
        let how = format!(
            "first registrations from {from} in batches of 500, median of {REPEATS} turns of {ALONE} or of {OF_FOUR} from each; of a core each: \
             issuance {own:.3} ms, PostgreSQL {postgres:.3} ms, numbering, log, statuses and audit included as far as they keep up; \
             the reference is a binary COPY of the same rows, batch by batch, into tables with the same indexes and constraints; fsync on"
        );
        Row::at_least((id, "/s"), rate, inserted, GOAL, how)
    };
    Ok(vec![
        row("exchange.apply", alone, "one province"),
        row("exchange.apply_four", four, "four provinces at once"),
    ])
}

/// Some provinces announce as many each, all at once; returns a transaction before all of theirs.
async fn turn(
    nation: &Nation,
    server: &Server,
    provinces: &mut [Province],
    each: u32,
    taken: &mut Taken,
) -> Result<i64> {
    let mut waiting = Vec::new();
    for province in &mut *provinces {
        waiting.push(province.announcements(each).await?);
    }
    nation.at_rest().await?;
    server.settle().await?;
    let since = nation.database.count("SELECT txid_current()").await?;
    let count = f64::from(each) * provinces.len() as f64;
    let (before, begun) = (Accounts::read(server.pid()?)?, Instant::now());
    try_join_all(
        provinces
            .iter()
            .zip(waiting)
            .map(|(province, batches)| province.push(batches)),
    )
    .await?;
    let seconds = begun.elapsed().as_secs_f64();
    let spent = Accounts::read(server.pid()?)?.since(&before);
    println!(
        "exchange.apply: {count} registrations from {} in {seconds:.2} s, {:.0}/s",
        provinces.len(),
        count / seconds
    );
    taken.rates.push(count / seconds);
    taken.own.push(spent.own / count);
    taken.postgres.push(spent.postgres / count);
    nation.at_rest().await?;
    let underived = "SELECT count(*) FROM issuing.status_index WHERE turns_on IS NULL";
    let underived = nation.database.count(underived).await?;
    ensure!(underived == 0, "{underived} versions have no status");
    Ok(since)
}
