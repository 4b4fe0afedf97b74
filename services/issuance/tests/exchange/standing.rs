//! `StandingService`: what a province is told of a person's registration, and that it is told little and on record.

use api::exchange::v1 as wire;
use api::exchange::v1::standing_service_client::StandingServiceClient;
use api::types::v1::ApplicationType::{Cancellation, Initial};
use api::types::v1::{Date, StatusCode};
use tonic::Status;
use wire::IssuingState;

use crate::national_acts::Ministry;
use crate::world::{Person, World, reason};

async fn ask(world: &World, caller: &str, person: &str) -> Result<Option<wire::NationalStanding>, Status> {
    let channel = world.realm.channel(caller, "nation/issuance", world.provinces);
    let request = wire::ReadStandingRequest {
        person: person.to_owned(),
    };
    let answer = StandingServiceClient::new(channel).read_standing(request).await?;
    Ok(answer.into_inner().standing)
}

const JIANGSU: &str = "province/32/registration";
const SHANGHAI: &str = "province/31/registration";

async fn standing(world: &World, caller: &str, person: &Person) -> wire::NationalStanding {
    let told = ask(world, caller, &person.name()).await.expect("answered");
    told.expect("somebody with an entry")
}

#[tokio::test]
async fn a_province_is_told_where_a_registration_stands_from_its_beginning_to_its_end() {
    let (world, mut jiangsu, _) = World::new().await;
    let (person, employer) = (world.person(), world.employer("32"));
    let nobody = ask(&world, SHANGHAI, &person.name()).await.expect("answered");
    assert_eq!(nobody, None, "never registered");

    let initial = jiangsu.application(&person, &employer, Initial);
    jiangsu.announce(&world, &initial).await;
    let own = standing(&world, JIANGSU, &person).await;
    assert_eq!(
        (own.province.as_str(), own.status_code()),
        ("32", StatusCode::Valid)
    );
    assert!(!own.term_over && !own.renewal_pending && own.end_cause.is_empty() && own.since.is_some());
    // The keeper of the seals is away.
    assert!(own.licence_identifier.is_empty(), "no documents yet");
    assert!(matches!(
        own.issuing(),
        IssuingState::Waiting | IssuingState::Retrying
    ));
    let elsewhere = standing(&world, SHANGHAI, &person).await;
    assert_eq!(
        (elsewhere.province, elsewhere.status_code, elsewhere.since),
        (own.province, own.status_code, own.since),
        "any province, for whoever asks there"
    );

    let ministry = Ministry::new(&world).await;
    let until = Date {
        year: 2026,
        month: 8,
        day: 1,
    };
    ministry.suspended(&person, Some(until)).await;
    let held = standing(&world, SHANGHAI, &person).await;
    assert_eq!(
        (held.status_code(), held.suspended_until),
        (StatusCode::Suspended, Some(until))
    );
    ministry.restored(&person).await;
    let free = standing(&world, SHANGHAI, &person).await;
    assert_eq!(
        (free.status_code(), free.suspended_until),
        (StatusCode::Valid, None)
    );

    let cancellation = jiangsu.application(&person, &employer, Cancellation);
    jiangsu.announce(&world, &cancellation).await;
    let ended = standing(&world, SHANGHAI, &person).await;
    assert_eq!(
        (ended.status_code(), ended.end_cause.as_str(), ended.term_over),
        (StatusCode::Cancelled, "注销注册", false)
    );
    let said = format!("{ended:?}");
    for secret in [&person.full_name, &person.document_number] {
        assert!(!said.contains(secret.as_str()));
    }
}

#[tokio::test]
async fn enrolled_provinces_alone_ask_and_every_reading_is_recorded_with_who_read() {
    let (world, mut jiangsu, _) = World::new().await;
    let (person, employer) = (world.person(), world.employer("32"));
    let initial = jiangsu.application(&person, &employer, Initial);
    jiangsu.announce(&world, &initial).await;
    let refused = async |caller: &str, person: &str| {
        let answer = ask(&world, caller, person).await;
        reason(&answer.expect_err("refused"))
    };
    assert_eq!(
        refused("province/33/registration", &person.name()).await,
        "PROVINCE_NOT_ENROLLED"
    );
    assert_eq!(
        refused("province/32/portal", &person.name()).await,
        "CALLER_NOT_ALLOWED"
    );
    let mut officers = StandingServiceClient::new(world.portal().await);
    let officer = world.officer(None);
    let request = wire::ReadStandingRequest {
        person: person.name(),
    };
    let by_officer = officers.read_standing(world.signed(&officer, request)).await;
    assert_eq!(
        reason(&by_officer.expect_err("refused")),
        "CALLER_NOT_ALLOWED",
        "a token is no province"
    );
    assert_eq!(refused(JIANGSU, "persons/me").await, "EXCHANGE_MALFORMED");
    let recorded = |by: &str| {
        format!(
            "SELECT count(*) FROM shared.audit WHERE verb = 'read_standing' AND actor LIKE '%{by}%'
                 AND subject = '{}'",
            person.name()
        )
    };
    assert_eq!(world.count(&recorded("province/")).await, 0, "nothing was read");
    standing(&world, JIANGSU, &person).await;
    standing(&world, SHANGHAI, &person).await;
    standing(&world, SHANGHAI, &person).await;
    for (by, readings) in [("province/32", 1), ("province/31", 2)] {
        assert_eq!(world.count(&recorded(by)).await, readings, "{by}");
    }
}
