//! What every call gets: limits, deadlines, refusals, health, reflection.

use std::time::Duration;

use service_runtime::{server::StartError, tls::Gate};
use tokio_stream::StreamExt;
use tonic::{Code, Status};
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};
use tonic_reflection::pb::v1::{
    ServerReflectionRequest, server_reflection_client::ServerReflectionClient,
    server_reflection_request::MessageRequest, server_reflection_response::MessageResponse,
};
use tonic_types::StatusExt;

use crate::{
    echo::{ALLOW, Ask, FAIL, FEED, HOLD, OWN, WHO, reason},
    world::World,
};

const NO_METHOD: &str = "/jianzheng.echo.v1.EchoService/Nothing";

#[tokio::test]
async fn a_service_with_an_unlisted_method_does_not_start() {
    let world = World::new();
    let all_but_one: Vec<_> = ALLOW
        .iter()
        .filter(|entry| entry.method() != OWN)
        .copied()
        .collect();
    let refused = world
        .start_with("", &all_but_one)
        .await
        .err()
        .expect("it must not start");
    assert!(matches!(refused, StartError::AllowList(_)));
    assert!(
        refused
            .to_string()
            .contains("/jianzheng.echo.v1.EchoService/Own is not listed"),
        "{refused}"
    );
    assert!(!world.dir.path().join("addresses").exists(), "no port was opened");
}

#[tokio::test]
async fn what_a_method_does_not_allow_is_refused_and_what_is_not_there_is_unknown() {
    let world = World::new();
    let node = world.start().await;
    let verification = world.channel(&node, Gate::Services, &world.issue("nation/verification"));
    assert_eq!(
        reason(Ask::to(HOLD).of(&verification).await),
        "jianzheng/CALLER_NOT_ALLOWED"
    );
    assert_eq!(
        reason(Ask::to(NO_METHOD).of(&verification).await),
        "jianzheng/METHOD_UNKNOWN"
    );
}

#[tokio::test]
async fn internals_never_leave() {
    let world = World::new();
    let node = world.start().await;
    let portal = world.portal(&node);
    for text in ["database", "bare", "panic"] {
        let status = Ask::to(FAIL)
            .saying(text)
            .of(&portal)
            .await
            .expect_err("an incident");
        assert_eq!(status.code(), Code::Internal);
        assert!(
            !format!("{status:?}").contains("relation person"),
            "{text}: {status:?}"
        );
        let info = status.get_details_error_info().expect("ErrorInfo");
        assert_eq!(info.reason, "INTERNAL");
        assert!(info.metadata.contains_key("incident"), "{text}");
    }
    assert_eq!(
        reason(Ask::to(FAIL).saying("refusal").of(&portal).await),
        "jianzheng/NOT_FOUND"
    );
    assert_eq!(
        Ask::to(FAIL).saying("fine").of(&portal).await.expect("answered"),
        "fine",
        "still alive"
    );
}

#[tokio::test]
async fn internals_never_leave_by_a_stream_either() {
    let world = World::new();
    let node = world.start().await;
    let portal = world.portal(&node);
    for text in ["bare", "panic"] {
        let feed = Ask::to(FEED).saying(text).stream(&portal).await.expect("a feed");
        // Messages still held back when the panic comes may be lost.
        let all: Vec<_> = feed.collect().await;
        let last = all.into_iter().next_back().expect("an end").map(drop);
        let status = last.clone().expect_err("an incident");
        assert!(
            !format!("{status:?}").contains("relation person"),
            "{text}: {status:?}"
        );
        assert_eq!(reason(last), "jianzheng/INTERNAL");
    }
}

#[tokio::test]
async fn a_message_that_is_too_large_is_told_so() {
    let world = World::new();
    let node = world.start().await;
    let large = "x".repeat(100_000);
    let refused = Ask::to(FAIL).saying(&large).of(&world.portal(&node)).await;
    assert_eq!(reason(refused), "jianzheng/PAYLOAD_TOO_LARGE");
}

#[tokio::test]
async fn calls_beyond_the_limit_are_told_when_to_come_back() {
    let world = World::new();
    let node = world
        .start_with("[limits]\nin_flight = 1", ALLOW)
        .await
        .expect("started");
    let portal = world.portal(&node);
    let held = Ask::to(HOLD).of(&portal);
    let refused = async {
        node.echo.entered.notified().await;
        let refused: Result<String, Status> = Ask::to(WHO).of(&portal).await;
        node.echo.release.notify_one();
        refused
    };
    let (held, refused) = tokio::join!(held, refused);
    assert_eq!(held.expect("answered"), "held");
    let status = refused.expect_err("the place is taken");
    let delay = status.get_details_retry_info().expect("RetryInfo").retry_delay;
    assert!(delay.is_some_and(|delay| !delay.is_zero()));
    assert_eq!(reason(Err::<(), _>(status)), "jianzheng/OVERLOADED");
    assert!(Ask::to(WHO).of(&portal).await.is_ok(), "the place is free again");
}

#[tokio::test]
async fn a_call_ends_at_the_service_s_deadline_or_at_its_own() {
    let world = World::new();
    let node = world
        .start_with("[limits]\ndeadline = \"50ms\"", ALLOW)
        .await
        .expect("started");
    let portal = world.portal(&node);
    assert_eq!(
        reason(Ask::to(HOLD).of(&portal).await),
        "jianzheng/DEADLINE_EXCEEDED"
    );
    // The caller's own timer and the service's run out together; either way the call ends.
    let ended = Ask::to(HOLD)
        .within(Duration::from_millis(20))
        .of(&portal)
        .await
        .expect_err("given up");
    assert!(
        matches!(ended.code(), Code::DeadlineExceeded | Code::Cancelled),
        "{ended:?}"
    );
}

#[tokio::test]
async fn health_is_told_per_service() {
    let world = World::new();
    let node = world.start().await;
    let mut health = HealthClient::new(world.portal(&node));
    let mut check = async |service: &str| {
        let request = HealthCheckRequest {
            service: service.to_owned(),
        };
        health
            .check(request)
            .await
            .map(|answer| answer.into_inner().status)
    };
    assert_eq!(check("").await.expect("known"), 1);
    assert_eq!(check("jianzheng.echo.v1.EchoService").await.expect("known"), 1);
    node.running
        .set_serving("jianzheng.echo.v1.EchoService", false)
        .await;
    assert_eq!(check("jianzheng.echo.v1.EchoService").await.expect("known"), 2);
    assert_eq!(
        reason(check("jianzheng.none.v1.NoneService").await),
        "jianzheng/NOT_FOUND"
    );
}

#[tokio::test]
async fn reflection_names_the_services() {
    let world = World::new();
    let node = world.start().await;
    let mut client = ServerReflectionClient::new(world.portal(&node));
    let request = ServerReflectionRequest {
        host: String::new(),
        message_request: Some(MessageRequest::ListServices(String::new())),
    };
    let answers = client
        .server_reflection_info(tokio_stream::iter([request]))
        .await
        .expect("answered");
    let first = answers
        .into_inner()
        .next()
        .await
        .expect("one answer")
        .expect("no error");
    let Some(MessageResponse::ListServicesResponse(list)) = first.message_response else {
        panic!("a list was asked for");
    };
    let names: Vec<&str> = list.service.iter().map(|service| service.name.as_str()).collect();
    assert!(names.contains(&"jianzheng.echo.v1.EchoService"), "{names:?}");
    assert!(names.contains(&"grpc.health.v1.Health"), "{names:?}");
}
