//! Limits, access records, and what the logs do not say.

use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use api::verification::v1 as wire;
use postgres::sqlx::{self, Row as _};
use tonic::Code;
use tonic_types::StatusExt as _;

use crate::story::{self, DOCUMENT, NAME, NUMBER};
use crate::world::{World, by_document, by_number, refused};

#[tokio::test]
async fn who_asks_too_often_is_told_when_to_come_back() {
    let world = World::with("[rates]\ncaller = 1000\nsubject = 5\n", story::whole()).await;
    for _ in 0..5 {
        world.ask(by_number(NUMBER)).await.expect("within the limit");
    }
    let status = refused(
        world.ask(by_number(NUMBER)).await,
        Code::ResourceExhausted,
        "RATE_LIMITED",
    );
    let delay = status.get_details_retry_info().and_then(|info| info.retry_delay);
    assert!(delay.is_some_and(|delay| !delay.is_zero()));
    // The old form is the same subject; another one is not; a backend has a limit of its own.
    refused(
        world.ask(by_number("苏132181901234")).await,
        Code::ResourceExhausted,
        "RATE_LIMITED",
    );
    world
        .ask(by_number("苏1322018201901235"))
        .await
        .expect("another subject");
    world
        .ask_as_backend(&["verify"], by_number(NUMBER))
        .await
        .expect("another asker");
}

#[tokio::test]
async fn a_caller_has_a_limit_whatever_it_asks_and_so_have_neighbouring_numbers() {
    let world = World::with(
        "[rates]\ncaller = 1\nrange = 3\n[rates.callers]\nportal = 1000\n",
        story::whole(),
    )
    .await;
    for serial in 1..=3 {
        world
            .ask(by_number(&format!("苏132201820190800{serial}")))
            .await
            .expect("within the limit");
    }
    refused(
        world.ask(by_number("苏1322018201908009")).await,
        Code::ResourceExhausted,
        "RATE_LIMITED",
    );
    let mut inspector = world.client("client/inspector");
    let mut refusals = 0;
    for _ in 0..20 {
        let status = inspector
            .verify_certificate(by_document(DOCUMENT, ""))
            .await
            .expect_err("malformed");
        refusals += u32::from(status.code() == Code::ResourceExhausted);
    }
    assert!(refusals > 0, "malformed questions count as well");
}

#[tokio::test]
async fn every_answer_is_recorded_with_its_purpose_and_without_its_subject() {
    let world = World::new(story::whole()).await;
    let question = wire::VerifyCertificateRequest {
        purpose: "评标".to_owned(),
        ..by_document(DOCUMENT, "")
    };
    world
        .ask_as_backend(&["verify:document-number"], question)
        .await
        .expect("answered");
    world.ask(by_document(DOCUMENT, NAME)).await.expect("answered");
    world.ask(by_number(NUMBER)).await.expect("answered");
    world
        .ask(by_number("苏1322018201999999"))
        .await
        .expect("answered");
    world.life.drain(Duration::from_secs(20)).await;
    assert_eq!(world.life.crash(), None);
    let mut connection = world.database.owner_connection().await;
    let rows = sqlx::query(
        "SELECT caller, method, subject_kind, subject_index, purpose, verdict, access_record::text AS whole \
         FROM verification.access_record ORDER BY id",
    )
    .fetch_all(&mut connection)
    .await
    .expect("the table can be read");
    let text = |row: usize, column: &str| rows[row].get::<String, _>(column);
    assert_eq!(rows.len(), 4);
    assert_eq!(text(0, "caller"), "client/bidding-platform");
    assert_eq!(
        (text(0, "subject_kind").as_str(), text(0, "purpose").as_str()),
        ("document_number", "评标")
    );
    assert_eq!(
        (text(1, "caller").as_str(), text(1, "verdict").as_str()),
        ("client/portal", "VALID")
    );
    assert_eq!(text(3, "verdict"), "NOT_FOUND");
    let index = |row: usize| rows[row].get::<Vec<u8>, _>("subject_index");
    assert_eq!(index(0), index(1), "who asked about one person can be found");
    assert_ne!(index(2), index(3));
    for row in 0..4 {
        assert!(
            ![DOCUMENT, NAME, NUMBER]
                .iter()
                .any(|secret| text(row, "whole").contains(secret))
        );
    }
    for right in ["UPDATE", "DELETE", "TRUNCATE"] {
        let may: bool = sqlx::query("SELECT has_table_privilege($1, 'verification.access_record', $2)")
            .bind(world.database.app().role)
            .bind(right)
            .fetch_one(&mut connection)
            .await
            .expect("the role is there")
            .get(0);
        assert!(!may, "history is not rewritten by {right}");
    }
}

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("nobody panicked").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn the_logs_name_nobody() {
    let lines = Lines::default();
    let writer = lines.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter("verification=trace,service_runtime=trace,postgres=trace,sqlx=trace")
        .with_writer(move || writer.clone())
        .with_ansi(false)
        .finish();
    // Tasks of this test run on its own thread.
    let _guard = tracing::subscriber::set_default(subscriber);
    let world = World::new(story::whole()).await;
    world.ask(by_document(DOCUMENT, NAME)).await.expect("answered");
    world
        .ask(by_document(DOCUMENT, "张伟明"))
        .await
        .expect("answered");
    refused(
        world.ask(by_document(DOCUMENT, "张3")).await,
        Code::InvalidArgument,
        "SUBJECT_MALFORMED",
    );
    world.script.cut();
    world
        .tell(story::entry_with(api::types::v1::StatusCode::Suspended))
        .await;
    world.life.drain(Duration::from_secs(20)).await;
    let logged = String::from_utf8(lines.0.lock().expect("nobody panicked").clone()).expect("UTF-8");
    assert!(logged.contains("the register is read"), "the logs are looked at");
    for secret in [DOCUMENT, NAME, "张伟明", "19900307", "1990-03-07"] {
        assert!(!logged.contains(secret), "the logs say {secret}");
    }
}
