//! Two ids of one human being: merged and split by two officers each, never with two registrations in force.

use std::time::Duration;

use api::exchange::v1::pull_changes_response::Event as News;
use api::issuance::v1 as wire;
use api::issuance::v1::national_act_service_client::NationalActServiceClient;
use api::issuance::v1::watch_changes_response::Change as Told;
use api::types::v1::ApplicationType::{Change, Initial};
use api::types::v1::StatusCode;
use tonic::Status;
use uuid::Uuid;

use crate::lapses;
use crate::migrating::{clear, migrated, row};
use crate::moves::{acts, news};
use crate::national_acts::{Ministry, decision};
use crate::province::Province;
use crate::reinstating::{cancelled, restore, taken};
use crate::world::{Person, World, reason, told};

async fn merging(
    ministry: &Ministry<'_>,
    world: &World,
    person: &Person,
    into: &Person,
) -> Result<wire::NationalAct, Status> {
    let message = wire::MergePersonsRequest {
        request_id: Uuid::new_v4().to_string(),
        person: person.name(),
        into: into.name(),
        reference: "建市人〔2026〕6号".to_owned(),
        statement: "经核查为同一人".to_owned(),
        evidence: decision(b"%PDF-1.7 one person"),
    };
    let request = world.signed(&ministry.one, message);
    let answer = ministry.client.clone().merge_persons(request).await?;
    Ok(answer.into_inner().act.expect("the act comes back"))
}

async fn splitting(
    ministry: &Ministry<'_>,
    world: &World,
    person: &Person,
) -> Result<wire::NationalAct, Status> {
    let message = wire::SplitPersonRequest {
        request_id: Uuid::new_v4().to_string(),
        person: person.name(),
        reference: "建市人〔2026〕7号".to_owned(),
        statement: "经复核不是同一人".to_owned(),
        evidence: decision(b"%PDF-1.7 two persons"),
    };
    let request = world.signed(&ministry.one, message);
    let answer = ministry.client.clone().split_person(request).await?;
    Ok(answer.into_inner().act.expect("the act comes back"))
}

/// The documents that lead to a person besides their own, as the feed last told.
async fn documents(world: &World, person: &Person) -> Vec<String> {
    let through = world.count("SELECT count(*) FROM log.change").await;
    let (changes, _) = world.changes(0, through.cast_unsigned()).await;
    let entries = changes.into_iter().filter_map(|message| match message.change {
        Some(Told::EntryChanged(changed)) => Some(changed),
        _ => None,
    });
    let of = |changed: &wire::EntryChanged| {
        changed
            .entry
            .as_ref()
            .is_some_and(|entry| entry.person == person.name())
    };
    let last = entries.filter(of).last().expect("told of them");
    last.other_documents.into_iter().map(|one| one.number).collect()
}

async fn links_told(world: &World, count: usize) -> Vec<(String, String)> {
    let ends = tokio::time::Instant::now() + Duration::from_secs(60);
    while world.links().len() < count {
        assert!(tokio::time::Instant::now() < ends, "identity hears nothing");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    world.links()
}

/// What a province has heard of merges and splits.
async fn heard(province: &Province, count: usize) -> Vec<(String, String)> {
    let links = news(province, count)
        .await
        .into_iter()
        .filter_map(|one| match one {
            News::PersonsLinked(linked) => Some((linked.person, linked.survivor)),
            _ => None,
        });
    links.collect()
}

#[tokio::test]
async fn a_merged_person_is_found_by_both_documents_until_they_are_split() {
    let (world, mut jiangsu, shanghai) = World::new().await;
    let (kept, away) = (world.person(), world.person());
    let initial = jiangsu.application(&kept, &world.employer("32"), Initial);
    jiangsu.announce(&world, &initial).await;
    // The other id has a file open with another province.
    let open = shanghai.application(&away, &world.employer("31"), Initial);
    assert!(shanghai.claim(&open).await.expect("answered").held);
    let ministry = Ministry::new(&world).await;
    let itself = merging(&ministry, &world, &kept, &kept).await;
    assert_eq!(reason(&itself.expect_err("one")), "NATIONAL_ACT_SAME_PERSON");
    let alone = splitting(&ministry, &world, &away).await.expect_err("not merged");
    assert_eq!(reason(&alone), "PERSON_NOT_MERGED");
    let other_way = merging(&ministry, &world, &kept, &away).await;
    assert_eq!(
        reason(&other_way.expect_err("registered")),
        "PERSON_MERGE_OTHER_WAY"
    );

    let proposed = merging(&ministry, &world, &away, &kept).await.expect("proposed");
    assert_eq!(
        (proposed.measure, &proposed.into),
        (i32::from(wire::national_act::Measure::Merge), &kept.name())
    );
    assert!(documents(&world, &kept).await.is_empty(), "no effect yet");
    let id = Uuid::new_v4().to_string();
    let same = ministry.confirm(&ministry.one, &proposed.name, &id).await;
    assert_eq!(
        reason(&same.expect_err("the same officer")),
        "FOUR_EYES_SAME_OFFICER"
    );
    ministry.confirmed(&proposed.name).await;
    assert_eq!(
        documents(&world, &kept).await,
        std::slice::from_ref(&away.document_number)
    );
    assert_eq!(links_told(&world, 1).await, [(away.name(), kept.name())]);
    let chain = merging(&ministry, &world, &world.person(), &away).await;
    assert_eq!(reason(&chain.expect_err("a chain")), "PERSON_MERGED");

    // Whoever is merged away applies under the surviving id, and what is written later keeps both documents.
    let again = jiangsu.application(&away, &world.employer("32"), Initial);
    let claimed = jiangsu.claim(&again).await.expect("answered");
    assert_eq!(
        (claimed.held, claimed.reason.as_str()),
        (false, "PERSON_MERGED_AWAY")
    );
    assert_eq!(shanghai.clear(&open).await.reason, "PERSON_MERGED_AWAY");
    let linked = (away.name(), kept.name());
    assert_eq!(
        heard(&shanghai, 1).await,
        std::slice::from_ref(&linked),
        "a file is open there"
    );
    assert_eq!(heard(&jiangsu, 1).await, [linked], "the registration is there");
    ministry.suspended(&kept, None).await;
    assert_eq!(
        documents(&world, &kept).await,
        std::slice::from_ref(&away.document_number)
    );

    let split = splitting(&ministry, &world, &away).await.expect("proposed");
    ministry.confirmed(&split.name).await;
    assert!(documents(&world, &kept).await.is_empty());
    assert_eq!(links_told(&world, 2).await[1], (away.name(), String::new()));
    let rows = "SELECT count(*) FROM register.person_link WHERE split_at IS NOT NULL";
    assert_eq!(world.count(rows).await, 1, "history stays");
    assert_eq!(heard(&shanghai, 2).await[1], (away.name(), String::new()));
    assert!(shanghai.clear(&open).await.cleared, "a person of their own again");
    for (kind, told) in [("PERSONS_MERGED", 2), ("PERSON_SPLIT", 2)] {
        let notified = format!("SELECT count(*) FROM shared.notification WHERE kind = '{kind}'");
        assert_eq!(world.count(&notified).await, told, "{kind}: both ids");
    }
}

#[tokio::test]
async fn two_registrations_in_force_are_never_one_persons() {
    let (world, mut jiangsu, mut shanghai) = World::new().await;
    let (one, two) = (world.person(), world.person());
    let ministry = Ministry::new(&world).await;
    let early = merging(&ministry, &world, &two, &one)
        .await
        .expect("nobody is registered yet");
    let first = jiangsu.application(&one, &world.employer("32"), Initial);
    jiangsu.announce(&world, &first).await;
    let second = shanghai.application(&two, &world.employer("31"), Initial);
    shanghai.announce(&world, &second).await;
    for refused in [
        merging(&ministry, &world, &two, &one).await.expect_err("both"),
        ministry
            .confirm(&ministry.two, &early.name, &Uuid::new_v4().to_string())
            .await
            .map(|_| wire::NationalAct::default())
            .expect_err("both"),
    ] {
        assert_eq!(reason(&refused), "PERSONS_BOTH_REGISTERED");
        let cure = tonic_types::StatusExt::get_details_error_info(&refused);
        assert!(
            cure.is_some_and(|info| info.metadata["text_zh"].contains("注销")),
            "what cures it"
        );
    }
    let statement = format!(
        "UPDATE register.active_registration SET survivor = '{}' WHERE person = '{}'",
        one.id, two.id
    );
    let mut owner = world.database.owner_connection().await;
    let forced = sqlx::query(sqlx::AssertSqlSafe(statement))
        .execute(&mut owner)
        .await;
    assert!(
        forced.is_err_and(|error| error
            .to_string()
            .contains("active_registration_of_natural_person")),
        "the schema keeps it"
    );
    let entry = world.entry(None, &two, told("31", 1)).await.expect("registered");
    assert_eq!(entry.status_code(), StatusCode::Valid);
}

#[tokio::test]
async fn nothing_begins_under_an_id_that_is_merged_away_and_a_split_waits_for_what_is_cleared() {
    let (world, mut jiangsu, mut shanghai) = World::new().await;
    let (kept, away) = (world.person(), world.person());
    let ministry = Ministry::new(&world).await;
    let employer = world.employer("32");
    let former = jiangsu.application(&away, &employer, Initial);
    jiangsu.announce(&world, &former).await;
    let lapsed = Uuid::new_v4();
    let event = lapses::lapse(&world, lapsed, &away, &employer);
    lapses::push(&world, &mut jiangsu, vec![event]).await;
    let lost = merging(&ministry, &world, &away, &kept).await;
    assert_eq!(
        reason(&lost.expect_err("the number is theirs")),
        "PERSON_MERGE_OTHER_WAY"
    );
    let initial = shanghai.application(&kept, &world.employer("31"), Initial);
    shanghai.announce(&world, &initial).await;
    let merged = merging(&ministry, &world, &away, &kept).await.expect("proposed");
    ministry.confirmed(&merged.name).await;

    // Undoing the lapse would give the human being a second registration: the row is refused, the stream goes on.
    let event = lapses::undo(&world, lapsed, &away);
    lapses::push(&world, &mut jiangsu, vec![event]).await;
    assert_eq!(world.refusals("undo_lapse").await, ["PERSON_MERGED_AWAY"]);
    let in_force = "SELECT count(*) FROM register.active_registration";
    assert_eq!(world.count(in_force).await, 1);
    // What was ended stays in the register, with its acts.
    let ended = world
        .entry(None, &away, told("32", 3))
        .await
        .expect("still shown");
    assert_eq!(ended.status_code(), StatusCode::Lapsed);

    let renewal = shanghai.application(&kept, &world.employer("31"), Change);
    shanghai.cleared(&renewal).await;
    let split = splitting(&ministry, &world, &away).await.expect("proposed");
    let id = Uuid::new_v4().to_string();
    let early = ministry.confirm(&ministry.two, &split.name, &id).await;
    assert_eq!(reason(&early.expect_err("cleared")), "CLEARANCE_OPEN");
}

#[tokio::test]
async fn no_import_and_no_judgment_registers_whoever_is_merged_away() {
    let (world, mut jiangsu, _) = World::new().await;
    let ministry = Ministry::new(&world).await;
    let (kept, cleared, later) = (world.person(), world.person(), world.person());
    let (employer, import) = (world.employer("32"), Uuid::new_v4());
    let initial = jiangsu.application(&kept, &employer, Initial);
    jiangsu.announce(&world, &initial).await;
    let (ended, cancellation) = cancelled(&world, &mut jiangsu).await;
    let before = row(&world, &cleared, &employer, 21);
    assert_eq!(
        clear(&world, import, std::slice::from_ref(&before)).await,
        ["CLEARED"]
    );
    for away in [&cleared, &later, &ended] {
        let proposed = merging(&ministry, &world, away, &kept).await.expect("proposed");
        ministry.confirmed(&proposed.name).await;
    }

    let after = row(&world, &later, &employer, 22);
    assert_eq!(
        clear(&world, Uuid::new_v4(), &[after]).await,
        ["PERSON_MERGED_AWAY"]
    );
    // What was cleared before the merge is refused when it comes, and the stream goes on.
    let envelope = jiangsu.seal(&world, migrated(import, &before));
    taken(&jiangsu, envelope).await;
    let heard = news(&jiangsu, 4).await;
    assert!(
        matches!(&heard[3], News::MigrationRefused(refused)
            if refused.row == before.row && refused.reason == "PERSON_MERGED_AWAY"),
        "{heard:?}"
    );
    restore(&world, &mut jiangsu, &cancellation).await;
    assert_eq!(world.refusals("reinstate").await, ["PERSON_MERGED_AWAY"]);
    let in_force = "SELECT count(*) FROM register.active_registration";
    assert_eq!(world.count(in_force).await, 1, "the survivor's");

    let split = splitting(&ministry, &world, &ended).await.expect("proposed");
    ministry.confirmed(&split.name).await;
    restore(&world, &mut jiangsu, &cancellation).await;
    assert_eq!(
        acts(&world).await,
        ["REGISTER", "REGISTER", "CANCEL", "REINSTATE"],
        "a person of their own again"
    );
    assert_eq!(world.count(in_force).await, 2);
}

#[tokio::test]
async fn only_officers_of_the_nation_say_who_is_one_with_whom() {
    let (world, ..) = World::new().await;
    let (one, two) = (world.person(), world.person());
    let mut ministry = Ministry::new(&world).await;
    let unsigned = ministry
        .client
        .merge_persons(wire::MergePersonsRequest::default())
        .await;
    assert_eq!(reason(&unsigned.expect_err("nobody")), "CALLER_NOT_ALLOWED");
    ministry.one = world.officer(Some("32"));
    let refused = merging(&ministry, &world, &two, &one).await;
    assert_eq!(
        reason(&refused.expect_err("a province")),
        "NATIONAL_ACT_AUTHORITY"
    );
    let refused = splitting(&ministry, &world, &two).await;
    assert_eq!(
        reason(&refused.expect_err("a province")),
        "NATIONAL_ACT_AUTHORITY"
    );
    for caller in ["nation/verification", "nation/identity"] {
        let channel = world.realm.channel(caller, "nation/issuance", world.services);
        let mut neighbour = NationalActServiceClient::new(channel);
        let refused = neighbour.split_person(wire::SplitPersonRequest::default()).await;
        assert_eq!(reason(&refused.expect_err("a service")), "CALLER_NOT_ALLOWED");
    }
    let links = "SELECT count(*) FROM register.person_link";
    assert_eq!(world.count(links).await, 0);
}
