//! An existing register of a province: what the nation clears, what it makes of it, and what it refuses by then.

use api::exchange::v1 as wire;
use api::exchange::v1::migration_service_client::MigrationServiceClient;
use api::types::v1 as types;
use api::types::v1::ApplicationType::{Initial, Renewal};
use jiff::civil::date;
use uuid::Uuid;
use wire::provincial_event::Event;
use wire::pull_changes_response::Event as News;

use crate::moves::news;
use crate::world::{Person, World, told};

pub(crate) fn row(world: &World, person: &Person, employer: &str, serial: u32) -> wire::MigrationRow {
    wire::MigrationRow {
        row: Uuid::new_v4().to_string(),
        person: person.name(),
        employer: employer.to_owned(),
        // The old generation.
        registration_number: format!("苏1320507{serial:05}"),
        specialties: vec![wire::MigratedSpecialty {
            validity: Some(types::SpecialtyValidity {
                specialty: types::Specialty::WaterAndHydropower.into(),
                valid_from: Some(date(2023, 5, 4).into()),
                valid_to: Some(date(2026, 5, 3).into()),
            }),
            qualification_number: "2018320001".to_owned(),
        }],
        registered_at: Some(api::convert::instant(world.now())),
    }
}

pub(crate) async fn clear(world: &World, import: Uuid, rows: &[wire::MigrationRow]) -> Vec<String> {
    ask(world, import, rows, false).await
}

/// Clears rows, or only learns what would be cleared.
async fn ask(world: &World, import: Uuid, rows: &[wire::MigrationRow], validate_only: bool) -> Vec<String> {
    let channel = world
        .realm
        .channel("province/32/registration", "nation/issuance", world.provinces);
    let request = wire::ClearMigrationRequest {
        import: format!("provinces/32/imports/{import}"),
        rows: rows.to_vec(),
        decided_by: "provinces/32".to_owned(),
        validate_only,
    };
    let answer = MigrationServiceClient::new(channel)
        .clear_migration(request)
        .await;
    let rows = answer.expect("answered").into_inner().rows;
    let said = |one: wire::MigrationClearance| {
        if one.cleared {
            "CLEARED".to_owned()
        } else {
            one.reason
        }
    };
    rows.into_iter().map(said).collect()
}

pub(crate) fn migrated(import: Uuid, row: &wire::MigrationRow) -> Event {
    Event::RegistrationMigrated(wire::RegistrationMigrated {
        import: format!("provinces/32/imports/{import}"),
        row: row.row.clone(),
        person: row.person.clone(),
    })
}

#[tokio::test]
async fn rows_are_cleared_against_the_register_and_asking_again_answers_the_same() {
    let (world, mut jiangsu, _) = World::new().await;
    let (own, foreign) = (world.employer("32"), world.employer("31"));
    let (good, twin, registered, away) = (world.person(), world.person(), world.person(), world.person());
    let application = jiangsu.application(&registered, &own, Initial);
    jiangsu.announce(&world, &application).await;
    let unknown = Person {
        id: Uuid::new_v4(),
        ..world.person()
    };
    let rows = [
        row(&world, &good, &own, 1),
        row(&world, &twin, &own, 1),
        row(&world, &registered, &own, 2),
        row(&world, &away, &foreign, 3),
        row(&world, &unknown, &own, 4),
        row(&world, &good, &own, 5),
    ];
    let expected = [
        "CLEARED",
        "NUMBER_TAKEN",
        "REGISTERED_BEFORE",
        "EMPLOYER_OUTSIDE_PROVINCE",
        "PERSON_UNKNOWN",
        "PERSON_TWICE",
    ];
    let import = Uuid::new_v4();
    assert_eq!(
        ask(&world, import, &rows, true).await,
        expected,
        "a check says the same"
    );
    let numbers = "SELECT count(*) FROM register.registration_number";
    assert_eq!(world.count(numbers).await, 1, "a check reserves no number");
    let checked = "SELECT count(*) FROM shared.audit WHERE verb = 'check_migration'";
    assert_eq!(world.count(checked).await, 1, "and is on record");
    assert_eq!(world.count("SELECT count(*) FROM exchange.migration").await, 0);
    for _ in 0..2 {
        assert_eq!(clear(&world, import, &rows).await, expected);
    }
    assert_eq!(world.count("SELECT count(*) FROM exchange.migration").await, 1);
    assert_eq!(
        world.count("SELECT count(*) FROM register.entry").await,
        1,
        "nobody more is registered"
    );
}

#[tokio::test]
async fn a_cleared_row_is_an_entry_without_a_certificate_until_an_act_brings_pictures() {
    let (world, mut jiangsu, _) = World::new().await;
    let (employer, person, import) = (world.employer("32"), world.person(), Uuid::new_v4());
    let cleared = row(&world, &person, &employer, 7);
    assert_eq!(
        clear(&world, import, std::slice::from_ref(&cleared)).await,
        ["CLEARED"]
    );
    let envelope = jiangsu.seal(&world, migrated(import, &cleared));
    let receipt = jiangsu.push(vec![envelope]).await.expect("a receipt");
    assert_eq!(
        (receipt.applied_through, receipt.stopped_reason.as_str()),
        (1, "")
    );
    let entry = world
        .entry(None, &person, told("32", 1))
        .await
        .expect("registered");
    assert_eq!(entry.registration_number, "苏1322005200700007");
    let versions = "SELECT count(*) FROM issuing.certificate_version";
    assert_eq!(world.count(versions).await, 0);
    // Once used it is no clearance any more.
    let envelope = jiangsu.seal(&world, migrated(import, &cleared));
    let receipt = jiangsu.push(vec![envelope]).await.expect("a receipt");
    assert_eq!(receipt.stopped_reason, "NO_CLEARANCE");
}

#[tokio::test]
async fn a_renewal_with_pictures_makes_the_first_certificate_and_without_them_the_registration_goes_on() {
    let (world, mut jiangsu, _) = World::new().await;
    let (employer, import) = (world.employer("32"), Uuid::new_v4());
    let (with, without) = (world.person(), world.person());
    let rows = [
        row(&world, &with, &employer, 8),
        row(&world, &without, &employer, 9),
    ];
    assert_eq!(clear(&world, import, &rows).await, ["CLEARED", "CLEARED"]);
    let envelopes = rows
        .iter()
        .map(|row| jiangsu.seal(&world, migrated(import, row)))
        .collect();
    jiangsu.push(envelopes).await.expect("a receipt");
    let renewal = jiangsu.application(&with, &employer, Renewal);
    jiangsu.announce(&world, &renewal).await;
    let first = "SELECT count(*) FROM issuing.certificate_version WHERE current AND version = 1";
    assert_eq!(world.count(first).await, 1);
    let entry = world.entry(None, &with, told("32", 3)).await.expect("registered");
    assert_eq!(
        entry.registration_number, "苏1322005200700008",
        "digits never change"
    );
}

#[tokio::test]
async fn what_the_register_refuses_by_then_is_told_and_holds_up_nobody() {
    let (world, mut jiangsu, _) = World::new().await;
    let (employer, import) = (world.employer("32"), Uuid::new_v4());
    let (faster, next) = (world.person(), world.person());
    let rows = [
        row(&world, &faster, &employer, 10),
        row(&world, &next, &employer, 11),
    ];
    assert_eq!(clear(&world, import, &rows).await, ["CLEARED", "CLEARED"]);
    let application = jiangsu.application(&faster, &employer, Initial);
    jiangsu.announce(&world, &application).await;
    let envelopes = rows
        .iter()
        .map(|row| jiangsu.seal(&world, migrated(import, row)))
        .collect();
    let receipt = jiangsu.push(envelopes).await.expect("a receipt");
    assert_eq!(
        (receipt.applied_through, receipt.stopped_reason.as_str()),
        (3, "")
    );
    let heard = news(&jiangsu, 1).await;
    assert!(
        matches!(&heard[..], [News::MigrationRefused(refused)]
            if refused.row == rows[0].row && refused.reason == "ALREADY_REGISTERED"),
        "{heard:?}"
    );
    assert!(world.entry(None, &next, told("32", 3)).await.is_ok());
}
