//! What services may ask about people, and the line that each question leaves.

use api::identity::v1 as wire;
use api::types::v1::{DocumentKind, Sex};
use postgres::sqlx::{self, Row as _};
use testkit::people::Person;

use crate::world::{ISSUANCE, JIANGSU, PORTAL, VERIFICATION, World, id, reason};

const PURPOSE: &str = "provinces/32/applications/0b0e8a1c-2f9d-4c55-9f0e-7a1d2c3b4a5f";

fn asked(name: &str) -> wire::GetPersonRequest {
    wire::GetPersonRequest {
        name: name.to_owned(),
        purpose: PURPOSE.to_owned(),
    }
}

fn sought(person: &Person) -> wire::FindPersonRequest {
    wire::FindPersonRequest {
        document_kind: DocumentKind::CitizenIdentityCard.into(),
        document_number: person.document_number.clone(),
        purpose: PURPOSE.to_owned(),
    }
}

#[tokio::test]
async fn issuance_and_the_provinces_learn_who_a_person_is_and_every_look_up_is_logged_without_the_number() {
    let (world, [citizen]) = World::with([1]).await;
    let number = &citizen.person.document_number;
    for service in [ISSUANCE, JIANGSU] {
        let mut directory = world.door(service).directory();
        let told = directory
            .get_person(asked(&citizen.account.person))
            .await
            .expect("told")
            .into_inner();
        let told = told.person.expect("a person");
        assert_eq!(
            (&told.full_name, &told.document_number),
            (&citizen.person.full_name, number)
        );
        let born = told.birth_date.expect("a birth date");
        assert_eq!(
            format!("{:04}{:02}{:02}", born.year, born.month, born.day),
            number[6..14]
        );
        let male = number.as_bytes()[16] % 2 == 1;
        assert_eq!(told.sex(), if male { Sex::Male } else { Sex::Female });
        let found = directory
            .find_person(sought(&citizen.person))
            .await
            .expect("found")
            .into_inner();
        assert_eq!(found.person.expect("a person").name, citizen.account.person);
        let absent = directory
            .find_person(sought(&Person::synthetic(2)))
            .await
            .expect("asked")
            .into_inner();
        assert!(absent.person.is_none());
        let nobody = directory.get_person(asked(&format!("persons/{}", id()))).await;
        assert_eq!(reason(nobody), "NOT_FOUND");
    }
    let mut owner = world.database.owner_connection().await;
    let rows = sqlx::query("SELECT actor, method, subject, purpose FROM identity.access_log ORDER BY id")
        .fetch_all(&mut owner)
        .await
        .expect("the log");
    let subject = Some(citizen.account.person.clone());
    let expected = [
        ("GetPerson", &subject),
        ("FindPerson", &subject),
        ("FindPerson", &None),
        ("GetPerson", &None),
    ];
    assert_eq!(rows.len(), 2 * expected.len());
    for (row, (method, subject)) in rows.iter().zip(expected.iter().cycle()) {
        assert_eq!(row.get::<String, _>("method"), *method);
        assert_eq!(&row.get::<Option<String>, _>("subject"), *subject);
        assert_eq!(row.get::<String, _>("purpose"), PURPOSE);
    }
    assert_eq!(rows[0].get::<String, _>("actor"), ISSUANCE);
    assert_eq!(rows[4].get::<String, _>("actor"), JIANGSU);
}

#[tokio::test]
async fn nobody_else_may_ask_and_nobody_without_a_purpose() {
    let (world, [citizen]) = World::with([1]).await;
    let refused = world
        .door(VERIFICATION)
        .directory()
        .get_person(asked(&citizen.account.person))
        .await;
    assert_eq!(reason(refused), "CALLER_NOT_ALLOWED");
    let mut portal = world.door(PORTAL).directory();
    let own = portal
        .get_person(citizen.says(asked(&citizen.account.person)))
        .await;
    assert_eq!(reason(own), "CALLER_NOT_ALLOWED");
    let mut issuance = world.door(ISSUANCE).directory();
    for purpose in ["", "查询", citizen.person.document_number.as_str()] {
        let request = wire::GetPersonRequest {
            purpose: purpose.to_owned(),
            ..asked(&citizen.account.person)
        };
        assert_eq!(
            reason(issuance.get_person(request).await),
            "INVALID_ARGUMENT",
            "{purpose}"
        );
    }
    // A person's token gives a service nothing beyond that person's rights.
    let borrowed = issuance
        .get_person(citizen.says(asked(&citizen.account.person)))
        .await;
    assert_eq!(reason(borrowed), "TOKEN_UNBOUND");
}

#[tokio::test]
async fn the_log_can_be_added_to_but_not_changed() {
    let (world, [citizen]) = World::with([1]).await;
    world
        .door(ISSUANCE)
        .directory()
        .get_person(asked(&citizen.account.person))
        .await
        .expect("told");
    let reader = world.database.database().await;
    for statement in [
        "DELETE FROM identity.access_log",
        "UPDATE shared.audit SET verb = 'x'",
        "DELETE FROM identity.revocation",
    ] {
        let refused = reader
            .run_tx("tamper", async |tx: &mut postgres::Tx| {
                sqlx::raw_sql(statement)
                    .execute(tx.conn())
                    .await
                    .map_err(postgres::Error::from)
            })
            .await;
        assert!(refused.is_err(), "{statement}");
    }
}

#[tokio::test]
async fn documents_of_a_merged_person_lead_to_whoever_stands_for_them_until_the_split() {
    let (world, [stays, away]) = World::with([1, 2]).await;
    let link = |survivor: &str| wire::LinkPersonsRequest {
        name: away.account.person.clone(),
        survivor: survivor.to_owned(),
    };
    let found = async |person: &Person| {
        let mut directory = world.door(JIANGSU).directory();
        let found = directory.find_person(sought(person)).await.expect("found");
        found.into_inner().person.expect("a person").name
    };
    for service in [JIANGSU, VERIFICATION, PORTAL] {
        let mut directory = world.door(service).directory();
        let refused = directory.link_persons(link(&stays.account.person)).await;
        assert_eq!(reason(refused), "CALLER_NOT_ALLOWED", "{service}");
    }
    let mut issuance = world.door(ISSUANCE).directory();
    let nobody = format!("persons/{}", id());
    for unknown in [
        link(&nobody),
        wire::LinkPersonsRequest {
            name: nobody.clone(),
            ..link("")
        },
    ] {
        assert_eq!(reason(issuance.link_persons(unknown).await), "NOT_FOUND");
    }
    assert_eq!(found(&away.person).await, away.account.person);
    // The register says it until it is known: twice is once.
    for _ in 0..2 {
        let answer = issuance.link_persons(link(&stays.account.person)).await;
        answer.expect("linked");
    }
    for person in [&away.person, &stays.person] {
        assert_eq!(found(person).await, stays.account.person);
    }
    // Whoever is asked about by id is still who they are.
    let told = issuance
        .get_person(asked(&away.account.person))
        .await
        .expect("told");
    assert_eq!(
        told.into_inner().person.expect("a person").full_name,
        away.person.full_name
    );
    issuance.link_persons(link("")).await.expect("split");
    assert_eq!(found(&away.person).await, away.account.person);
}
