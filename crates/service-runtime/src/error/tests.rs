use std::{collections::HashSet, time::Duration};

use tonic::{Code, Status};
use tonic_types::StatusExt;

use super::*;

#[test]
fn the_shared_table_is_well_formed_and_without_duplicates() {
    let mut names = HashSet::new();
    for reason in REASONS {
        assert!(reason.is_well_formed(), "{}", reason.name);
        assert!(names.insert(reason.name), "{} stands twice", reason.name);
        assert_eq!(reason.domain, "jianzheng");
    }
    let table = markdown(REASONS);
    assert_eq!(table.lines().count(), REASONS.len() + 2);
}

#[test]
fn a_refusal_carries_reason_domain_chinese_text_fields_and_delay() {
    let status = Refusal::invalid("person.name", "must not be empty")
        .field("person.document", "check character")
        .metadata("state", "DRAFT")
        .retry_after(Duration::from_millis(200))
        .into_status();
    assert_eq!(status.code(), Code::InvalidArgument);
    let details = status.get_error_details();
    let info = details.error_info().expect("ErrorInfo");
    assert_eq!(
        (info.domain.as_str(), info.reason.as_str()),
        ("jianzheng", "INVALID_ARGUMENT")
    );
    assert_eq!(info.metadata["state"], "DRAFT");
    let text = details.localized_message().expect("LocalizedMessage");
    assert_eq!(
        (text.locale.as_str(), text.message.as_str()),
        ("zh-CN", INVALID_ARGUMENT.zh)
    );
    let fields: Vec<&str> = details
        .bad_request()
        .expect("BadRequest")
        .field_violations
        .iter()
        .map(|it| it.field.as_str())
        .collect();
    assert_eq!(fields, ["person.name", "person.document"]);
    let delay = details.retry_info().expect("RetryInfo").retry_delay;
    assert_eq!(delay, Some(Duration::from_millis(200)));
}

#[test]
fn what_was_sent_does_not_show_when_a_refusal_is_printed() {
    let refusal = Refusal::invalid("document", "110101199003070000 has a wrong check character");
    let printed = format!("{refusal} {refusal:?}");
    assert!(!printed.contains("110101"), "{printed}");
    assert!(printed.contains("document"));
}

#[test]
fn an_incident_leaves_only_its_id() {
    let status = Refusal::internal("connection to 10.0.0.7 lost").into_status();
    assert_eq!(status.code(), Code::Internal);
    assert!(!format!("{status:?}").contains("10.0.0.7"));
    let info = status.get_details_error_info().expect("ErrorInfo");
    assert!(uuid::Uuid::try_parse(&info.metadata["incident"]).is_ok());
}

#[test]
fn a_status_without_a_reason_of_ours_gets_one_and_loses_its_text() {
    for (status, reason) in [
        (Status::internal("secret"), INTERNAL),
        (Status::unknown("secret"), INTERNAL),
        (
            Status::internal("failed to decode Protobuf message: secret"),
            INVALID_ARGUMENT,
        ),
        (Status::out_of_range("secret"), PAYLOAD_TOO_LARGE),
        (Status::not_found("secret"), NOT_FOUND),
        (Status::unimplemented("secret"), METHOD_UNKNOWN),
    ] {
        let refusal = sanitize(&status).expect("it must not leave as it is");
        assert!(refusal.is(reason), "{status:?}");
        assert!(!format!("{:?}", refusal.into_status()).contains("secret"));
    }
    assert!(sanitize(&NOT_FOUND.refusal().into_status()).is_none());
    assert!(sanitize(&Status::ok("")).is_none());
}

#[test]
fn a_reason_in_a_domain_that_only_looks_like_ours_is_not_ours() {
    let mut details = tonic_types::ErrorDetails::new();
    details.set_error_info(
        "NOT_FOUND",
        "jianzheng-lookalike",
        std::collections::HashMap::new(),
    );
    let status = Status::with_error_details(Code::NotFound, "secret", details);
    assert!(sanitize(&status).is_some_and(|refusal| refusal.is(NOT_FOUND)));
}

#[test]
fn a_peer_s_refusal_is_passed_on_and_its_silence_is_named() {
    let relayed = Refusal::relay(
        "identity",
        NOT_FOUND.refusal().metadata("state", "DRAFT").into_status(),
    );
    assert!(relayed.is(NOT_FOUND));
    let info = relayed.into_status().get_details_error_info().expect("ErrorInfo");
    assert_eq!(info.metadata["state"], "DRAFT");
    assert!(Refusal::relay("identity", Status::unavailable("refused")).is(PEER_UNAVAILABLE));
    assert!(Refusal::relay("identity", Status::invalid_argument("odd")).is(INTERNAL));
}
