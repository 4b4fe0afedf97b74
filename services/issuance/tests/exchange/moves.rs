//! Moves between provinces, and successions of employers: what the nation writes, and what it tells whom.

use api::exchange::v1 as wire;
use api::exchange::v1::move_service_client::MoveServiceClient;
use api::issuance::v1::watch_changes_response::Change as Told;
use api::types::v1::ApplicationType::{Cancellation, Change, Initial, Reregistration};
use api::types::v1::StatusCode;
use domain::certificate::FactsRecord;
use service_runtime::tls::PeerChannel;
use uuid::Uuid;
use wire::provincial_event::Event;
use wire::pull_changes_response::Event as News;

use crate::province::{Application, Province};
use crate::world::{Person, World, reason, told};

pub(crate) fn moves(world: &World, province: &str) -> MoveServiceClient<PeerChannel> {
    let caller = format!("province/{province}/registration");
    MoveServiceClient::new(world.realm.channel(&caller, "nation/issuance", world.provinces))
}

/// The next `count` pieces of news of a province.
pub(crate) async fn news(province: &Province, count: usize) -> Vec<News> {
    let mut feed = province
        .client
        .clone()
        .pull_changes(wire::PullChangesRequest::default())
        .await
        .expect("a feed")
        .into_inner();
    let mut heard = Vec::new();
    while heard.len() < count {
        let message = feed
            .message()
            .await
            .expect("the feed goes on")
            .expect("it has no end");
        match message.event.expect("with its content") {
            News::Heartbeat(_) => {}
            event => heard.push(event),
        }
    }
    heard
}

pub(crate) async fn acts(world: &World) -> Vec<String> {
    let mut owner = world.database.owner_connection().await;
    sqlx::query_scalar("SELECT kind FROM register.act ORDER BY number")
        .fetch_all(&mut owner)
        .await
        .expect("the acts can be read")
}

fn reading(application: &Application, person: &Person) -> wire::ReadRegisterEntryRequest {
    wire::ReadRegisterEntryRequest {
        application: application.name.clone(),
        person: person.name(),
    }
}

/// The holder's own call and the retry of the province's job come together; found by seed 8003 of the simulation.
#[tokio::test]
async fn a_claim_that_is_asked_for_twice_at_once_begins_one_move() {
    let (world, mut jiangsu, shanghai) = World::new().await;
    for _ in 0..4 {
        let person = world.person();
        let initial = jiangsu.application(&person, &world.employer("32"), Initial);
        jiangsu.announce(&world, &initial).await;
        let change = shanghai.application(&person, &world.employer("31"), Change);
        let (one, other) = tokio::join!(shanghai.claim(&change), shanghai.claim(&change));
        assert!(one.expect("answered").held && other.expect("answered").held);
    }
    let begun = "SELECT count(*) FROM register.act WHERE kind = 'NOTE_MOVE_BEGUN'";
    assert_eq!(world.count(begun).await, 4);
}

#[tokio::test]
async fn a_move_is_written_as_transfer_out_and_in_at_one_instant_and_the_old_number_stays_an_alias() {
    let (world, mut jiangsu, mut shanghai) = World::new().await;
    let person = world.person();
    let initial = jiangsu.application(&person, &world.employer("32"), Initial);
    jiangsu.announce(&world, &initial).await;
    let change = shanghai.application(&person, &world.employer("31"), Change);

    assert!(shanghai.claim(&change).await.expect("answered").held);
    let begun = world
        .entry(None, &person, told("32", 1))
        .await
        .expect("national officers may");
    assert_eq!(
        (begun.status_code(), begun.province.as_str()),
        (StatusCode::Valid, "32"),
        "the announcement alone is the legal moment"
    );
    let clearance = shanghai.clear(&change).await;
    assert!(clearance.cleared, "{}", clearance.reason);
    let (old, new) = (&initial.proposed, &clearance.registration_number);
    assert!(
        new.starts_with('沪') && new.chars().skip(1).eq(old.chars().skip(1)),
        "{old} {new}"
    );
    let event = shanghai.announced(&world, &change, &clearance);
    let envelope = shanghai.seal(&world, event);
    let receipt = shanghai.push(vec![envelope]).await.expect("a receipt");
    assert_eq!(receipt.stopped_reason, "");

    assert_eq!(
        acts(&world).await,
        ["REGISTER", "NOTE_MOVE_BEGUN", "MOVE_OUT", "MOVE_IN"]
    );
    let instants =
        "SELECT count(DISTINCT recorded_at) FROM register.act WHERE kind IN ('MOVE_OUT', 'MOVE_IN')";
    assert_eq!(world.count(instants).await, 1);
    let entry = world
        .entry(None, &person, told("31", 1))
        .await
        .expect("national officers may");
    assert_eq!(
        (
            entry.status_code(),
            entry.province.as_str(),
            &entry.registration_number
        ),
        (StatusCode::Valid, "31", new)
    );
    let operations = "SELECT count(*) FROM issuing.certificate_version WHERE operation = '08' AND current";
    assert_eq!(world.count(operations).await, 1);
    // Version and entry of the registration, the note, version before, version and entry of the move.
    let (changes, _) = world.changes(0, 6).await;
    let last_facts = changes.iter().rev().find_map(|change| match &change.change {
        Some(Told::VersionChanged(version)) if version.superseded_at.is_none() => Some(version.facts.clone()),
        _ => None,
    });
    let facts = FactsRecord::parse(&last_facts.expect("a version")).expect("canonical facts");
    assert!(
        facts.supersedes.is_some(),
        "a move in names the certificate before"
    );
    let Some(Told::EntryChanged(told)) = &changes.last().expect("changes").change else {
        panic!("an entry comes last")
    };
    assert!(told.aliases.contains(old), "{:?}", told.aliases);
    assert!(
        !changes.iter().any(|change| matches!(
            &change.change,
            Some(Told::EntryChanged(told)) if told.entry.as_ref().is_some_and(|entry| entry.status_code() == StatusCode::MovingOut)
        )),
        "nobody sees the instant between"
    );
    let heard = news(&jiangsu, 2).await;
    assert!(
        matches!(&heard[..], [News::MoveBegun(begun), News::MovedAway(away)]
            if begun.to_province == "31" && away.to_province == "31" && away.person == person.name()),
        "{heard:?}"
    );
}

#[tokio::test]
async fn a_move_is_cancelled_by_its_withdrawal_or_by_giving_the_clearance_back() {
    let (world, mut jiangsu, mut shanghai) = World::new().await;
    let person = world.person();
    let initial = jiangsu.application(&person, &world.employer("32"), Initial);
    jiangsu.announce(&world, &initial).await;
    let withdrawn = shanghai.application(&person, &world.employer("31"), Change);
    assert!(shanghai.claim(&withdrawn).await.expect("answered").held);
    let release = wire::ReleaseClaimRequest {
        application: withdrawn.name.clone(),
        reason: "WITHDRAWN".to_owned(),
    };
    for _ in 0..2 {
        let client = shanghai.client.clone();
        client
            .clone()
            .release_claim(release.clone())
            .await
            .expect("released");
    }
    let returned = shanghai.application(&person, &world.employer("31"), Change);
    let clearance = shanghai.cleared(&returned).await;
    let released = Event::ClearanceReleased(wire::ClearanceReleased {
        application: returned.name.clone(),
        clearance_id: clearance.clearance_id,
        reason: "MOVE_CANCELLED".to_owned(),
    });
    let envelope = shanghai.seal(&world, released);
    let receipt = shanghai.push(vec![envelope]).await.expect("a receipt");
    assert_eq!(receipt.stopped_reason, "");

    let pair = ["NOTE_MOVE_BEGUN", "CANCEL_MOVE_OUT"];
    assert_eq!(acts(&world).await, [&["REGISTER"][..], &pair, &pair].concat());
    let heard = news(&jiangsu, 4).await;
    let cancelled = heard
        .iter()
        .filter(|one| matches!(one, News::MoveCancelled(_)))
        .count();
    assert_eq!(cancelled, 2, "{heard:?}");
    let entry = world
        .entry(None, &person, told("31", 1))
        .await
        .expect("national officers may");
    assert_eq!(
        (entry.status_code(), entry.province.as_str()),
        (StatusCode::Valid, "32")
    );
    assert_eq!(entry.registration_number, initial.proposed);
}

#[tokio::test]
async fn a_province_reads_an_entry_only_for_an_application_in_hand_and_of_one_person() {
    let (world, mut jiangsu, shanghai) = World::new().await;
    let (person, other) = (world.person(), world.person());
    let employer = world.employer("32");
    for of in [&person, &other] {
        let initial = jiangsu.application(of, &employer, Initial);
        jiangsu.announce(&world, &initial).await;
    }
    let change = shanghai.application(&person, &world.employer("31"), Change);
    let client = moves(&world, "31");
    let read = async |request| client.clone().read_register_entry(request).await;
    let answer = read(reading(&change, &person))
        .await
        .expect("its own application")
        .into_inner();
    let entry = answer.entry.expect("registered");
    assert_eq!((entry.province.as_str(), &entry.employer), ("32", &employer));
    assert_eq!(
        (entry.status_code(), entry.specialties.len()),
        (StatusCode::Valid, 1)
    );

    let status = read(reading(&change, &other))
        .await
        .expect_err("bound to somebody else");
    assert_eq!(reason(&status), "CLAIM_OF_ANOTHER");
    assert_eq!(world.refusals("read_register_entry").await, ["CLAIM_OF_ANOTHER"]);
    let foreign = jiangsu.application(&person, &employer, Change);
    let status = read(reading(&foreign, &person))
        .await
        .expect_err("another province's application");
    assert_eq!(reason(&status), "EXCHANGE_MALFORMED");
    let nobody = world.person();
    let fresh = shanghai.application(&nobody, &world.employer("31"), Change);
    let answer = read(reading(&fresh, &nobody))
        .await
        .expect("answered")
        .into_inner();
    assert_eq!(answer.entry, None);
    let readings =
        "SELECT count(*) FROM shared.audit WHERE verb = 'read_register_entry' AND outcome = 'done'";
    assert_eq!(world.count(readings).await, 2);
}

pub(crate) fn row(world: &World, succession: &str, person: &Person, successor: &str) -> Event {
    Event::SuccessionApplied(wire::SuccessionApplied {
        succession: succession.to_owned(),
        row: Uuid::new_v4().to_string(),
        person: person.name(),
        successor: successor.to_owned(),
        announcement_number: "苏建注公告〔2026〕2号".to_owned(),
        announced_at: Some(api::convert::instant(world.now())),
        announced_by: "provinces/32".to_owned(),
        decided_by: "provinces/32".to_owned(),
    })
}

#[tokio::test]
async fn a_renamed_employer_prints_anew_for_each_of_its_people_and_one_refused_row_holds_up_nobody() {
    let (world, mut jiangsu, _) = World::new().await;
    let (employer, elsewhere) = (world.employer("32"), world.employer("32"));
    let (first, second, gone) = (world.person(), world.person(), world.person());
    for (person, with) in [(&first, &employer), (&second, &employer), (&gone, &elsewhere)] {
        let application = jiangsu.application(person, with, Initial);
        jiangsu.announce(&world, &application).await;
    }
    let before = world
        .entry(None, &first, told("32", 3))
        .await
        .expect("registered");
    world.retitle(&employer, "样本建设集团股份有限公司");
    let still = world
        .entry(None, &first, told("32", 3))
        .await
        .expect("registered");
    assert_eq!(
        still.employer_title, before.employer_title,
        "a certificate keeps the name as announced"
    );

    let name = format!("provinces/32/successions/{}", Uuid::new_v4());
    let clear = wire::ClearSuccessionRequest {
        succession: name.clone(),
        employer: employer.clone(),
        successors: vec![employer.clone()],
    };
    let client = moves(&world, "32");
    for _ in 0..2 {
        let answer = client
            .clone()
            .clear_succession(clear.clone())
            .await
            .expect("answered")
            .into_inner();
        assert!(answer.cleared, "{}", answer.reason);
        assert_eq!(answer.successors[0].title, "样本建设集团股份有限公司");
    }
    let envelopes = [&first, &gone, &second].map(|person| {
        let event = row(&world, &name, person, &employer);
        jiangsu.seal(&world, event)
    });
    let receipt = jiangsu.push(envelopes.to_vec()).await.expect("a receipt");
    assert_eq!(
        (receipt.applied_through, receipt.stopped_reason.as_str()),
        (6, "")
    );
    for person in [&first, &second] {
        let entry = world
            .entry(None, person, told("32", 6))
            .await
            .expect("registered");
        assert_eq!(entry.employer_title, "样本建设集团股份有限公司");
        assert_eq!(entry.specialties, before.specialties, "terms stay");
    }
    let versions =
        "SELECT count(*) FROM issuing.certificate_version WHERE operation = '09' AND current AND version = 2";
    assert_eq!(world.count(versions).await, 2);
    let heard = news(&jiangsu, 1).await;
    assert!(
        matches!(&heard[..], [News::SuccessionRefused(refused)]
            if refused.person == gone.name() && refused.reason == "EMPLOYER_DIFFERS"),
        "{heard:?}"
    );

    let uncleared = format!("provinces/32/successions/{}", Uuid::new_v4());
    let event = row(&world, &uncleared, &first, &employer);
    let envelope = jiangsu.seal(&world, event);
    let receipt = jiangsu.push(vec![envelope]).await.expect("a receipt");
    assert_eq!(receipt.stopped_reason, "NO_CLEARANCE");
}

#[tokio::test]
async fn a_succession_is_cleared_for_known_employers_of_the_province_and_no_others() {
    let (world, _, _) = World::new().await;
    let (own, foreign) = (world.employer("32"), world.employer("31"));
    let id = Uuid::new_v4();
    let ask = |successor: &str| wire::ClearSuccessionRequest {
        succession: format!("provinces/32/successions/{id}"),
        employer: own.clone(),
        successors: vec![successor.to_owned()],
    };
    let client = moves(&world, "32");
    for (successor, expected) in [
        (foreign.clone(), "EMPLOYER_OUTSIDE_PROVINCE"),
        (format!("employers/{}", Uuid::new_v4()), "EMPLOYER_UNKNOWN"),
        (own.clone(), ""),
        (world.employer("32"), "CLEARED_DIFFERENTLY"),
    ] {
        let answer = client
            .clone()
            .clear_succession(ask(&successor))
            .await
            .expect("answered")
            .into_inner();
        assert_eq!(
            (answer.reason.as_str(), answer.cleared),
            (expected, expected.is_empty())
        );
    }
    let status = moves(&world, "31")
        .clear_succession(ask(&own))
        .await
        .expect_err("another province's");
    assert_eq!(reason(&status), "EXCHANGE_MALFORMED");
}

#[tokio::test]
async fn whoever_cancels_and_registers_again_elsewhere_keeps_the_digits() {
    let (world, mut jiangsu, mut shanghai) = World::new().await;
    let (person, employer) = (world.person(), world.employer("32"));
    let initial = jiangsu.application(&person, &employer, Initial);
    jiangsu.announce(&world, &initial).await;
    let cancellation = jiangsu.application(&person, &employer, Cancellation);
    jiangsu.announce(&world, &cancellation).await;
    let again = shanghai.application(&person, &world.employer("31"), Reregistration);
    shanghai.announce(&world, &again).await;
    let entry = world
        .entry(None, &person, told("31", 1))
        .await
        .expect("registered anew");
    let digits: String = initial.proposed.chars().skip(1).collect();
    assert_eq!(entry.registration_number, format!("沪{digits}"));
    assert_eq!(
        acts(&world).await,
        ["REGISTER", "CANCEL", "REGISTER"],
        "no move: the first registration had ended"
    );
}
