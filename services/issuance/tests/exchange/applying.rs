//! How fast announced registrations are applied, from one province and from two at once, beside a copy of the same rows by
//! PostgreSQL itself with the same indexes and constraints. A measurement to be run by hand, of the build it is run with:
//! `cargo nextest run -p issuance --test exchange --run-ignored only applying --no-capture`.

use std::time::Instant;

use api::exchange::v1 as wire;
use api::types::v1::ApplicationType::Initial;
use sqlx::{AssertSqlSafe, PgConnection};

use crate::province::{Province, item_with, pictures};
use crate::world::World;

/// Registrations of one province; more than one transaction takes.
const EACH: usize = 400;

/// Everything that an announced registration adds.
const TABLES: [&str; 12] = [
    "register.act",
    "register.entry",
    "register.active_registration",
    "issuing.certificate_version",
    "issuing.job",
    "log.change",
    "exchange.envelope",
    "shared.inbox",
    "shared.audit",
    "shared.audit_pending",
    "exchange.clearance",
    "exchange.claim",
];

/// A batch of announcements, cleared and sealed.
async fn prepared(world: &World, province: &mut Province, before: usize) -> Vec<wire::Envelope> {
    let (employer, drawn) = (world.employer(province.code), pictures(1));
    let mut applications = Vec::new();
    for serial in before + 1..=before + EACH {
        let mut application = province.application(&world.person(), &employer, Initial);
        let digits = application.proposed.chars().count() - 5;
        application.proposed = application.proposed.chars().take(digits).collect();
        application.proposed.push_str(&format!("{serial:05}"));
        assert!(province.claim(&application).await.expect("answered").held);
        applications.push(application);
    }
    let mut envelopes = Vec::new();
    for some in applications.chunks(20) {
        let items = some.iter().map(|one| item_with(one, &drawn)).collect();
        let cleared = province.clear_all(items).await.expect("answered");
        for (application, clearance) in some.iter().zip(&cleared) {
            assert!(clearance.cleared, "{}", clearance.reason);
            let event = province.announced(world, application, clearance);
            envelopes.push(province.seal(world, event));
        }
    }
    envelopes
}

async fn applied(province: &Province, envelopes: Vec<wire::Envelope>) {
    let receipt = province.push(envelopes).await.expect("a receipt");
    assert_eq!(
        (receipt.applied_through, receipt.stopped_reason.as_str()),
        (EACH as u64, "")
    );
}

/// Seconds that PostgreSQL takes to copy every row, a table a statement, in one transaction.
async fn copied(owner: &mut PgConnection) -> f64 {
    let mut run = async |statement: String| {
        sqlx::raw_sql(AssertSqlSafe(statement))
            .execute(&mut *owner)
            .await
            .expect("it is done");
    };
    for table in TABLES {
        let copy = table.replace('.', "_");
        run(format!(
            "CREATE TABLE exchange.copy_{copy} (LIKE {table} INCLUDING ALL)"
        ))
        .await;
    }
    let copies = TABLES.map(|table| {
        let copy = table.replace('.', "_");
        format!("INSERT INTO exchange.copy_{copy} OVERRIDING SYSTEM VALUE SELECT * FROM {table};")
    });
    let started = Instant::now();
    run(format!("BEGIN; {} COMMIT", copies.concat())).await;
    started.elapsed().as_secs_f64()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement, to be run by hand"]
async fn registrations_of_provinces_are_applied_beside_a_bare_copy_of_their_rows() {
    let (world, mut jiangsu, mut shanghai) = World::new().await;
    let first = prepared(&world, &mut jiangsu, 0).await;
    let started = Instant::now();
    applied(&jiangsu, first).await;
    let one = started.elapsed().as_secs_f64();
    let mut owner = world.database.owner_connection().await;
    let bare = copied(&mut owner).await;
    let rate = |rows: usize, seconds: f64| f64::from(u32::try_from(rows).expect("small")) / seconds;
    println!(
        "exchange.apply, one province: {:.0}/s; bare copy {:.0}/s; ratio {:.3}",
        rate(EACH, one),
        rate(EACH, bare),
        bare / one
    );
    let (more, theirs) = (
        prepared(&world, &mut jiangsu, EACH).await,
        prepared(&world, &mut shanghai, 0).await,
    );
    let started = Instant::now();
    tokio::join!(
        async {
            let receipt = jiangsu.push(more).await.expect("a receipt");
            assert_eq!(receipt.applied_through, 2 * EACH as u64);
        },
        applied(&shanghai, theirs)
    );
    println!(
        "exchange.apply, two provinces: {:.0}/s",
        rate(2 * EACH, started.elapsed().as_secs_f64())
    );
    let acts = i64::try_from(3 * EACH).expect("small");
    assert_eq!(world.count("SELECT count(*) FROM register.act").await, acts);
}
