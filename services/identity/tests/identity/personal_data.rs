//! What the database holds of people: nothing in the clear.

use api::identity::v1 as wire;
use postgres::sqlx::{self, Row as _};

use crate::world::{ISSUANCE, PORTAL, World, enrolment, id, reason, sign_in_request};

/// Every value of every table as text; bytes also as text where they are, and in hexadecimal.
async fn dump(world: &World) -> String {
    let mut owner = world.database.owner_connection().await;
    let tables = sqlx::query(
        "SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables
         WHERE schemaname IN ('identity', 'shared') ORDER BY 1",
    )
    .fetch_all(&mut owner)
    .await
    .expect("tables");
    let mut dump = String::new();
    for table in tables {
        let table: String = table.get("name");
        let statement = format!("SELECT t::text AS row FROM {table} t");
        let rows = sqlx::query(sqlx::AssertSqlSafe(statement))
            .fetch_all(&mut owner)
            .await
            .expect("rows");
        for row in rows {
            dump.push_str(&format!("{table} {}\n", row.get::<String, _>("row")));
        }
    }
    dump
}

#[tokio::test]
async fn a_dump_of_the_database_and_its_log_shows_no_name_number_password_or_secret() {
    let (world, [mut citizen]) = World::with([1]).await;
    citizen.step_up(&world).await;
    let person = citizen.person.clone();
    let mut portal = world.door(PORTAL);
    let refused = wire::EnrollAccountRequest {
        full_name: "张三丰".to_owned(),
        ..enrolment(&person)
    };
    assert_eq!(
        reason(portal.accounts().enroll_account(refused).await),
        "REAL_NAME_MISMATCH"
    );
    let wrong = sign_in_request(&person.document_number, "a wrong password");
    assert_eq!(
        reason(portal.sessions().create_session(wrong).await),
        "SIGN_IN_FAILED"
    );
    portal = world.door(ISSUANCE);
    let request = wire::GetPersonRequest {
        name: citizen.account.person.clone(),
        purpose: "clearance".to_owned(),
    };
    portal.directory().get_person(request).await.expect("told");

    let dump = dump(&world).await;
    assert!(
        dump.contains("identity.identity_document ") && dump.contains("shared.request "),
        "the dump sees rows"
    );
    assert!(
        dump.contains(citizen.account.person.trim_start_matches("persons/")),
        "ids are there"
    );
    let base32 = citizen.authenticator.secret().to_base32();
    let secrets = [
        person.full_name.as_str(),
        person.document_number.as_str(),
        person.password.as_str(),
        "张三丰",
        "a wrong password",
        base32.as_str(),
        citizen.refresh_token.as_str(),
        citizen.token.as_str(),
    ];
    let log = world.database.server_log();
    for secret in secrets {
        for form in [secret.to_owned(), hex(secret.as_bytes())] {
            assert!(!dump.contains(&form), "{form} is in the database");
            assert!(!log.contains(&form), "{form} is in the server's log");
        }
    }
    let raw = hex(citizen.authenticator.secret());
    assert!(
        !dump.contains(&raw),
        "the secret of the second factor is in the database"
    );
    // Digests that anybody could compute are not there either: they could be searched for the number.
    for guess in [
        person.document_number.clone(),
        format!("CITIZEN_IDENTITY_CARD:{}", person.document_number),
    ] {
        assert!(
            !dump.contains(&hex(&postgres::hash::sha256(guess.as_bytes()))),
            "an unkeyed digest"
        );
    }
}

#[tokio::test]
async fn the_audit_knows_every_decision_and_refusal_by_id_and_reason() {
    let (world, [citizen]) = World::with([1]).await;
    let wrong = sign_in_request(&citizen.person.document_number, "a wrong password");
    assert_eq!(
        reason(world.door(PORTAL).sessions().create_session(wrong).await),
        "SIGN_IN_FAILED"
    );
    let foreign = wire::RevokeSessionRequest {
        request_id: id(),
        name: format!("sessions/{}", id()),
    };
    let foreign = world
        .door(PORTAL)
        .sessions()
        .revoke_session(citizen.says(foreign))
        .await;
    assert_eq!(reason(foreign), "NOT_FOUND");
    let mut owner = world.database.owner_connection().await;
    let rows =
        sqlx::query("SELECT verb, outcome, coalesce(reason, '') AS reason FROM shared.audit ORDER BY id")
            .fetch_all(&mut owner)
            .await
            .expect("the audit");
    let told: Vec<(String, String, String)> = rows
        .iter()
        .map(|row| (row.get("verb"), row.get("outcome"), row.get("reason")))
        .collect();
    let told: Vec<_> = told
        .iter()
        .map(|(verb, outcome, reason)| (&**verb, &**outcome, &**reason))
        .collect();
    let expected = [
        ("import_real_names", "done", ""),
        ("enroll_account", "done", ""),
        ("confirm_second_factor", "done", ""),
        ("create_session", "done", ""),
        ("verify_second_factor", "done", ""),
        ("create_session", "refused", "SIGN_IN_FAILED"),
        ("revoke_session", "refused", "NOT_FOUND"),
    ];
    assert_eq!(told, expected);
}

#[tokio::test]
async fn the_sealed_values_of_one_person_do_not_open_for_another() {
    let (world, [one, other]) = World::with([1, 2]).await;
    let mut owner = world.database.owner_connection().await;
    let swap = "UPDATE identity.identity_document d SET sealed_number = o.sealed_number, sealed_name = o.sealed_name
                FROM identity.identity_document o WHERE o.person_id <> d.person_id AND d.person_id = $1::uuid";
    let victim = one.account.person.trim_start_matches("persons/");
    sqlx::query(swap)
        .bind(victim)
        .execute(&mut owner)
        .await
        .expect("rows exchanged by whoever owns the tables");
    let mut issuance = world.door(ISSUANCE).directory();
    let ask = |name: &str| wire::GetPersonRequest {
        name: name.to_owned(),
        purpose: "clearance".to_owned(),
    };
    assert_eq!(
        reason(issuance.get_person(ask(&one.account.person)).await),
        "INTERNAL"
    );
    issuance
        .get_person(ask(&other.account.person))
        .await
        .expect("untouched");
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
