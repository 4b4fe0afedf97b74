//! Answers about the past: taken from the register's history, with what they rest on; and what cannot be asked.

use api::convert::instant;
use api::issuance::v1 as register;
use api::issuance::v1::watch_changes_response::Change;
use api::types::v1 as types;
use api::verification::v1 as wire;
use jiff::civil::date;
use jiff::{SignedDuration, Timestamp};
use tonic::Code;
use wire::Verdict;

use crate::story::{self, DOCUMENT, NAME, NUMBER, begun};
use crate::world::{World, by_document, by_number, reason, refused};

fn days(n: i64) -> SignedDuration {
    SignedDuration::from_hours(24 * n)
}

fn act(kind: &str, at: Timestamp, position: u64, leaf_index: Option<u64>) -> register::HistoricAct {
    register::HistoricAct {
        act: format!("registerActs/0197a000-0000-7000-8000-00000000000{position}"),
        kind: kind.to_owned(),
        at: Some(instant(at)),
        recorded_at: Some(instant(at)),
        position,
        leaf_index,
    }
}

/// A registration that had lapsed by an event of eleven days ago.
fn lapsed() -> register::ReadHistoryResponse {
    let entry = story::entry().entry.expect("it has one");
    let specialties = entry
        .specialties
        .into_iter()
        .map(|validity| register::HistoricSpecialty {
            effective_end: validity.valid_to,
            validity: Some(validity),
            living: false,
        });
    register::ReadHistoryResponse {
        entry: Some(register::HistoricEntry {
            registration_number: entry.registration_number,
            status_code: types::StatusCode::Lapsed.into(),
            employer_title: "江苏建证旧名建设有限公司".to_owned(),
            province: entry.province,
            specialties: specialties.collect(),
            renewal_pending: false,
            status_since: Some(date(2026, 5, 21).into()),
            end_cause: types::EndCause::EmployerBankrupt.into(),
            licence_identifier: String::new(),
            acts: vec![
                act("REGISTER", begun() - days(30), 2, Some(0)),
                act("LAPSE", begun() - days(2), 4, None),
            ],
        }),
        began_at: Some(instant(begun() - days(40))),
    }
}

fn at(days_ago: i64, question: wire::VerifyCertificateRequest) -> wire::VerifyCertificateRequest {
    wire::VerifyCertificateRequest {
        at: Some(instant(begun() - days(days_ago))),
        ..question
    }
}

#[tokio::test]
async fn the_past_is_answered_from_the_history_with_the_acts_it_rests_on() {
    let world = World::new(story::whole()).await;
    world.script.remember(lapsed());
    let answer = world.ask(at(5, by_number(NUMBER))).await.expect("answered");
    assert_eq!(
        (answer.verdict(), answer.status_code(), answer.end_cause()),
        (
            Verdict::RegistrationEnded,
            types::StatusCode::Lapsed,
            types::EndCause::EmployerBankrupt
        )
    );
    assert_eq!(answer.employer_title, "江苏建证旧名建设有限公司");
    let history = answer.history.expect("of another instant");
    assert_eq!(history.at, Some(instant(begun() - days(5))));
    let rests_on: Vec<_> = history
        .acts
        .iter()
        .map(|act| {
            let position = act.position.as_ref().map(|position| position.value);
            (act.kind.as_str(), position, act.leaf_index)
        })
        .collect();
    assert_eq!(
        rests_on,
        [("REGISTER", Some(2), Some(0)), ("LAPSE", Some(4), None)]
    );

    // One alone stands for the other: what was known then of then.
    let question = wire::VerifyCertificateRequest {
        known_at: Some(instant(begun() - days(3))),
        ..by_number(NUMBER)
    };
    let answer = world.ask(question).await.expect("answered");
    assert_eq!(answer.history.expect("of then").acts.len(), 1);
    let asked = world.script.asked();
    assert_eq!(asked[1].at, asked[1].known_at);
    assert_eq!(asked[0].person, story::PERSON);
    assert_ne!(asked[0].known_at, asked[0].at, "as known now");
    let now = world.ask(by_number(NUMBER)).await.expect("answered");
    assert_eq!((now.verdict(), now.history), (Verdict::Valid, None));
}

#[tokio::test]
async fn the_future_and_what_was_before_the_register_are_stated_reasons() {
    let world = World::new(story::whole()).await;
    world.script.remember(lapsed());
    let future = world.ask(at(-365, by_number(NUMBER))).await;
    refused(future, Code::InvalidArgument, "INSTANT_IN_FUTURE");
    let unknown = wire::VerifyCertificateRequest {
        known_at: Some(instant(begun() - days(41))),
        ..at(3, by_number(NUMBER))
    };
    refused(
        world.ask(unknown).await,
        Code::FailedPrecondition,
        "BEFORE_REGISTER",
    );
    world.script.remember(register::ReadHistoryResponse {
        entry: None,
        ..lapsed()
    });
    let early = world.ask(at(41, by_number(NUMBER))).await;
    refused(early, Code::FailedPrecondition, "BEFORE_REGISTER");
    let answer = world.ask(at(39, by_number(NUMBER))).await.expect("answered");
    assert_eq!(answer.verdict(), Verdict::NotFound);
    assert_eq!(answer.findings[0].reason, "NOT_REGISTERED_THEN");
}

#[tokio::test]
async fn absent_and_mismatched_get_one_answer_of_the_past_too() {
    let world = World::new(story::whole()).await;
    world.script.remember(lapsed());
    let mut answers = Vec::new();
    for question in [
        by_document(DOCUMENT, "李强"),
        by_document("320205199003070038", NAME),
        by_number("苏1322018201999999"),
    ] {
        let question = wire::VerifyCertificateRequest {
            known_at: Some(instant(begun() - days(1))),
            ..at(5, question)
        };
        answers.push(world.ask(question).await.expect("answered"));
    }
    for answer in &answers {
        let mut answer = answer.clone();
        answer.as_of = None;
        let mut first = answers[0].clone();
        first.as_of = None;
        assert_eq!(answer, first);
        assert_eq!(answer.verdict(), Verdict::NotFound);
    }
    assert_eq!(world.script.asked().len(), 3, "and cost the same");
    let found = world.ask(at(5, by_document(DOCUMENT, NAME))).await;
    assert_eq!(found.expect("answered").verdict(), Verdict::RegistrationEnded);
    let world = World::new(story::whole()).await;
    let away = world.ask(at(5, by_number(NUMBER))).await.expect_err("no history");
    assert_eq!(
        (away.code(), reason(&away).is_empty()),
        (Code::Unavailable, false)
    );
}

#[tokio::test]
async fn a_merged_person_is_answered_by_either_document_and_from_the_history_of_both_ids() {
    const OTHER: &str = "320205199003070038";
    const AWAY: &str = "persons/0197a000-0000-7000-8000-000000000008";
    let mut stays = story::entry();
    let mut away = story::entry();
    let of_away = away.entry.as_mut().expect("it has one");
    AWAY.clone_into(&mut of_away.person);
    of_away.status_code = types::StatusCode::Cancelled.into();
    of_away.current_certificate.clear();
    "苏1322018201901235".clone_into(&mut of_away.registration_number);
    away.aliases.clear();
    OTHER.clone_into(&mut away.document_number);
    stays.other_documents = vec![register::OtherDocument {
        kind: types::DocumentKind::CitizenIdentityCard.into(),
        number: OTHER.to_owned(),
    }];
    let mut changes = story::whole();
    changes.push(Change::EntryChanged(away));
    changes.push(Change::EntryChanged(stays));
    let world = World::new(changes).await;
    for document in [DOCUMENT, OTHER] {
        let answer = world.ask(by_document(document, NAME)).await.expect("answered");
        assert_eq!(
            (answer.verdict(), answer.registration_number.as_str()),
            (Verdict::Valid, NUMBER)
        );
    }
    // Under the surviving id nothing is known of then; under the other there may be.
    world.script.remember(register::ReadHistoryResponse {
        entry: None,
        ..lapsed()
    });
    let answer = world
        .ask(at(5, by_document(OTHER, NAME)))
        .await
        .expect("answered");
    assert_eq!(answer.verdict(), Verdict::NotFound);
    let asked: Vec<_> = world
        .script
        .asked()
        .into_iter()
        .map(|asked| asked.person)
        .collect();
    assert_eq!(asked, [story::PERSON, AWAY]);
}
