//! Nothing personal at rest, and every decision on record.

use api::registration::v1 as wire;
use postgres::sqlx::{self, Row as _};
use uuid::Uuid;

use crate::world::{World, id};

#[tokio::test]
async fn a_dump_of_the_database_and_its_log_shows_nobody() {
    let world = World::start().await;
    let holder = world.person(1);
    let firm = world.firm("江苏水利建设有限公司", "32", 1);
    let name = world.registered(&holder, &firm).await;
    let qualification = world.qualifications();
    let listed = { qualification }
        .list_qualifications(world.signed(&holder.actor, wire::ListQualificationsRequest {}))
        .await
        .expect("own qualifications")
        .into_inner()
        .qualifications;
    let number = listed.first().expect("one").qualification_number.clone();
    let contact = "13912345678";
    let message = wire::RaiseObjectionRequest {
        request_id: id(),
        application: name,
        statement: "举报".to_owned(),
        contact: contact.to_owned(),
        ..Default::default()
    };
    // Too late to object; what was written must not be kept either.
    assert!(world.announcements().raise_objection(message).await.is_err());
    let dump = dump(&world).await;
    let person = &holder.person;
    for secret in [
        person.full_name.as_str(),
        &person.document_number,
        &number,
        contact,
    ] {
        let hex: String = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
        assert!(
            !dump.contains(secret) && !dump.contains(&hex),
            "a secret is in the clear"
        );
        assert!(
            !world.database.server_log().contains(secret),
            "a secret is in the server's log"
        );
    }
    assert!(dump.contains(&holder.id.to_string()), "the dump was taken");
}

#[tokio::test]
async fn every_decision_and_refusal_is_audited_with_actor_and_article() {
    let world = World::start().await;
    let holder = world.person(1);
    let firm = world.firm("江苏水利建设有限公司", "32", 1);
    let name = world.registered(&holder, &firm).await;
    assert!(
        world
            .withdraw_application(&holder.actor, &name, "晚了")
            .await
            .is_err()
    );
    let mut owner = world.database.owner_connection().await;
    let rows = sqlx::query(
        "SELECT verb, actor, article, outcome, reason FROM shared.audit WHERE subject = $1 ORDER BY id",
    );
    let rows = rows.bind(&name).fetch_all(&mut owner).await.expect("read");
    let verbs: Vec<String> = rows.iter().map(|row| row.get("verb")).collect();
    for verb in [
        "create_application",
        "attach_material",
        "confirm_employment",
        "submit_application",
        "accept_application",
        "record_review",
        "record_joint_review",
        "decide_application",
        "open_publicity",
        "close_publicity",
        "request_clearances",
        "publish_announcement",
    ] {
        assert!(verbs.iter().any(|known| known == verb), "{verb} in {verbs:?}");
    }
    assert!(rows.iter().all(|row| !row.get::<String, _>("actor").is_empty()));
    let last = rows.last().expect("a record");
    assert_eq!(
        (
            last.get::<String, _>("outcome"),
            last.get::<Option<String>, _>("reason")
        ),
        ("refused".to_owned(), Some("APPLICATION_STATE".to_owned()))
    );
    let decided = rows
        .iter()
        .find(|row| row.get::<String, _>("verb") == "decide_application")
        .expect("decided");
    assert_eq!(decided.get::<String, _>("article"), "153号 art 7");
    assert!(Uuid::try_parse(name.rsplit('/').next().expect("an id")).is_ok());
}

/// Every row of every table as text.
pub(crate) async fn dump(world: &World) -> String {
    let mut owner = world.database.owner_connection().await;
    let tables = "SELECT format('%I.%I', table_schema, table_name) FROM information_schema.tables
                  WHERE table_schema IN ('registration', 'shared')";
    let tables = sqlx::query(tables).fetch_all(&mut owner).await.expect("tables");
    assert!(tables.len() > 15);
    let mut dump = String::new();
    for table in tables {
        let table: String = table.get(0);
        let rows = sqlx::AssertSqlSafe(format!("SELECT t::text FROM {table} AS t"));
        for row in sqlx::query(rows).fetch_all(&mut owner).await.expect("rows") {
            dump.push_str(&row.get::<String, _>(0));
            dump.push('\n');
        }
    }
    dump
}
