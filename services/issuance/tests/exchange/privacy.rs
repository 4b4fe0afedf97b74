//! What lies in database and object store shows nobody.

use api::types::v1::ApplicationType::{Change, Initial};
use sqlx::Row as _;

use crate::world::World;

#[tokio::test]
async fn a_dump_of_the_database_and_the_stored_pictures_show_nothing_personal() {
    let (world, mut jiangsu, mut shanghai) = World::new().await;
    let person = world.person();
    let initial = jiangsu.application(&person, &world.employer("32"), Initial);
    jiangsu.announce(&world, &initial).await;
    let change = shanghai.application(&person, &world.employer("31"), Change);
    shanghai.announce(&world, &change).await;
    let (changes, _) = world.changes(0, 6).await;
    assert_eq!(changes.len(), 6, "what is told is told in the clear");

    let birth = &person.document_number[6..14];
    let dashed = format!("{}-{}-{}", &birth[..4], &birth[4..6], &birth[6..]);
    let secrets = [
        person.full_name.as_str(),
        &person.document_number,
        &dashed,
        "20180503230320201800000001",
    ];
    let dump = dump(&world).await;
    assert!(
        dump.contains(&person.id.to_string()),
        "the dump holds what it should"
    );
    for secret in secrets {
        assert!(!dump.contains(secret), "clear text in the database");
        assert!(
            !dump.contains(&hex::encode(secret)),
            "clear bytes in the database"
        );
    }
    let photo = testkit::picture::photo_jpeg(person.ordinal.into());
    let objects = world.objects();
    assert!(objects.len() >= 4, "two pictures for each application");
    assert!(objects.iter().all(|object| {
        !object
            .windows(16)
            .any(|part| part == &photo[photo.len() / 2..][..16])
    }));
}

/// Every row of every table as text; bytes are hexadecimal.
async fn dump(world: &World) -> String {
    let mut owner = world.database.owner_connection().await;
    let tables = sqlx::query(
        "SELECT format('%I.%I', table_schema, table_name) FROM information_schema.tables
         WHERE table_schema IN ('register', 'exchange', 'issuing', 'log', 'restoration', 'shared') AND table_type = 'BASE TABLE'",
    );
    let tables = tables.fetch_all(&mut owner).await.expect("tables are listed");
    assert!(tables.len() >= 25, "{} tables", tables.len());
    let mut dump = String::new();
    for table in tables {
        let table: String = table.get(0);
        let rows = sqlx::query_scalar::<_, String>(sqlx::AssertSqlSafe(format!(
            "SELECT row::text FROM {table} AS row"
        )));
        for row in rows.fetch_all(&mut owner).await.expect("the owner may read") {
            dump.push_str(&row);
            dump.push('\n');
        }
    }
    dump
}
