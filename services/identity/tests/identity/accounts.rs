//! Enrolment: who is confirmed by the record, how they may type, and what nobody can learn.

use std::time::Duration;

use api::identity::v1 as wire;
use api::types::v1::DocumentKind;
use testkit::people::Person;
use tonic::Code;

use crate::world::{
    Citizen, PLATFORM, PORTAL, REAL_NAMES, World, enrolment, id, reason, sign_in_request, violations,
};

#[tokio::test]
async fn a_confirmed_person_enrols_confirms_and_signs_in() {
    let world = World::start().await;
    let person = Person::synthetic(1);
    world.record(&person).await;
    let mut citizen = Citizen::unconfirmed(&world, person.clone()).await;
    assert_eq!(citizen.account.state(), wire::account::State::Enrolled);
    assert!(citizen.account.masked_document_number.starts_with("3****"));
    let early = citizen.password(&world, &person.password).await;
    assert_eq!(reason(early), "ACCOUNT_NOT_ACTIVE");
    let confirmed = citizen.confirm(&world).await.expect("confirmed");
    assert_eq!(confirmed.state(), wire::account::State::Active);
    assert_eq!(reason(citizen.confirm(&world).await), "ILLEGAL_STATE");
    citizen.sign_in(&world, &["nation", "provinces/32"]).await;
    let claims = citizen.claims();
    assert_eq!(claims["aud"], serde_json::json!(["nation", "provinces/32"]));
    assert_eq!(
        format!("persons/{}", claims["person"].as_str().expect("a person")),
        citizen.account.person
    );
    let own = wire::GetAccountRequest {
        name: "accounts/me".to_owned(),
    };
    let own = world
        .door(PORTAL)
        .accounts()
        .get_account(citizen.says(own))
        .await
        .expect("one's own");
    assert_eq!(
        own.into_inner().account.expect("an account").name,
        citizen.account.name
    );
}

#[tokio::test]
async fn people_may_type_lower_case_full_width_spaces_and_any_middle_dot() {
    let world = World::start().await;
    let mut portal = world.door(PORTAL).accounts();
    let cases = [
        (
            "阿不都·热合曼",
            "11010519491231002X",
            "  阿不都 • 热合曼 ",
            "11010519491231002x",
        ),
        (
            "王伟民",
            "440524188001010014",
            "王 伟民\u{200B}",
            "４４０５２４１８８００１０１００１４",
        ),
        ("李秀英", "320205199003070011", "李秀英", " 320205 19900307 0011 "),
    ];
    for (name, number, typed_name, typed_number) in cases {
        let person = Person {
            full_name: name.to_owned(),
            document_number: number.to_owned(),
            password: "correct-horse-battery".to_owned(),
        };
        world.record(&person).await;
        let request = wire::EnrollAccountRequest {
            full_name: typed_name.to_owned(),
            document_number: typed_number.to_owned(),
            ..enrolment(&person)
        };
        portal.enroll_account(request).await.expect(name);
        let signing_in = portal_session(&world, typed_number).await;
        assert_eq!(
            reason(signing_in),
            "ACCOUNT_NOT_ACTIVE",
            "found by {typed_number}"
        );
    }
}

async fn portal_session(world: &World, number: &str) -> Result<wire::Session, tonic::Status> {
    let request = sign_in_request(number, "correct-horse-battery");
    let answer = world.door(PORTAL).sessions().create_session(request).await?;
    Ok(answer.into_inner().session.unwrap_or_default())
}

#[tokio::test]
async fn what_is_typed_wrongly_is_named_by_field_and_rule() {
    let world = World::start().await;
    let mut portal = world.door(PORTAL).accounts();
    let right = Person::synthetic(1);
    let refused = async |portal: &mut api::identity::v1::account_service_client::AccountServiceClient<_>,
                         request| {
        portal
            .enroll_account(request)
            .await
            .map(|_| ())
            .expect_err("a fault")
    };
    let request = wire::EnrollAccountRequest {
        document_number: "320205199003070012".to_owned(),
        ..enrolment(&right)
    };
    let status = refused(&mut portal, request).await;
    assert_eq!(status.code(), Code::InvalidArgument);
    assert!(
        violations(&status)[0].starts_with("document_number: DOCUMENT_NUMBER_CHECK_DIGIT: "),
        "{status:?}"
    );

    let request = wire::EnrollAccountRequest {
        document_number: "3202051990".to_owned(),
        full_name: "\u{7}".to_owned(),
        ..enrolment(&right)
    };
    let found = violations(&refused(&mut portal, request).await);
    assert!(
        found
            .iter()
            .any(|it| it.starts_with("document_number: DOCUMENT_NUMBER_LENGTH")),
        "{found:?}"
    );
    assert!(
        found.iter().any(|it| it.starts_with("full_name: NAME_CHARACTER")),
        "{found:?}"
    );

    let request = wire::EnrollAccountRequest {
        password: "elevenchars".to_owned(),
        ..enrolment(&right)
    };
    let found = violations(&refused(&mut portal, request).await);
    assert!(found[0].starts_with("password: PASSWORD_TOO_SHORT"), "{found:?}");

    let request = wire::EnrollAccountRequest {
        document_kind: 0,
        ..enrolment(&right)
    };
    assert!(violations(&refused(&mut portal, request).await)[0].starts_with("document_kind: "));
    let request = wire::EnrollAccountRequest {
        request_id: String::new(),
        ..enrolment(&right)
    };
    assert_eq!(reason(portal.enroll_account(request).await), "REQUEST_ID_MISSING");
}

#[tokio::test]
async fn absent_and_mismatched_records_get_one_answer_and_existing_accounts_are_told_to_their_owner_only() {
    let (world, [citizen]) = World::with([1]).await;
    let mut portal = world.door(PORTAL).accounts();
    let absent = portal
        .enroll_account(enrolment(&Person::synthetic(2)))
        .await
        .expect_err("absent");
    let mismatched = wire::EnrollAccountRequest {
        full_name: "张三".to_owned(),
        ..enrolment(&citizen.person)
    };
    let mismatched = portal.enroll_account(mismatched).await.expect_err("mismatched");
    assert_eq!(absent.details(), mismatched.details());
    assert_eq!(
        (absent.code(), absent.message()),
        (mismatched.code(), mismatched.message())
    );
    assert_eq!(reason::<()>(Err(mismatched)), "REAL_NAME_MISMATCH");
    let again = portal.enroll_account(enrolment(&citizen.person)).await;
    assert_eq!(reason(again), "ACCOUNT_EXISTS");
}

#[tokio::test]
async fn names_cannot_be_tried_out_against_a_number_known_or_unknown() {
    let world = World::start().await;
    let known = Person::synthetic(1);
    world.record(&known).await;
    let mut portal = world.door(PORTAL).accounts();
    for person in [known, Person::synthetic(2)] {
        let guess = || wire::EnrollAccountRequest {
            full_name: "张三".to_owned(),
            ..enrolment(&person)
        };
        for _ in 0..5 {
            assert_eq!(reason(portal.enroll_account(guess()).await), "REAL_NAME_MISMATCH");
        }
        assert_eq!(reason(portal.enroll_account(guess()).await), "ATTEMPTS_LOCKED");
        // Not even the right name helps before the delay is over.
        assert_eq!(
            reason(portal.enroll_account(enrolment(&person)).await),
            "ATTEMPTS_LOCKED"
        );
    }
    world.advance(Duration::from_secs(31));
    portal
        .enroll_account(enrolment(&Person::synthetic(1)))
        .await
        .expect("the delay is over");
}

#[tokio::test]
async fn a_repeated_enrolment_returns_the_account_without_the_secret_and_another_body_is_refused() {
    let world = World::start().await;
    let (person, other) = (Person::synthetic(1), Person::synthetic(2));
    world.record(&person).await;
    world.record(&other).await;
    let mut portal = world.door(PORTAL).accounts();
    let request = enrolment(&person);
    let first = portal
        .enroll_account(request.clone())
        .await
        .expect("enrolled")
        .into_inner();
    let again = portal
        .enroll_account(request.clone())
        .await
        .expect("repeated")
        .into_inner();
    assert_eq!(first.account, again.account);
    assert!(!first.second_factor_uri.is_empty() && again.second_factor_uri.is_empty());
    let changed = wire::EnrollAccountRequest {
        request_id: request.request_id.clone(),
        ..enrolment(&other)
    };
    assert_eq!(reason(portal.enroll_account(changed).await), "REQUEST_ID_REUSED");
    // The id belongs to its method, too.
    let elsewhere = wire::CreateSessionRequest {
        request_id: request.request_id,
        ..sign_in_request(&person.document_number, &person.password)
    };
    assert_eq!(
        reason(world.door(PORTAL).sessions().create_session(elsewhere).await),
        "ACCOUNT_NOT_ACTIVE"
    );
}

#[tokio::test]
async fn an_enrolment_never_confirmed_may_be_begun_anew_after_a_day() {
    let world = World::start().await;
    let person = Person::synthetic(1);
    world.record(&person).await;
    let lost = Citizen::unconfirmed(&world, person.clone()).await;
    let mut portal = world.door(PORTAL).accounts();
    assert_eq!(
        reason(portal.enroll_account(enrolment(&person)).await),
        "ACCOUNT_EXISTS"
    );
    world.advance(Duration::from_secs(24 * 3600));
    let anew = Citizen::enrolled(&world, person).await;
    assert_eq!(anew.account.name, lost.account.name);
    assert_eq!(anew.account.person, lost.account.person);
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_account_cannot_be_told_apart_when_confirming() {
    let world = World::start().await;
    let person = Person::synthetic(1);
    world.record(&person).await;
    let citizen = Citizen::unconfirmed(&world, person).await;
    let mut portal = world.door(PORTAL).accounts();
    for name in [citizen.account.name.clone(), format!("accounts/{}", id())] {
        let request = wire::ConfirmSecondFactorRequest {
            request_id: id(),
            name,
            password: "not the password".to_owned(),
            code: "000000".to_owned(),
        };
        assert_eq!(
            reason(portal.confirm_second_factor(request).await),
            "SIGN_IN_FAILED"
        );
    }
}

#[tokio::test]
async fn only_its_own_certificate_lets_the_authority_tell_real_names() {
    let world = World::start().await;
    let request = || wire::ImportRealNamesRequest {
        request_id: id(),
        real_names: Vec::new(),
    };
    for stranger in [PORTAL, PLATFORM] {
        let refused = world.door(stranger).accounts().import_real_names(request()).await;
        assert_eq!(reason(refused), "CALLER_NOT_ALLOWED", "{stranger}");
    }
    // And only those whom the configuration names may sign people in.
    let refused = world
        .door(PLATFORM)
        .accounts()
        .enroll_account(enrolment(&Person::synthetic(1)))
        .await;
    assert_eq!(reason(refused), "CALLER_NOT_ALLOWED");
}

#[tokio::test]
async fn a_broken_line_of_the_record_is_named_and_the_others_are_taken() {
    let world = World::start().await;
    let good = Person::synthetic(1);
    let line = |name: &str, kind: DocumentKind, number: &str| wire::RealName {
        full_name: name.to_owned(),
        document_kind: kind.into(),
        document_number: number.to_owned(),
        ..Default::default()
    };
    let request = wire::ImportRealNamesRequest {
        request_id: id(),
        real_names: vec![
            line("张三", DocumentKind::CitizenIdentityCard, "320205199003070012"),
            line(
                &good.full_name,
                DocumentKind::CitizenIdentityCard,
                &good.document_number,
            ),
            line("Ann Smith", DocumentKind::OrdinaryPassport, "E12345678"),
        ],
    };
    let mut authority = world.door(REAL_NAMES).accounts();
    let first = authority
        .import_real_names(request.clone())
        .await
        .expect("taken")
        .into_inner();
    assert_eq!(first.imported, 1);
    let told: Vec<_> = first
        .faults
        .iter()
        .map(|it| (it.row, it.field.as_str(), it.reason.as_str()))
        .collect();
    assert_eq!(
        told,
        [
            (0, "document_number", "DOCUMENT_NUMBER_CHECK_DIGIT"),
            (2, "sex", "SEX_MISSING")
        ]
    );
    let again = authority
        .import_real_names(request)
        .await
        .expect("repeated")
        .into_inner();
    assert_eq!(first, again);
    Citizen::enrolled(&world, good).await;
}

#[tokio::test]
async fn nobody_reads_another_persons_account() {
    let (world, [one, other]) = World::with([1, 2]).await;
    let request = wire::GetAccountRequest {
        name: other.account.name.clone(),
    };
    let mut portal = world.door(PORTAL).accounts();
    assert_eq!(
        reason(portal.get_account(one.says(request.clone())).await),
        "NOT_FOUND"
    );
    assert_eq!(reason(portal.get_account(request).await), "CALLER_NOT_ALLOWED");
}
