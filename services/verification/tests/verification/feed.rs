//! Positions, freshness, and what becomes of a replica that loses its feed.

use api::issuance::v1::watch_changes_response::Change;
use api::types::v1::{Position, StatusCode};
use api::verification::v1 as wire;
use tonic::{Code, Request};
use tonic_health::pb::health_check_response::ServingStatus;
use wire::Verdict;

use crate::story::{self, NUMBER};
use crate::world::{World, by_number, reason, refused, register};

fn awaiting(stream: &str, value: u64) -> wire::VerifyCertificateRequest {
    let position = Position {
        stream: stream.to_owned(),
        value,
    };
    wire::VerifyCertificateRequest {
        min_position: Some(position),
        ..by_number(NUMBER)
    }
}

#[tokio::test]
async fn a_replica_serves_only_once_it_has_caught_up() {
    let world = World::starting("", story::whole(), true).await;
    assert_eq!(world.health().await, ServingStatus::NotServing);
    let question = wire::VerifyCertificateRequest {
        allow_stale: true,
        ..by_number(NUMBER)
    };
    refused(world.ask(question).await, Code::Unavailable, "NOT_CAUGHT_UP");
    world.script.silence(false);
    world.serving().await;
    assert_eq!(
        world.ask(by_number(NUMBER)).await.expect("answered").verdict(),
        Verdict::Valid
    );
}

#[tokio::test]
async fn an_answer_waits_for_the_position_that_the_caller_has_seen() {
    let world = World::new(story::whole()).await;
    let (later, told) = tokio::join!(world.ask(awaiting("register", 6)), async {
        world
            .script
            .tell(&world.clock, story::entry_with(StatusCode::Suspended))
    });
    assert_eq!(told, 6);
    assert_eq!(
        later.expect("it waited").verdict(),
        Verdict::RegistrationSuspended
    );
    let (later, ()) = tokio::join!(world.ask(awaiting("provinces/32", 9)), async {
        world.script.reach(9);
    });
    let as_of = later.expect("it waited").as_of.expect("a position");
    assert_eq!(as_of.province_position.map(|at| at.value), Some(9));
    refused(
        world.ask(awaiting("provinces/00", 1)).await,
        Code::InvalidArgument,
        "INVALID_ARGUMENT",
    );
}

#[tokio::test]
async fn a_position_that_does_not_come_in_time_is_a_refusal_with_its_reason() {
    let world = World::new(story::whole()).await;
    for question in [awaiting("register", 99), awaiting("provinces/33", 1)] {
        let mut request = Request::new(question);
        request.set_timeout(std::time::Duration::from_millis(300));
        let outcome = world.client("client/portal").verify_certificate(request).await;
        refused(outcome, Code::Unavailable, "MIN_POSITION_TIMEOUT");
    }
}

#[tokio::test]
async fn past_its_freshness_nothing_is_said_unless_the_caller_takes_it() {
    let world = World::with("[freshness]\npatience = \"50ms\"\n", story::whole()).await;
    world.go_stale();
    refused(world.ask(by_number(NUMBER)).await, Code::Unavailable, "STALE");
    let question = wire::VerifyCertificateRequest {
        allow_stale: true,
        ..by_number(NUMBER)
    };
    let answer = world.ask(question).await.expect("answered all the same");
    assert_eq!(answer.verdict(), Verdict::Valid);
    let as_of = answer.as_of.expect("a position");
    assert!(as_of.stale);
    assert!(
        as_of
            .fresh_until
            .is_some_and(|until| until.seconds < world.now().as_second())
    );
    assert_eq!(
        world.health().await,
        ServingStatus::Serving,
        "old answers are better than none"
    );
    world.script.silence(false);
    // With the next heartbeat, for which a question waits a little.
    let fresh = loop {
        match world.ask(by_number(NUMBER)).await {
            Ok(answer) => break answer,
            Err(status) => assert_eq!(reason(&status), "STALE"),
        }
    };
    assert!(fresh.as_of.is_some_and(|as_of| !as_of.stale));
}

#[tokio::test]
async fn a_lost_feed_is_resumed_where_it_was_left() {
    let world = World::new(story::whole()).await;
    assert_eq!(world.script.resumed(), [0]);
    world.script.cut();
    world.tell(story::entry_with(StatusCode::Suspended)).await;
    assert_eq!(world.script.resumed(), [0, 5], "not from the start");
    let answer = world.ask(by_number(NUMBER)).await.expect("answered");
    assert_eq!(answer.verdict(), Verdict::RegistrationSuspended);
}

#[tokio::test]
async fn a_change_that_cannot_be_read_stops_the_feed_and_nothing_is_guessed() {
    let world = World::with("[freshness]\npatience = \"50ms\"\n", story::whole()).await;
    let mut broken = story::entry();
    broken.entry.as_mut().expect("it has one").status_code = 42;
    world.script.tell(&world.clock, Change::EntryChanged(broken));
    let mut request = Request::new(wire::VerifyCertificateRequest {
        min_position: Some(register(6)),
        ..by_number(NUMBER)
    });
    request.set_timeout(std::time::Duration::from_millis(300));
    let outcome = world.client("client/portal").verify_certificate(request).await;
    refused(outcome, Code::Unavailable, "MIN_POSITION_TIMEOUT");
    // It asks for the same change again and again, and what is here grows old.
    world
        .clock_file
        .advance(std::time::Duration::from_secs(60))
        .expect("still in the past");
    refused(world.ask(by_number(NUMBER)).await, Code::Unavailable, "STALE");
}
