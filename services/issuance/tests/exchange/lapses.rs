//! Lapses that provinces recorded: the register at once, the certificate with it, one row's refusal for that row alone;
//! undone, everything stands as before and both acts stay.

use api::exchange::v1 as wire;
use api::issuance::v1::watch_changes_response::Change as Told;
use api::types::v1::ApplicationType::{Change, Initial};
use api::types::v1::{Date, EndCause, StatusCode};
use uuid::Uuid;
use wire::provincial_event::Event;
use wire::pull_changes_response::Event as News;

use crate::moves::{acts, news};
use crate::province::{Province, item_with, pictures};
use crate::world::{Person, World, told};

const EVENT_DAY: Date = Date {
    year: 2026,
    month: 5,
    day: 4,
};

pub(crate) fn lapse(world: &World, row: Uuid, person: &Person, employer: &str) -> Event {
    lapse_on(world, (row, EVENT_DAY), person, employer)
}

/// A lapse by an event of another day.
pub(crate) fn lapse_on(
    world: &World,
    (row, day): (Uuid, impl Into<Date>),
    person: &Person,
    employer: &str,
) -> Event {
    Event::LapseApplied(wire::LapseApplied {
        lapse: format!("provinces/32/lapses/{}", Uuid::nil()),
        row: row.to_string(),
        person: person.name(),
        employer: employer.to_owned(),
        cause: EndCause::EmployerBankrupt.into(),
        effective_on: Some(day.into()),
        confirmed_at: Some(api::convert::instant(world.now())),
        decided_by: "provinces/32".to_owned(),
    })
}

pub(crate) fn undo(world: &World, row: Uuid, person: &Person) -> Event {
    Event::LapseUndone(wire::LapseUndone {
        lapse: format!("provinces/32/lapses/{}", Uuid::nil()),
        row: Uuid::new_v4().to_string(),
        person: person.name(),
        undone_row: row.to_string(),
        confirmed_at: Some(api::convert::instant(world.now())),
        decided_by: "provinces/32".to_owned(),
    })
}

pub(crate) async fn push(world: &World, province: &mut Province, events: Vec<Event>) {
    let envelopes: Vec<_> = events
        .into_iter()
        .map(|event| province.seal(world, event))
        .collect();
    let receipt = province.push(envelopes).await.expect("a receipt");
    assert_eq!(receipt.stopped_reason, "");
}

/// What verification was last told of a person.
async fn last_told(world: &World, person: &Person) -> api::issuance::v1::EntryChanged {
    let through = world.count("SELECT max(id) FROM log.change").await;
    let changes = world.count("SELECT count(*) FROM log.change").await;
    assert!(through >= changes);
    let (told, _) = world.changes(0, changes.cast_unsigned()).await;
    let entries = told.into_iter().filter_map(|message| match message.change {
        Some(Told::EntryChanged(entry)) => Some(entry),
        _ => None,
    });
    let of = |entry: &api::issuance::v1::EntryChanged| {
        entry
            .entry
            .as_ref()
            .is_some_and(|entry| entry.person == person.name())
    };
    entries.filter(of).last().expect("told of them")
}

#[tokio::test]
async fn a_lapse_reaches_everybody_still_with_the_employer_and_its_refusals_stop_nobody() {
    let (world, mut jiangsu, _) = World::new().await;
    let (employer, other) = (world.employer("32"), world.employer("32"));
    let (stays, moved, clearing) = (world.person(), world.person(), world.person());
    for person in [&stays, &moved, &clearing] {
        let initial = jiangsu.application(person, &employer, Initial);
        jiangsu.announce(&world, &initial).await;
    }
    let change = jiangsu.application(&moved, &other, Change);
    jiangsu.announce(&world, &change).await;
    let cleared = jiangsu.application(&clearing, &other, Change);
    jiangsu.cleared(&cleared).await;
    let rows = [Uuid::new_v4(), Uuid::new_v4(), Uuid::new_v4(), Uuid::new_v4()];
    let unknown = world.person();
    let events = [(&moved, 0), (&clearing, 1), (&unknown, 2), (&stays, 3)]
        .map(|(person, n)| lapse(&world, rows[n], person, &employer));
    push(&world, &mut jiangsu, events.into()).await;

    let entry = world
        .entry(None, &stays, told("32", 8))
        .await
        .expect("still shown");
    assert_eq!(entry.status_code(), StatusCode::Lapsed);
    assert_eq!(entry.current_certificate, "", "no copy is made of it any more");
    for person in [&moved, &clearing] {
        let entry = world
            .entry(None, person, told("32", 8))
            .await
            .expect("registered");
        assert_eq!(entry.status_code(), StatusCode::Valid);
    }
    let heard = news(&jiangsu, 3).await;
    let heard: Vec<_> = heard
        .iter()
        .map(|one| match one {
            News::LapseRefused(refused) => (refused.row.clone(), refused.reason.as_str()),
            other => panic!("{other:?}"),
        })
        .collect();
    let expected = ["EMPLOYER_DIFFERS", "CLEARANCE_OPEN", "NOT_REGISTERED_HERE"];
    let expected: Vec<_> = rows.iter().map(ToString::to_string).zip(expected).collect();
    assert_eq!(heard, expected);
    assert_eq!(
        world.refusals("apply_lapse").await,
        expected.iter().map(|(_, one)| *one).collect::<Vec<_>>()
    );
    let told = last_told(&world, &stays).await;
    assert_eq!(
        (told.status_since, told.end_cause()),
        (Some(EVENT_DAY), EndCause::EmployerBankrupt)
    );
    let in_force = "SELECT count(*) FROM register.active_registration";
    assert_eq!(world.count(in_force).await, 2);
    let notified = "SELECT count(*) FROM shared.notification WHERE kind = 'LAPSED'";
    assert_eq!(world.count(notified).await, 2, "the person and the employer");
}

#[tokio::test]
async fn undoing_a_lapse_gives_the_same_certificate_back_and_keeps_both_acts() {
    let (world, mut jiangsu, _) = World::new().await;
    let (person, employer) = (world.person(), world.employer("32"));
    let initial = jiangsu.application(&person, &employer, Initial);
    jiangsu.announce(&world, &initial).await;
    let before = world
        .entry(None, &person, told("32", 1))
        .await
        .expect("registered");
    let row = Uuid::new_v4();
    let event = lapse(&world, row, &person, &employer);
    push(&world, &mut jiangsu, vec![event]).await;
    let another = undo(&world, Uuid::new_v4(), &person);
    let event = undo(&world, row, &person);
    push(&world, &mut jiangsu, vec![another, event]).await;
    let after = world
        .entry(None, &person, told("32", 4))
        .await
        .expect("registered");
    assert_eq!(
        (
            after.status_code(),
            &after.current_certificate,
            &after.specialties
        ),
        (
            StatusCode::Valid,
            &before.current_certificate,
            &before.specialties
        )
    );
    assert_eq!(
        acts(&world).await,
        ["REGISTER", "LAPSE", "UNDO_LAPSE"],
        "both stay"
    );
    assert_eq!(world.refusals("undo_lapse").await, ["NOTHING_TO_UNDO"]);
    let told = last_told(&world, &person).await;
    assert_eq!((told.status_since, told.end_cause), (None, 0));
    let current = "SELECT count(*) FROM issuing.certificate_version WHERE current AND superseded_at IS NULL";
    assert_eq!(world.count(current).await, 1);
    let undone = "SELECT count(*) FROM shared.notification WHERE kind = 'LAPSE_UNDONE'";
    assert_eq!(world.count(undone).await, 2);
}

#[tokio::test]
async fn a_province_records_lapses_in_its_own_name_and_on_grounds_of_lapse_alone() {
    let (world, mut jiangsu, _) = World::new().await;
    let (person, employer) = (world.person(), world.employer("32"));
    let initial = jiangsu.application(&person, &employer, Initial);
    jiangsu.announce(&world, &initial).await;
    let Event::LapseApplied(good) = lapse(&world, Uuid::new_v4(), &person, &employer) else {
        panic!("a lapse")
    };
    let foreign = wire::LapseApplied {
        decided_by: "ministry".to_owned(),
        ..good.clone()
    };
    let (place, envelope) = (
        jiangsu.place(),
        jiangsu.seal(&world, Event::LapseApplied(foreign)),
    );
    let receipt = jiangsu.push(vec![envelope]).await.expect("a receipt");
    assert_eq!(receipt.stopped_reason, "MALFORMED_EVENT");
    assert_eq!(place.0, 1);
    let entry = world
        .entry(None, &person, told("32", 1))
        .await
        .expect("registered");
    assert_eq!(entry.status_code(), StatusCode::Valid);
}

/// An employer with 300 people, every one of them registered through clearance and announcement.
#[tokio::test]
async fn three_hundred_of_an_employer_lapse_nationally() {
    const PEOPLE: usize = 300;
    let (world, mut jiangsu, _) = World::new().await;
    let employer = world.employer("32");
    let people: Vec<_> = (0..PEOPLE).map(|_| world.person()).collect();
    let began = std::time::Instant::now();
    let pictures = pictures(1);
    let mut envelopes = Vec::new();
    for (serial, person) in people.iter().enumerate() {
        let mut initial = jiangsu.application(person, &employer, Initial);
        initial.proposed = format!("苏13220182026{:05}", serial + 1);
        assert!(jiangsu.claim(&initial).await.expect("answered").held);
        let item = item_with(&initial, &pictures);
        let cleared = jiangsu.clear_all(vec![item]).await.expect("answered");
        let clearance = cleared.first().expect("one for each");
        assert!(clearance.cleared, "{}", clearance.reason);
        let event = jiangsu.announced(&world, &initial, clearance);
        envelopes.push(jiangsu.seal(&world, event));
    }
    let receipt = jiangsu.push(envelopes).await.expect("a receipt");
    assert_eq!(receipt.stopped_reason, "");
    println!("registered {PEOPLE} in {:?}", began.elapsed());
    let events = people
        .iter()
        .map(|person| lapse(&world, Uuid::new_v4(), person, &employer));
    let events = events.collect();
    let began = std::time::Instant::now();
    push(&world, &mut jiangsu, events).await;
    println!("lapsed {PEOPLE} nationally in {:?}", began.elapsed());
    assert_eq!(
        world
            .count("SELECT count(*) FROM register.active_registration")
            .await,
        0
    );
    let last = people.last().expect("somebody");
    let entry = world.entry(None, last, told("32", 600)).await.expect("shown");
    assert_eq!(entry.status_code(), StatusCode::Lapsed);
}
