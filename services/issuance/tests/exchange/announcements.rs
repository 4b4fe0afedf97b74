//! From a province's chain into the register: once, in order, against a clearance, or not at all.

use api::exchange::v1 as wire;
use api::issuance::v1::stream_repair::Measure;
use api::issuance::v1::watch_changes_response::Change as Told;
use api::types::v1::ApplicationType::{Cancellation, Change, Initial};
use api::types::v1::StatusCode;
use domain::certificate::FactsRecord;
use futures_util::StreamExt as _;
use wire::provincial_event::Event;

use crate::streams::Officers;
use crate::world::{World, reason, told};

#[tokio::test]
async fn an_announced_person_is_registered_with_a_certificate_version_and_a_signed_receipt() {
    let (world, mut jiangsu, _) = World::new().await;
    let (person, employer) = (world.person(), world.employer("32"));
    let application = jiangsu.application(&person, &employer, Initial);
    let receipt = jiangsu.announce(&world, &application).await;
    assert_eq!(receipt.applied_through, 1);
    assert_eq!(receipt.applied_hash.as_ref(), jiangsu.place().1);
    assert!(world.holds("32", &receipt));
    assert!(!world.holds("31", &receipt), "a receipt names its province");

    let entry = world
        .entry(None, &person, told("32", 1))
        .await
        .expect("national officers may");
    assert_eq!(entry.registration_number, application.proposed);
    assert_eq!(
        (entry.status_code(), entry.province.as_str()),
        (StatusCode::Valid, "32")
    );
    let (changes, _) = world.changes(0, 2).await;
    let [version, registered] = changes.as_slice() else {
        panic!("two changes, not {}", changes.len())
    };
    let (Some(Told::VersionChanged(version)), Some(Told::EntryChanged(registered))) =
        (&version.change, &registered.change)
    else {
        panic!("a version and an entry")
    };
    let facts = FactsRecord::parse(&version.facts).expect("canonical facts");
    assert_eq!(facts.holder.name.expose(), person.full_name);
    assert!(facts.specimen && facts.licence_identifier.is_specimen());
    assert_eq!(facts.licence_identifier.to_string(), version.licence_identifier);
    assert_eq!(
        entry.current_certificate,
        format!("certificates/{}", version.licence_identifier)
    );
    assert_eq!(registered.document_number, person.document_number);
    assert!(
        registered.aliases.iter().any(|alias| alias.chars().count() == 13),
        "the old form is an alias"
    );
    assert_eq!(
        world
            .count("SELECT count(*) FROM issuing.job WHERE state = 'waiting'")
            .await,
        1
    );
}

#[tokio::test]
async fn a_replay_changes_nothing_even_after_a_restart() {
    let (mut world, mut jiangsu, _) = World::new().await;
    let application = jiangsu.application(&world.person(), &world.employer("32"), Initial);
    let clearance = jiangsu.cleared(&application).await;
    let event = jiangsu.announced(&world, &application, &clearance);
    let envelope = jiangsu.seal(&world, event);
    let first = jiangsu.push(vec![envelope.clone()]).await.expect("a receipt");
    let second = jiangsu.push(vec![envelope.clone()]).await.expect("a receipt");
    world.restart().await;
    let third = jiangsu.push(vec![envelope]).await.expect("a receipt");
    for receipt in [&first, &second, &third] {
        assert_eq!(
            (receipt.applied_through, receipt.stopped_reason.as_str()),
            (1, "")
        );
        assert!(world.holds("32", receipt));
    }
    assert_eq!(world.count("SELECT count(*) FROM register.act").await, 1);
    assert_eq!(
        world
            .count("SELECT count(*) FROM issuing.certificate_version")
            .await,
        1
    );
    assert_eq!(jiangsu.clear(&application).await.reason, "ANNOUNCED_ALREADY");
}

#[tokio::test]
async fn two_streams_of_a_province_at_once_apply_once() {
    let (world, mut jiangsu, _) = World::new().await;
    let application = jiangsu.application(&world.person(), &world.employer("32"), Initial);
    let clearance = jiangsu.cleared(&application).await;
    let event = jiangsu.announced(&world, &application, &clearance);
    let envelope = jiangsu.seal(&world, event);
    let (one, two) = tokio::join!(
        jiangsu.push(vec![envelope.clone()]),
        jiangsu.push(vec![envelope.clone()])
    );
    assert_eq!(one.expect("a receipt").applied_through, 1);
    assert_eq!(two.expect("a receipt").applied_through, 1);
    assert_eq!(world.count("SELECT count(*) FROM register.act").await, 1);
}

#[tokio::test]
async fn a_gap_is_told_and_cured_by_sending_from_where_it_is() {
    let (world, mut jiangsu, _) = World::new().await;
    let watermark = || {
        Event::Watermark(wire::Watermark {
            through: Some(api::convert::instant(world.now())),
        })
    };
    let first = jiangsu.seal(&world, watermark());
    let second = jiangsu.seal(&world, watermark());
    let receipt = jiangsu.push(vec![second.clone()]).await.expect("a receipt");
    assert_eq!(
        (receipt.applied_through, receipt.stopped_reason.as_str()),
        (0, "GAP")
    );
    let receipt = jiangsu.push(vec![first, second]).await.expect("a receipt");
    assert_eq!(
        (receipt.applied_through, receipt.stopped_reason.as_str()),
        (2, "")
    );
}

#[tokio::test]
async fn a_fork_stops_the_province_until_two_officers_let_it_go_on() {
    let (world, mut jiangsu, _) = World::new().await;
    let watermark = |second: i64| {
        let through = Some(pbjson_types::Timestamp {
            seconds: 1_700_000_000 + second,
            nanos: 0,
        });
        Event::Watermark(wire::Watermark { through })
    };
    let start = jiangsu.place();
    let first = jiangsu.seal(&world, watermark(1));
    let told = jiangsu.place();
    jiangsu.push(vec![first]).await.expect("a receipt");
    jiangsu.rewind(start.0, start.1);
    let other = jiangsu.seal(&world, watermark(2));
    let receipt = jiangsu.push(vec![other]).await.expect("a receipt");
    assert_eq!(
        (receipt.applied_through, receipt.stopped_reason.as_str()),
        (1, "FORK")
    );

    jiangsu.rewind(told.0, told.1);
    let next = jiangsu.seal(&world, watermark(3));
    let receipt = jiangsu.push(vec![next.clone()]).await.expect("a receipt");
    assert_eq!(
        receipt.stopped_reason, "FORK",
        "the right chain waits for the officers, too"
    );
    Officers::new(&world).await.settle("32", Measure::Retry).await;
    let receipt = jiangsu.push(vec![next]).await.expect("a receipt");
    assert_eq!(
        (receipt.applied_through, receipt.stopped_reason.as_str()),
        (2, "")
    );
}

#[tokio::test]
async fn an_altered_batch_or_another_key_changes_nothing() {
    let (world, mut jiangsu, shanghai) = World::new().await;
    let application = jiangsu.application(&world.person(), &world.employer("32"), Initial);
    let clearance = jiangsu.cleared(&application).await;
    let event = jiangsu.announced(&world, &application, &clearance);
    let envelope = jiangsu.seal(&world, event);
    let mut altered = jiangsu.batch(vec![envelope.clone()]);
    let mut payload = altered.envelopes[0].payload.to_vec();
    payload[5] ^= 1;
    altered.envelopes[0].payload = payload.into();
    let receipt = jiangsu.push_batch(altered).await.expect("a receipt");
    assert_eq!(
        (receipt.applied_through, receipt.stopped_reason.as_str()),
        (0, "BAD_HASH")
    );

    let mut signed = jiangsu.batch(vec![envelope.clone()]);
    let theirs = shanghai.batch(vec![envelope.clone()]);
    signed.head_signature = theirs.head_signature;
    let receipt = jiangsu.push_batch(signed).await.expect("a receipt");
    assert_eq!(
        (receipt.applied_through, receipt.stopped_reason.as_str()),
        (0, "BAD_SIGNATURE")
    );

    let mut foreign = envelope.clone();
    foreign.province = "31".to_owned();
    let status = jiangsu
        .push(vec![foreign])
        .await
        .expect_err("another province's envelope");
    assert_eq!(reason(&status), "PROVINCE_MISMATCH");
    assert_eq!(world.count("SELECT count(*) FROM register.act").await, 0);

    let receipt = jiangsu.push(vec![envelope]).await.expect("a receipt");
    assert_eq!(
        (receipt.applied_through, receipt.stopped_reason.as_str()),
        (1, ""),
        "the right one goes through"
    );
}

#[tokio::test]
async fn a_newer_schema_waits_for_a_newer_nation() {
    let (world, mut jiangsu, _) = World::new().await;
    let start = jiangsu.place();
    let watermark = Event::Watermark(wire::Watermark {
        through: Some(api::convert::instant(world.now())),
    });
    let newer = jiangsu.seal_schema(&world, watermark.clone(), 2);
    let receipt = jiangsu.push(vec![newer]).await.expect("a receipt");
    assert_eq!(
        (receipt.applied_through, receipt.stopped_reason.as_str()),
        (0, "UNKNOWN_SCHEMA")
    );
    jiangsu.rewind(start.0, start.1);
    let known = jiangsu.seal(&world, watermark);
    assert_eq!(
        jiangsu
            .push(vec![known])
            .await
            .expect("a receipt")
            .applied_through,
        1
    );
}

#[tokio::test]
async fn what_was_not_cleared_so_stops_that_province_alone_and_loses_nothing() {
    type Alter = fn(&mut wire::AnnouncedRegistration);
    let cases: [(Alter, &str); 4] = [
        (
            |row| row.application_hash = (0..32).collect::<Vec<u8>>().into(),
            "APPLICATION_HASH_DIFFERS",
        ),
        (
            |row| row.clearance_id = uuid::Uuid::new_v4().to_string(),
            "NO_CLEARANCE",
        ),
        (
            |row| row.employer = format!("employers/{}", uuid::Uuid::new_v4()),
            "CLEARANCE_DIFFERS",
        ),
        (
            |row| row.announced_at.as_mut().expect("an instant").seconds += 40 * 86_400,
            "ANNOUNCED_TOO_LATE",
        ),
    ];
    let (world, mut jiangsu, mut shanghai) = World::new().await;
    let application = jiangsu.application(&world.person(), &world.employer("32"), Initial);
    let clearance = jiangsu.cleared(&application).await;
    let officers = Officers::new(&world).await;
    for (alter, expected) in cases {
        let start = jiangsu.place();
        let mut event = jiangsu.announced(&world, &application, &clearance);
        if let Event::Announced(row) = &mut event {
            alter(row);
        }
        let envelope = jiangsu.seal(&world, event);
        let receipt = jiangsu.push(vec![envelope]).await.expect("a receipt");
        assert_eq!(
            (receipt.applied_through, receipt.stopped_reason.as_str()),
            (0, expected)
        );
        assert!(world.holds("32", &receipt), "even this is signed for");
        jiangsu.rewind(start.0, start.1);
        if expected != "ANNOUNCED_TOO_LATE" {
            officers.settle("32", Measure::Retry).await;
        }
    }
    assert_eq!(world.count("SELECT count(*) FROM register.act").await, 0);
    assert_eq!(world.count("SELECT count(*) FROM shared.inbox").await, 0);

    let theirs = shanghai.application(&world.person(), &world.employer("31"), Initial);
    assert_eq!(
        shanghai.announce(&world, &theirs).await.applied_through,
        1,
        "the other province goes on"
    );
    officers.settle("32", Measure::Retry).await;
    let event = jiangsu.announced(&world, &application, &clearance);
    let envelope = jiangsu.seal(&world, event);
    assert_eq!(
        jiangsu
            .push(vec![envelope])
            .await
            .expect("a receipt")
            .stopped_reason,
        "",
        "nothing was lost"
    );
    assert_eq!(world.count("SELECT count(*) FROM register.act").await, 2);
}

#[tokio::test]
async fn a_change_of_employer_moves_the_number_and_supersedes_the_version() {
    let (world, mut jiangsu, mut shanghai) = World::new().await;
    let person = world.person();
    let initial = jiangsu.application(&person, &world.employer("32"), Initial);
    jiangsu.announce(&world, &initial).await;
    let change = shanghai.application(&person, &world.employer("31"), Change);
    let receipt = shanghai.announce(&world, &change).await;

    let entry = world
        .entry(None, &person, told("31", receipt.applied_through))
        .await
        .expect("national officers may");
    assert_eq!(
        entry.registration_number,
        initial.proposed.replace('苏', "沪"),
        "the digits stay"
    );
    assert_eq!(entry.province, "31");
    // The first is the note that the move was under way.
    let (changes, _) = world.changes(3, 6).await;
    let [old, new, _] = changes.as_slice() else {
        panic!("three changes, not {}", changes.len())
    };
    let (Some(Told::VersionChanged(old)), Some(Told::VersionChanged(new))) = (&old.change, &new.change)
    else {
        panic!("two versions")
    };
    assert_eq!((old.version, new.version), (1, 2));
    assert_eq!(old.superseded_by, new.licence_identifier);
    assert!(old.superseded_at.is_some() && new.superseded_at.is_none());
    assert_eq!(old.changed_facts, ["number", "employer"]);
    let serial = |identifier: &str| identifier.split('.').nth(7).expect("a serial").to_owned();
    assert_eq!(serial(&old.licence_identifier), serial(&new.licence_identifier));
    assert_eq!(
        world
            .count("SELECT count(*) FROM issuing.certificate_version WHERE current")
            .await,
        1
    );

    let request = wire::PullChangesRequest { after: 1 };
    let news = jiangsu
        .client
        .clone()
        .pull_changes(request)
        .await
        .expect("it may")
        .into_inner();
    let first = news.take(1).collect::<Vec<_>>().await.remove(0).expect("news");
    let Some(wire::pull_changes_response::Event::MovedAway(moved)) = first.event else {
        panic!("it moved away")
    };
    assert_eq!(
        (moved.person, moved.to_province.as_str(), first.number),
        (person.name(), "31", 2)
    );
}

#[tokio::test]
async fn a_cancellation_ends_registration_and_version_and_the_digits_stay_the_persons() {
    let (world, mut jiangsu, _) = World::new().await;
    let (person, employer) = (world.person(), world.employer("32"));
    let initial = jiangsu.application(&person, &employer, Initial);
    jiangsu.announce(&world, &initial).await;
    let cancellation = jiangsu.application(&person, &employer, Cancellation);
    jiangsu.announce(&world, &cancellation).await;
    let entry = world
        .entry(None, &person, told("32", 2))
        .await
        .expect("it is remembered");
    assert_eq!(
        (entry.status_code(), entry.current_certificate.as_str()),
        (StatusCode::Cancelled, "")
    );
    assert_eq!(
        world
            .count("SELECT count(*) FROM register.active_registration")
            .await,
        0
    );
    assert_eq!(
        world
            .count("SELECT count(*) FROM issuing.certificate_version WHERE current")
            .await,
        0
    );

    let anew = jiangsu.application(
        &person,
        &employer,
        api::types::v1::ApplicationType::Reregistration,
    );
    let clearance = jiangsu.cleared(&anew).await;
    assert_eq!(
        clearance.registration_number, initial.proposed,
        "not the number proposed now"
    );
}

#[tokio::test]
async fn a_released_clearance_frees_claim_and_number_and_is_no_clearance_any_more() {
    let (world, mut jiangsu, _) = World::new().await;
    let (person, employer) = (world.person(), world.employer("32"));
    let application = jiangsu.application(&person, &employer, Initial);
    let clearance = jiangsu.cleared(&application).await;
    let released = Event::ClearanceReleased(wire::ClearanceReleased {
        application: application.name.clone(),
        clearance_id: clearance.clearance_id.clone(),
        reason: "WITHDRAWN".to_owned(),
    });
    let envelope = jiangsu.seal(&world, released);
    assert_eq!(
        jiangsu
            .push(vec![envelope])
            .await
            .expect("a receipt")
            .stopped_reason,
        ""
    );
    assert_eq!(
        world
            .count("SELECT count(*) FROM register.registration_number")
            .await,
        0
    );
    let event = jiangsu.announced(&world, &application, &clearance);
    let envelope = jiangsu.seal(&world, event);
    assert_eq!(
        jiangsu
            .push(vec![envelope])
            .await
            .expect("a receipt")
            .stopped_reason,
        "NO_CLEARANCE"
    );
    let next = jiangsu.application(&person, &employer, Initial);
    assert!(jiangsu.claim(&next).await.expect("answered").held);
}
