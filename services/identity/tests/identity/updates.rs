//! Another name, another document: taken over from the record, and from nowhere else.

use api::identity::v1 as wire;
use api::types::v1::DocumentKind;
use testkit::people::Person;
use tonic::Status;

use crate::world::{Citizen, PORTAL, REAL_NAMES, World, id, reason};

async fn update(world: &World, citizen: &Citizen, person: &Person) -> Result<wire::Account, Status> {
    update_as(world, citizen, person, id()).await
}

async fn update_as(
    world: &World,
    citizen: &Citizen,
    person: &Person,
    request_id: String,
) -> Result<wire::Account, Status> {
    let message = wire::UpdateIdentityRequest {
        request_id,
        full_name: person.full_name.clone(),
        document_kind: DocumentKind::CitizenIdentityCard.into(),
        document_number: person.document_number.clone(),
    };
    let mut portal = world.door(PORTAL).accounts();
    let answer = portal.update_identity(citizen.says(message)).await?;
    Ok(answer.into_inner().account.expect("an account"))
}

/// Tells the service that a document took the place of another.
async fn record_successor(world: &World, person: &Person, before: &Person) {
    let line = wire::RealName {
        full_name: person.full_name.clone(),
        document_kind: DocumentKind::CitizenIdentityCard.into(),
        document_number: person.document_number.clone(),
        previous_document_kind: DocumentKind::CitizenIdentityCard.into(),
        previous_document_number: before.document_number.clone(),
        ..Default::default()
    };
    let request = wire::ImportRealNamesRequest {
        request_id: id(),
        real_names: vec![line],
    };
    let mut authority = world.door(REAL_NAMES).accounts();
    let answer = authority.import_real_names(request).await.expect("recorded");
    assert_eq!(answer.into_inner().imported, 1);
}

async fn rows(world: &World, sql: &'static str) -> i64 {
    let mut owner = world.database.owner_connection().await;
    sqlx::query_scalar(sql)
        .fetch_one(&mut owner)
        .await
        .expect("a count")
}

#[tokio::test]
async fn a_new_name_is_taken_over_once_the_record_has_it_and_the_old_one_is_kept() {
    let (world, [mut citizen]) = World::with([1]).await;
    let renamed = Person {
        full_name: "欧阳慕白".to_owned(),
        ..citizen.person.clone()
    };
    assert_eq!(
        reason(update(&world, &citizen, &renamed).await),
        "STEP_UP_REQUIRED",
        "who somebody is takes a fresh second factor"
    );
    citizen.step_up(&world).await;
    assert_eq!(
        reason(update(&world, &citizen, &renamed).await),
        "REAL_NAME_MISMATCH"
    );
    let same = citizen.person.clone();
    assert_eq!(
        reason(update(&world, &citizen, &same).await),
        "IDENTITY_UNCHANGED"
    );

    world.record(&renamed).await;
    let request_id = id();
    let updated = update_as(&world, &citizen, &renamed, request_id.clone()).await;
    let updated = updated.expect("taken over");
    assert_eq!(
        (updated.person.as_str(), updated.family_name.as_str()),
        (citizen.account.person.as_str(), "欧阳")
    );
    let again = update_as(&world, &citizen, &renamed, request_id).await;
    assert_eq!(again.expect("the same answer"), updated);
    assert_eq!(rows(&world, "SELECT count(*) FROM identity.former_name").await, 1);
    assert_eq!(
        rows(
            &world,
            "SELECT count(*) FROM shared.audit WHERE verb = 'update_identity' AND outcome = 'done'"
        )
        .await,
        1
    );
    assert_eq!(
        reason(update(&world, &citizen, &same).await),
        "REAL_NAME_MISMATCH",
        "the old name is past"
    );
}

#[tokio::test]
async fn another_document_is_taken_over_only_as_the_successor_of_the_present_one() {
    let (world, [mut citizen]) = World::with([1]).await;
    citizen.step_up(&world).await;
    let successor = Person {
        full_name: citizen.person.full_name.clone(),
        ..Person::synthetic(7)
    };
    world.record(&successor).await;
    assert_eq!(
        reason(update(&world, &citizen, &successor).await),
        "DOCUMENT_NOT_SUCCESSOR"
    );
    record_successor(&world, &successor, &Person::synthetic(9)).await;
    assert_eq!(
        reason(update(&world, &citizen, &successor).await),
        "DOCUMENT_NOT_SUCCESSOR",
        "that of somebody else's"
    );
    record_successor(&world, &successor, &citizen.person).await;
    let updated = update(&world, &citizen, &successor).await.expect("taken over");
    assert_eq!(
        updated.person, citizen.account.person,
        "the same person through all documents"
    );
    assert_ne!(updated.masked_document_number, "");
    assert_eq!(
        rows(
            &world,
            "SELECT count(*) FROM identity.identity_document WHERE superseded_by IS NOT NULL"
        )
        .await,
        1
    );
    let back = citizen.person.clone();
    record_successor(&world, &back, &successor).await;
    assert_eq!(
        reason(update(&world, &citizen, &back).await),
        "DOCUMENT_OF_ANOTHER",
        "what was replaced stays so"
    );
}

#[tokio::test]
async fn the_document_of_another_account_is_not_taken() {
    let (world, [mut citizen, other]) = World::with([1, 2]).await;
    citizen.step_up(&world).await;
    record_successor(&world, &other.person, &citizen.person).await;
    assert_eq!(
        reason(update(&world, &citizen, &other.person).await),
        "DOCUMENT_OF_ANOTHER"
    );
}
