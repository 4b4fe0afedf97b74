//! The comparison of the keeper's journal, the register, the log and the stored files: nothing is found where nothing was
//! done, and whatever is done behind the programs' backs is found, named, and said what to do about.

use std::time::Duration;

use api::issuance::v1 as wire;
use domain::store_check::Difference;
use issuance::StoresChecked;

use crate::door::reason;
use crate::world::{Holder, Proof, World};

async fn checked(world: &World) -> StoresChecked {
    let app = world.app().await;
    app.check_stores("operators/test", false).await.expect("it ran")
}

/// The place of a holder's file.
async fn place(world: &World, holder: &Holder, format: &str) -> String {
    let mut owner = world.database.owner_connection().await;
    let place = sqlx::query_scalar(
        "SELECT place FROM issuing.document JOIN issuing.document_set ON id = document_set
         WHERE version = $1 AND format = $2",
    );
    place
        .bind(holder.version)
        .bind(format.to_owned())
        .fetch_one(&mut owner)
        .await
        .expect("it is issued")
}

/// The set of a holder, in SQL.
fn set_of(holder: &Holder) -> String {
    format!(
        "(SELECT id FROM issuing.document_set WHERE version = '{}')",
        holder.version
    )
}

#[tokio::test]
async fn journal_register_log_and_files_agree_until_somebody_touches_one() {
    let world = World::new().await;
    let first = world.registered("张伟民").await;
    let second = world.registered("李秀英").await;
    let third = world.registered("王建国").await;
    for holder in [&first, &second, &third] {
        world.issued(holder).await;
    }
    world.until("SELECT FROM log.head WHERE size = 6").await;
    let clean = checked(&world).await;
    assert_eq!(clean.named, [], "nothing was done");
    assert_eq!(
        (clean.versions, clean.documents, clean.acts, clean.leaves),
        (3, 6, 6, 6)
    );

    let objects = world.realm.folder().join("objects");
    let (removed, altered) = (
        place(&world, &first, "ofd").await,
        place(&world, &first, "pdf").await,
    );
    std::fs::remove_file(objects.join(&removed)).expect("it is there");
    let mut bytes = std::fs::read(objects.join(&altered)).expect("it is there");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(objects.join(&altered), bytes).expect("written");
    let logged = place(&world, &third, "ofd").await;
    let digest = logged.rsplit('/').next().expect("a digest").to_owned();
    let changed =
        |statement: String| format!("WITH changed AS ({statement} RETURNING 1) SELECT count(*) FROM changed");
    for (statement, rows) in [
        (
            format!(
                "DELETE FROM issuing.document WHERE format = 'ofd' AND document_set = {}",
                set_of(&second)
            ),
            1,
        ),
        (
            format!(
                "DELETE FROM issuing.intent WHERE document_set = {}",
                set_of(&third)
            ),
            1,
        ),
        (
            format!(
                "UPDATE log.leaf SET entry = entry || '\\x00' WHERE position(decode('{digest}', 'hex') in entry) > 0"
            ),
            1,
        ),
    ] {
        assert_eq!(
            world.count(&changed(statement.clone())).await,
            rows,
            "{statement}"
        );
    }
    let third_set: uuid::Uuid = {
        let mut owner = world.database.owner_connection().await;
        let id = sqlx::query_scalar("SELECT id FROM issuing.document_set WHERE version = $1");
        id.bind(third.version)
            .fetch_one(&mut owner)
            .await
            .expect("it is there")
    };
    let second_set: uuid::Uuid = {
        let mut owner = world.database.owner_connection().await;
        let id = sqlx::query_scalar("SELECT id FROM issuing.document_set WHERE version = $1");
        id.bind(second.version)
            .fetch_one(&mut owner)
            .await
            .expect("it is there")
    };
    let stranger = uuid::Uuid::from_u128(7);
    for statement in [
        format!("DELETE FROM seal.signature WHERE kind = 'pdf' AND intent_id = '{second_set}'"),
        format!(
            "INSERT INTO seal.act (intent_id, kind, digest, profile, seal, specimen, requested_by, requested_at)
             SELECT '{stranger}', kind, digest, profile, seal, specimen, requested_by, requested_at FROM seal.act LIMIT 1"
        ),
    ] {
        assert_eq!(world.seal_count(&changed(statement.clone())).await, 1, "{statement}");
    }

    let found = checked(&world).await;
    let mut named: Vec<(&str, String)> = found
        .named
        .iter()
        .map(|(what, subject)| (what.code(), subject.clone()))
        .collect();
    named.sort();
    let intent = |id: uuid::Uuid, format: &str| format!("intents/{id}/{format}");
    let mut expected = vec![
        (Difference::BytesMissing.code(), removed),
        (Difference::BytesDiffer.code(), altered),
        (Difference::DocumentRowMissing.code(), intent(second_set, "ofd")),
        (
            Difference::DocumentWithoutSignature.code(),
            intent(second_set, "pdf"),
        ),
        (Difference::DocumentWithoutIntent.code(), intent(third_set, "ofd")),
        (Difference::DocumentWithoutIntent.code(), intent(third_set, "pdf")),
        (
            Difference::JournalWithoutIntent.code(),
            format!("intents/{third_set}"),
        ),
        (
            Difference::JournalWithoutIntent.code(),
            format!("intents/{stranger}"),
        ),
        (Difference::DocumentLeafMissing.code(), logged),
    ];
    expected.sort();
    let leaves: Vec<String> = named
        .iter()
        .filter(|(what, _)| *what == Difference::LeafDiffers.code())
        .map(|(_, subject)| subject.clone())
        .collect();
    named.retain(|(what, _)| *what != Difference::LeafDiffers.code());
    assert_eq!(leaves.len(), 1, "{leaves:?}");
    assert_eq!(named, expected);
    assert_eq!(found.differences, 10);

    let officer = world.officer(None);
    let answer = officer
        .issuances()
        .get_store_check(officer.request(wire::GetStoreCheckRequest {}))
        .await;
    let shown = answer.expect("they may").into_inner().check.expect("it ran");
    assert_eq!((shown.differences, shown.first_differences.len()), (10, 10));
    assert_eq!(shown.started_by, "operators/test");
    assert!(
        shown
            .first_differences
            .iter()
            .all(|one| one.advice.as_ref().is_some_and(|advice| !advice.zh.is_empty()))
    );
    for (door, expected) in [
        (world.officer(Some("32")), "NOT_FOUND"),
        (world.holder(&first, Proof::SteppedUp), "CALLER_NOT_ALLOWED"),
        (world.backend(), "CALLER_NOT_ALLOWED"),
    ] {
        let refused = door
            .issuances()
            .get_store_check(door.request(wire::GetStoreCheckRequest {}))
            .await;
        assert_eq!(reason(&refused.expect_err("not theirs")), expected);
    }
}

#[tokio::test]
async fn facts_without_their_leaf_and_versions_without_their_job_are_found() {
    let world = World::new().await;
    // Step 1 is arranged as rows here, without the leaf that it writes: the log never got these facts.
    let unlogged = world
        .registered_with("张伟民", |facts| facts.salt = Some("5a".repeat(32)))
        .await;
    let orphan = world.registered("李秀英").await;
    let altered = world.registered("王建国").await;
    for holder in [&unlogged, &orphan, &altered] {
        world.issued(holder).await;
    }
    for statement in [
        format!("DELETE FROM issuing.job WHERE version = '{}'", orphan.version),
        format!(
            "UPDATE issuing.certificate_version SET facts_hash = sha256('other') WHERE id = '{}'",
            altered.version
        ),
    ] {
        let changed = format!("WITH changed AS ({statement} RETURNING 1) SELECT count(*) FROM changed");
        assert_eq!(world.count(&changed).await, 1);
    }
    let mut named = checked(&world).await.named;
    named.sort_by_key(|(what, _)| what.code());
    let version = |holder: &Holder| format!("versions/{}", holder.version);
    assert_eq!(
        named,
        [
            (Difference::FactsDiffer, version(&altered)),
            (Difference::FactsLeafMissing, version(&unlogged)),
            (Difference::VersionWithoutJob, version(&orphan)),
        ]
    );
    every_file_is_read_in_its_turn(&world, &orphan).await;
}

/// In the daily runs: what is new at once, everything else once in the two days of this world; and what is lost is missed by then.
async fn every_file_is_read_in_its_turn(world: &World, losing: &Holder) {
    world.life.drain(Duration::from_secs(5)).await;
    let app = world.app().await;
    let next_day = async || {
        world.advance(Duration::from_secs(86_400));
        app.check_stores("operators/test", true).await.expect("it ran")
    };
    let missing = |found: &StoresChecked| {
        let lost = found.named.iter();
        lost.filter(|(what, _)| *what == Difference::BytesMissing).count()
    };
    let fresh = next_day().await;
    assert_eq!(
        (fresh.files, fresh.documents),
        (6, 6),
        "issued since the run before"
    );
    let (one, other) = (next_day().await, next_day().await);
    assert_eq!((one.files, one.documents + other.documents), (6, 6), "each once");
    let lost = place(world, losing, "pdf").await;
    std::fs::remove_file(world.realm.folder().join("objects").join(lost)).expect("it is there");
    let (one, other) = (next_day().await, next_day().await);
    assert_eq!(
        missing(&one) + missing(&other),
        1,
        "missed on the day of its turn"
    );
}
