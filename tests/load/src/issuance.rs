//! The issuing room at work: real PostgreSQL, the real keeper of the seals over mTLS, real files. Step 1 (apply) is arranged as
//! rows, as the room's own tests do; its cost is `exchange.apply`.
//!
//! The machine's two cores carry everything: issuance, keeper, identity's double, PostgreSQL. What a certificate costs is
//! taken from the kernel's accounts of this process and of PostgreSQL's; what each stage of the job costs in this process is
//! the time that its spans were on a core.

mod stages;
mod world;

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use api::issuance::v1::bulk::Purpose;
use api::issuance::v1::start_bulk_request::Selection;

use self::stages::Stages;
use self::world::World;
use crate::accounts::Accounts;
use crate::quantile;
use crate::row::Row;
use crate::server::Server;

/// Certificates of the smaller and of the larger bulk.
const SIZES: [usize; 2] = [400, 1_600];
/// Use copies, each a single request.
const SINGLES: usize = 150;
const CORES: f64 = 2.0;
/// Of what two cores could do if nothing ever waited.
const SHARE: f64 = 0.8;
const GOAL_RATE: f64 = 800.0;
/// Seconds.
const GOAL_IDLE: f64 = 0.250;
const GOAL_BUSY: f64 = 1.0;

/// Measures every row.
pub(crate) fn measure() -> Result<Vec<Row>> {
    let stages = Stages::install();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .thread_stack_size(8 << 20)
        .build()?;
    service_runtime::tls::install_provider();
    let server = Server::start()?;
    runtime.block_on(async {
        let world = World::new(&server).await?;
        let mut rows = vec![bulk(&world, &server, &stages).await?];
        rows.push(single(&world, "issuance.single_p99.idle", GOAL_IDLE).await?);
        rows.extend(reissue(&world).await?);
        world.nation.end().await;
        Ok(rows)
    })
}

/// A bulk of certificates whose documents were never made.
async fn bulk(world: &World, server: &Server, stages: &Stages) -> Result<Row> {
    let count = SIZES.iter().sum();
    let name = world.registered_in_bulk(count).await?;
    // Templates and connections are there from the first on.
    world.warm_up().await?;
    server.settle().await?;
    stages.clear();
    let before = Accounts::read(server.pid()?)?;
    let started = Instant::now();
    world.nation.resume_bulk(&name).await?;
    let done = world.nation.bulk_done(&name).await?;
    let seconds = started.elapsed().as_secs_f64();
    let spent = Accounts::read(server.pid()?)?.since(&before);
    ensure!(done == count, "every row was issued: {done} of {count}");
    let (made, each) = (count as f64, spent.total() / count as f64);
    println!(
        "issuance.bulk: {count} certificates in {seconds:.2} s; of a core per certificate: issuance and keeper {:.2} ms, PostgreSQL {:.2} ms",
        spent.own * 1e3 / made,
        spent.postgres * 1e3 / made,
    );
    for (stage, busy) in stages.busy() {
        println!("  {stage:<16} {:>8.3} ms", busy * 1e3 / made);
    }
    let possible = CORES / each;
    let (reference, goal) = if possible * SHARE < GOAL_RATE {
        (possible, SHARE)
    } else {
        (GOAL_RATE, 1.0)
    };
    let how = format!(
        "{count} sets of OFD and PDF in {seconds:.2} s, all services and PostgreSQL on this machine; the reference is what two cores could do at {:.2} ms of a core each",
        each * 1e3
    );
    Ok(Row::at_least(
        ("issuance.bulk", "/s"),
        made / seconds,
        reference,
        goal,
        how,
    ))
}

/// Use copies one after the other, each from the holder's call to the answer that it can be downloaded.
async fn single(world: &World, id: &'static str, goal: f64) -> Result<Row> {
    let mut taken = Vec::with_capacity(SINGLES);
    for ordinal in 0..SINGLES {
        let started = Instant::now();
        world.copy(ordinal).await?;
        taken.push(started.elapsed().as_secs_f64());
    }
    let at = |share| quantile(taken.clone(), share);
    let how = format!(
        "{SINGLES} use copies one after the other, call to ready; median {:.0} ms, longest {:.0} ms",
        at(0.5) * 1e3,
        at(1.0) * 1e3
    );
    Ok(Row::at_most((id, "s"), at(0.99), goal, 1.0, how))
}

/// Everything is sealed anew, at two sizes; single requests during the larger one.
async fn reissue(world: &World) -> Result<[Row; 2]> {
    let [small, _] = SIZES;
    let rate = async |selection: Selection| {
        let started = Instant::now();
        let name = world.nation.start_bulk(Purpose::Reissue, selection).await?;
        let done = world.nation.bulk_done(&name).await?;
        let seconds = started.elapsed().as_secs_f64();
        println!("issuance.reissue: {done} certificates in {seconds:.2} s");
        Ok::<_, anyhow::Error>(done as f64 / seconds)
    };
    let slow = rate(world.first(small)).await?;
    let all = rate(Selection::Province("provinces/32".to_owned())).await?;
    let how = format!(
        "{} certificates sealed anew against {small} ({slow:.0}/s): linear where the rate does not fall",
        SIZES.iter().sum::<usize>()
    );
    let linear = Row::at_least(("issuance.reissue", "/s"), all, slow, 0.9, how);

    // The same again and again, with single requests beside it.
    let others = (Purpose::Reissue, Selection::Province("provinces/32".to_owned()));
    let singles = single(world, "issuance.single_p99.bulk", GOAL_BUSY);
    let (beside, issued, seconds) = world.nation.beside_bulks(others, singles).await?;
    println!(
        "issuance.single_p99.bulk: beside {:.0} certificates/s",
        issued as f64 / seconds
    );
    Ok([linear, beside])
}

/// How long anything may take that is waited for.
const PATIENCE: Duration = Duration::from_secs(300);
