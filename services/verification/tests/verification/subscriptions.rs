//! What a backend is told that subscribes, and what it is not.

use api::issuance::v1::watch_changes_response::Change;
use api::types::v1::{Position, StatusCode};
use api::verification::v1 as wire;
use api::verification::v1::watch_registrations_response::Event;
use postgres::sqlx::{self, Row as _};
use tonic::{Code, Status, Streaming};

use crate::story::{self, NAME, NUMBER};
use crate::world::{World, refused};

type Stream = Streaming<wire::WatchRegistrationsResponse>;

const EVERYTHING_OF_JIANGSU: &[&str] = &["feed", "feed:province:32"];

fn asking() -> wire::WatchRegistrationsRequest {
    wire::WatchRegistrationsRequest {
        purpose: "本企业人员动态".to_owned(),
        ..Default::default()
    }
}

async fn next(stream: &mut Stream) -> wire::WatchRegistrationsResponse {
    stream
        .message()
        .await
        .expect("the stream goes on")
        .expect("it has no end")
}

/// The next message that is no heartbeat.
async fn news(stream: &mut Stream) -> (wire::WatchRegistrationsResponse, Event) {
    loop {
        let message = next(stream).await;
        match message.event.clone().expect("it says something") {
            Event::Heartbeat(_) => {}
            event => return (message, event),
        }
    }
}

async fn registration(stream: &mut Stream) -> (wire::WatchRegistrationsResponse, wire::WatchedRegistration) {
    match news(stream).await {
        (message, Event::Registration(registration)) => (message, registration),
        (_, other) => panic!("{other:?}"),
    }
}

/// Opens a subscription and takes in the whole picture; returns how many were in it and the position.
async fn subscribed(
    world: &World,
    scopes: &[&str],
) -> (Stream, Vec<wire::WatchedRegistration>, u64, bytes::Bytes) {
    let mut stream = world.subscribe(scopes, asking()).await.expect("it may");
    let mut picture = Vec::new();
    loop {
        let (message, event) = news(&mut stream).await;
        match event {
            Event::Registration(registration) => {
                assert_eq!(
                    message.position, 0,
                    "nothing to resume from before the picture is complete"
                );
                picture.push(registration);
            }
            Event::PictureComplete(_) => return (stream, picture, message.position, message.anchor),
            other => panic!("{other:?}"),
        }
    }
}

fn moved(province: &str) -> Change {
    let mut entry = story::entry();
    let inner = entry.entry.as_mut().expect("it has one");
    inner.province = province.to_owned();
    Change::EntryChanged(entry)
}

#[tokio::test]
async fn the_whole_picture_comes_first_and_then_what_changes() {
    let world = World::new(story::whole()).await;
    let (mut stream, picture, position, anchor) = subscribed(&world, EVERYTHING_OF_JIANGSU).await;
    assert_eq!((picture.len(), position, anchor.is_empty()), (1, 5, false));
    let told = &picture[0];
    assert_eq!(told.registration_number, NUMBER);
    assert_eq!(told.status_code(), StatusCode::Valid);
    assert_eq!((told.province.as_str(), told.family_name.as_str()), ("32", ""));
    assert_eq!(told.licence_identifier, story::licence());
    assert!(!told.employer_credit_code.is_empty() && told.specialties.iter().all(|one| one.living));
    // Neither the whole name nor the family name, nor the document number.
    assert!(!format!("{told:?}").contains(NAME) && !format!("{told:?}").contains(story::DOCUMENT));

    world.tell(story::entry_with(StatusCode::Suspended)).await;
    let (message, told) = registration(&mut stream).await;
    assert_eq!(message.position, 6);
    assert_eq!(told.status_code(), StatusCode::Suspended);
    assert_eq!(told.change(), wire::RegistrationChange::Entry);
    // Nothing happens: the heart beats at the last position.
    let beat = next(&mut stream).await;
    assert!(matches!(beat.event, Some(Event::Heartbeat(_))) && beat.position == 6);
}

#[tokio::test]
async fn a_subscriber_resumes_after_its_position_and_is_told_once_of_several_changes() {
    let world = World::new(story::whole()).await;
    let (stream, _, position, anchor) = subscribed(&world, EVERYTHING_OF_JIANGSU).await;
    drop(stream);
    world.tell(story::entry_with(StatusCode::Suspended)).await;
    world.tell(story::entry_with(StatusCode::Valid)).await;
    let resume = |after, anchor: &bytes::Bytes| wire::WatchRegistrationsRequest {
        after,
        anchor: anchor.clone(),
        min_position: Some(Position {
            stream: "register".to_owned(),
            value: 7,
        }),
        ..asking()
    };
    let mut stream = world
        .subscribe(EVERYTHING_OF_JIANGSU, resume(position, &anchor))
        .await
        .expect("the position is kept");
    let (message, told) = registration(&mut stream).await;
    assert_eq!((message.position, told.status_code()), (7, StatusCode::Valid));
    // Another history, and a future that is not.
    for (after, anchor) in [
        (position, bytes::Bytes::from_static(&[9; 8])),
        (99, message.anchor),
    ] {
        let outcome = world
            .subscribe(EVERYTHING_OF_JIANGSU, resume(after, &anchor))
            .await;
        refused(outcome.map(|_| ()), Code::FailedPrecondition, "FEED_DIVERGED");
    }
}

#[tokio::test]
async fn who_departs_is_told_of_without_saying_where_to_and_who_arrives_is_told() {
    let world = World::new(story::whole()).await;
    let (mut jiangsu, ..) = subscribed(&world, EVERYTHING_OF_JIANGSU).await;
    let (mut shanghai, picture, ..) = subscribed(&world, &["feed", "feed:province:31", "feed:names"]).await;
    assert!(picture.is_empty());
    world.tell(moved("31")).await;
    let (_, event) = news(&mut jiangsu).await;
    let departed = wire::DepartedRegistration {
        registration_number: NUMBER.to_owned(),
    };
    assert_eq!(event, Event::Departed(departed));
    let (_, arrived) = registration(&mut shanghai).await;
    assert_eq!(
        (arrived.province.as_str(), arrived.family_name.as_str()),
        ("31", "张")
    );
    // What happens there is no concern of the former province.
    world.tell(moved("31")).await;
    registration(&mut shanghai).await;
    let beat = next(&mut jiangsu).await;
    assert!(matches!(beat.event, Some(Event::Heartbeat(_))), "{beat:?}");
}

#[tokio::test]
async fn kinds_and_numbers_are_chosen() {
    let world = World::new(story::whole()).await;
    let only_certificates = wire::WatchRegistrationsRequest {
        registration_numbers: vec![NUMBER.to_owned()],
        changes: vec![wire::RegistrationChange::Certificate.into()],
        ..asking()
    };
    // Without any grant: what anybody may ask about a number.
    let mut stream = world
        .subscribe(&["feed"], only_certificates)
        .await
        .expect("it may");
    registration(&mut stream).await;
    assert!(matches!(news(&mut stream).await.1, Event::PictureComplete(_)));
    world.tell(story::entry_with(StatusCode::Suspended)).await;
    let version = story::whole()
        .into_iter()
        .find(|change| matches!(change, Change::VersionChanged(_)));
    world.tell(version.expect("the story has one")).await;
    let (message, told) = registration(&mut stream).await;
    assert_eq!(
        (message.position, told.change()),
        (7, wire::RegistrationChange::Certificate)
    );
    assert_eq!(told.status_code(), StatusCode::Suspended, "as it stands now");
}

#[tokio::test]
async fn who_was_not_granted_it_is_refused_and_who_subscribes_is_on_record() {
    let world = World::new(story::whole()).await;
    let of = |provinces: &[&str]| wire::WatchRegistrationsRequest {
        provinces: provinces.iter().map(|code| (*code).to_owned()).collect(),
        ..asking()
    };
    let refuse = async |scopes: &[&str], request, code, reason| {
        let outcome: Result<Stream, Status> = world.subscribe(scopes, request).await;
        refused(outcome.map(|_| ()), code, reason);
    };
    refuse(
        &["verify"],
        of(&["32"]),
        Code::PermissionDenied,
        "CALLER_NOT_ALLOWED",
    )
    .await;
    refuse(&["feed"], of(&["32"]), Code::PermissionDenied, "NOT_GRANTED").await;
    refuse(
        &["feed", "feed:province:31"],
        of(&["32"]),
        Code::PermissionDenied,
        "NOT_GRANTED",
    )
    .await;
    refuse(&["feed"], of(&[]), Code::InvalidArgument, "INVALID_ARGUMENT").await;
    let silent = wire::WatchRegistrationsRequest {
        purpose: String::new(),
        ..of(&["32"])
    };
    refuse(
        EVERYTHING_OF_JIANGSU,
        silent,
        Code::InvalidArgument,
        "INVALID_ARGUMENT",
    )
    .await;
    // The public has no token, whatever certificate it calls with.
    let mut public = world.subscriptions("client/portal");
    let outcome = public.watch_registrations(of(&["32"])).await;
    refused(outcome.map(|_| ()), Code::PermissionDenied, "CALLER_NOT_ALLOWED");

    let mut held = Vec::new();
    for _ in 0..4 {
        held.push(
            world
                .subscribe(EVERYTHING_OF_JIANGSU, of(&["32"]))
                .await
                .expect("it may"),
        );
    }
    refuse(
        EVERYTHING_OF_JIANGSU,
        of(&["32"]),
        Code::ResourceExhausted,
        "RATE_LIMITED",
    )
    .await;
    drop(held);
    world.stop().await;
    let mut owner = world.database.owner_connection().await;
    let rows = sqlx::query(
        "SELECT caller, purpose, verdict FROM verification.access_record WHERE subject_kind = 'subscription'",
    )
    .fetch_all(&mut owner)
    .await
    .expect("it is there");
    assert_eq!(rows.len(), 4, "those that were begun");
    let row = &rows[0];
    let texts: [String; 3] = [row.get(0), row.get(1), row.get(2)];
    assert_eq!(texts, ["client/bidding-platform", "本企业人员动态", "SUBSCRIBED"]);
}

#[tokio::test]
async fn a_stream_ends_with_its_token_and_with_the_process() {
    let world = World::new(story::whole()).await;
    let (mut stream, ..) = subscribed(&world, EVERYTHING_OF_JIANGSU).await;
    world.advance(std::time::Duration::from_secs(301));
    let ended = loop {
        match stream.message().await {
            Ok(message) => assert!(message.is_some(), "it ends with a reason"),
            Err(status) => break status,
        }
    };
    refused::<()>(Err(ended), Code::Unauthenticated, "TOKEN_EXPIRED");
    let (mut stream, ..) = subscribed(&world, EVERYTHING_OF_JIANGSU).await;
    world.life.soft().cancel();
    let ended = loop {
        match stream.message().await {
            Ok(message) => assert!(message.is_some(), "it ends with a reason"),
            Err(status) => break status,
        }
    };
    refused::<()>(Err(ended), Code::Unavailable, "DRAINING");
}
