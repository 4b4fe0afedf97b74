//! Every verdict, and who learns what.

use api::types::v1::{EndCause, StatusCode};
use api::verification::v1 as wire;
use api::verification::v1::verify_certificate_request::Subject;
use jiff::SignedDuration;
use jiff::civil::date;
use tonic::Code;
use tonic_types::StatusExt as _;
use wire::{NameMatch, Verdict};

use crate::story::{self, COPY, COPY_TOKEN, DOCUMENT, NAME, NUMBER, TOKEN};
use crate::world::{World, about, by_document, by_number, refused};

fn finding<'a>(answer: &'a wire::Verification, reason: &str) -> Option<&'a wire::Finding> {
    answer.findings.iter().find(|finding| finding.reason == reason)
}

#[tokio::test]
async fn a_number_alone_gives_status_specialties_employer_and_family_name() {
    let world = World::new(story::whole()).await;
    let answer = world.ask(by_number(NUMBER)).await.expect("answered");
    assert_eq!(answer.verdict(), Verdict::Valid);
    assert_eq!(answer.status_code(), StatusCode::Valid);
    assert_eq!(answer.family_name, "张");
    assert_eq!(answer.employer_title, "江苏太湖水利建设工程有限公司");
    assert_eq!(answer.name_match(), NameMatch::Unspecified);
    assert_eq!(answer.licence_identifier, story::licence());
    assert!(answer.specimen);
    assert_eq!(answer.specialties.len(), 2);
    assert!(
        answer
            .specialties
            .iter()
            .all(|one| one.living && one.validity.is_some())
    );
    assert!(
        answer
            .version
            .as_ref()
            .is_some_and(|version| version.current && version.version == 1)
    );
    let text = answer.text.clone().expect("words");
    assert!(text.zh.contains("有效") && !text.en.is_empty());
    let as_of = answer.as_of.clone().expect("a position");
    assert_eq!(
        as_of.position.map(|at| (at.stream, at.value)),
        Some(("register".to_owned(), 5))
    );
    assert_eq!(
        as_of.province_position.map(|at| (at.stream, at.value)),
        Some(("provinces/32".to_owned(), 5))
    );
    assert!(!as_of.stale);
    let shown = format!("{answer:?}");
    for secret in [NAME, DOCUMENT, "19900307", "year: 1990", "year: 2055"] {
        assert!(!shown.contains(secret), "an answer shows {secret}");
    }
}

#[tokio::test]
async fn spelling_of_numbers_does_not_matter_and_earlier_ones_say_so() {
    let mut moved = story::entry();
    let entry = moved.entry.as_mut().expect("it has one");
    entry.registration_number = "沪1322018201901234".to_owned();
    moved.aliases = ["沪132181901234", NUMBER, "苏132181901234"]
        .map(str::to_owned)
        .to_vec();
    let told = [
        story::whole(),
        vec![api::issuance::v1::watch_changes_response::Change::EntryChanged(
            moved,
        )],
    ];
    let world = World::new(told.concat()).await;
    for number in ["沪1322018201901234", " 申１３２２０１８ 201901234 "] {
        let answer = world.ask(by_number(number)).await.expect("answered");
        assert_eq!(
            (answer.verdict(), answer.findings.len()),
            (Verdict::Valid, 0),
            "{number}"
        );
    }
    let answer = world.ask(by_number(NUMBER)).await.expect("answered");
    assert_eq!(answer.registration_number, "沪1322018201901234");
    let superseded = finding(&answer, "NUMBER_PREFIX_SUPERSEDED").expect("it says so");
    assert!(
        superseded
            .text
            .as_ref()
            .is_some_and(|text| text.zh.contains("沪1322018201901234"))
    );
    let answer = world.ask(by_number("苏132181901234")).await.expect("answered");
    assert!(
        finding(&answer, "NUMBER_OLD_FORM").is_some()
            && finding(&answer, "NUMBER_PREFIX_SUPERSEDED").is_some()
    );
    // A prefix under which the number was never printed names nobody.
    let answer = world
        .ask(by_number("浙1322018201901234"))
        .await
        .expect("answered");
    assert_eq!(answer.verdict(), Verdict::NotFound);
}

#[tokio::test]
async fn a_name_is_compared_and_never_told() {
    let world = World::new(story::whole()).await;
    for (name, expected) in [(" 张 伟民", NameMatch::Match), ("张伟明", NameMatch::NoMatch)] {
        let question = wire::VerifyCertificateRequest {
            full_name: name.to_owned(),
            ..by_number(NUMBER)
        };
        let answer = world.ask(question).await.expect("answered");
        assert_eq!(
            (answer.verdict(), answer.name_match()),
            (Verdict::Valid, expected)
        );
    }
}

#[tokio::test]
async fn by_document_number_the_name_is_needed_and_absent_and_mismatched_are_one_answer() {
    let world = World::new(story::whole()).await;
    let found = world
        .ask(by_document(" 3202 0519 9003 070011", NAME))
        .await
        .expect("answered");
    assert_eq!(
        (found.verdict(), found.name_match()),
        (Verdict::Valid, NameMatch::Match)
    );
    let mut mismatched = world
        .ask(by_document(DOCUMENT, "张伟明"))
        .await
        .expect("answered");
    let mut absent = world
        .ask(by_document("11010519491231002x", NAME))
        .await
        .expect("answered");
    assert_eq!(absent.verdict(), Verdict::NotFound);
    // The heart has beaten between the two.
    (mismatched.as_of, absent.as_of) = (None, None);
    assert_eq!(mismatched, absent);
    refused(
        world.ask(by_document(DOCUMENT, "")).await,
        Code::InvalidArgument,
        "FULL_NAME_REQUIRED",
    );
}

#[tokio::test]
async fn a_backend_with_the_scope_asks_by_number_alone_and_says_why() {
    let world = World::new(story::whole()).await;
    let question = by_document(DOCUMENT, "");
    let scoped = ["verify:document-number"];
    refused(
        world.ask_as_backend(&scoped, question.clone()).await,
        Code::InvalidArgument,
        "PURPOSE_REQUIRED",
    );
    let question = wire::VerifyCertificateRequest {
        purpose: "评标 ZB-2026-001".to_owned(),
        ..question
    };
    let answer = world
        .ask_as_backend(&scoped, question.clone())
        .await
        .expect("answered");
    assert_eq!(
        (answer.verdict(), answer.name_match()),
        (Verdict::Valid, NameMatch::Unspecified)
    );
    refused(
        world.ask_as_backend(&["verify"], question).await,
        Code::InvalidArgument,
        "FULL_NAME_REQUIRED",
    );
}

#[tokio::test]
async fn what_is_malformed_is_told_with_the_rule_and_never_repeated() {
    let world = World::new(story::whole()).await;
    let cases = [
        (
            about(Subject::RegistrationNumber("苏13220182019".into())),
            "registration_number",
            "REGISTRATION_NUMBER_LENGTH",
        ),
        (
            by_document("320205199003070012", NAME),
            "document_number",
            "DOCUMENT_NUMBER_CHECK_DIGIT",
        ),
        (by_document(DOCUMENT, "张3"), "full_name", "NAME_CHARACTER"),
        (
            about(Subject::LicenceIdentifier("1.2.3".into())),
            "licence_identifier",
            "LICENCE_IDENTIFIER_SHAPE",
        ),
    ];
    for (question, field, rule) in cases {
        let status = refused(
            world.ask(question).await,
            Code::InvalidArgument,
            "SUBJECT_MALFORMED",
        );
        let details = status.get_error_details();
        let told = details.error_info().and_then(|info| info.metadata.get("rule"));
        assert_eq!(told.map(String::as_str), Some(rule));
        let violations = details
            .bad_request()
            .map(|bad| bad.field_violations.clone())
            .unwrap_or_default();
        assert_eq!(
            violations
                .iter()
                .map(|one| one.field.as_str())
                .collect::<Vec<_>>(),
            [field]
        );
        assert!(!format!("{status:?}").contains("32020519900307001"));
    }
    refused(
        world.ask(about(Subject::QrToken("短".into()))).await,
        Code::InvalidArgument,
        "SUBJECT_MALFORMED",
    );
    refused(
        world.ask(Default::default()).await,
        Code::InvalidArgument,
        "SUBJECT_MISSING",
    );
}

#[tokio::test]
async fn an_old_version_says_since_when_by_what_and_which_facts_changed() {
    let world = World::new(story::whole()).await;
    let at = world.now() - SignedDuration::from_hours(24);
    let next = story::next_licence().to_string();
    world.tell(story::superseded(at)).await;
    let answer = world
        .ask(about(Subject::LicenceIdentifier(story::licence())))
        .await
        .expect("answered");
    assert_eq!(answer.verdict(), Verdict::Superseded);
    let version = answer.version.expect("a version");
    assert!(!version.current && version.superseded_by == next && version.changed_facts == ["employer"]);
    assert_eq!(version.superseded_at.map(|at| at.seconds), Some(at.as_second()));
    assert!(answer.text.expect("words").zh.contains("取代"));
    // Person and version are two codes: the registration itself stands.
    assert_eq!(answer.status_code, i32::from(StatusCode::Valid));
    let unknown = world
        .ask(about(Subject::LicenceIdentifier(next)))
        .await
        .expect("answered");
    assert_eq!(unknown.verdict(), Verdict::NotFound);
}

#[tokio::test]
async fn a_corrected_version_says_which_facts_were_wrong_and_since_when() {
    let changed_on = date(2026, 4, 1);
    for (day, said) in [(None, "自始"), (Some(changed_on), "2026-04-01")] {
        let world = World::new(story::whole()).await;
        world.tell(story::corrected(world.now(), day)).await;
        let answer = world
            .ask(about(Subject::LicenceIdentifier(story::licence())))
            .await
            .expect("answered");
        assert_eq!(answer.verdict(), Verdict::Superseded);
        let why = answer.version.expect("a version").supersession.expect("why");
        assert_eq!(why.reason(), api::types::v1::SupersessionReason::Correction);
        assert_eq!(why.changed_on, day.map(Into::into));
        let text = answer.text.expect("words");
        assert!(
            text.zh.contains("姓名、照片") && text.zh.contains(said),
            "{}",
            text.zh
        );
        assert!(text.en.contains("name, photo"), "{}", text.en);
    }
}

#[tokio::test]
async fn the_code_on_a_copy_leads_to_that_copy_alive_revoked_and_expired() {
    let world = World::new(story::whole()).await;
    let address = format!("https://verify.example.cn/q/{COPY_TOKEN}");
    let copy = about(Subject::QrToken(address));
    let answer = world.ask(copy.clone()).await.expect("answered");
    assert_eq!(answer.verdict(), Verdict::Valid);
    let period = answer.use_period.expect("a use period");
    assert!(period.within && period.copy_id == COPY && period.use_until == Some(date(2026, 10, 31).into()));
    let original = world
        .ask(about(Subject::QrToken(TOKEN.to_owned())))
        .await
        .expect("answered");
    assert_eq!((original.verdict(), original.use_period), (Verdict::Valid, None));
    let nobody = world
        .ask(about(Subject::QrToken("A".repeat(27))))
        .await
        .expect("answered");
    assert_eq!(nobody.verdict(), Verdict::NotFound);

    world.tell(story::copy(date(2026, 5, 31), None)).await;
    let expired = world.ask(copy.clone()).await.expect("answered");
    assert_eq!(expired.verdict(), Verdict::CopyExpired);
    assert!(expired.use_period.is_some_and(|period| !period.within));

    world
        .tell(story::copy(date(2026, 10, 31), Some(world.now())))
        .await;
    let revoked = world.ask(copy).await.expect("answered");
    assert_eq!(revoked.verdict(), Verdict::CopyRevoked);
    assert!(
        revoked
            .use_period
            .is_some_and(|period| period.revoked_at.is_some())
    );
    let original = world
        .ask(about(Subject::QrToken(TOKEN.to_owned())))
        .await
        .expect("answered");
    assert_eq!(original.verdict(), Verdict::Valid, "revoked alone");
}

#[tokio::test]
async fn ended_and_suspended_registrations_are_told_apart() {
    let world = World::new(story::whole()).await;
    let mut texts = std::collections::BTreeSet::new();
    for (status, verdict) in [
        (StatusCode::Suspended, Verdict::RegistrationSuspended),
        (StatusCode::Revoked, Verdict::RegistrationEnded),
        (StatusCode::Cancelled, Verdict::RegistrationEnded),
        (StatusCode::Lapsed, Verdict::RegistrationEnded),
        (StatusCode::Stripped, Verdict::RegistrationEnded),
        (StatusCode::MovingOut, Verdict::RegistrationEnded),
        (StatusCode::Other, Verdict::RegistrationEnded),
    ] {
        world.tell(story::entry_with(status)).await;
        let answer = world.ask(by_number(NUMBER)).await.expect("answered");
        assert_eq!((answer.verdict(), answer.status_code()), (verdict, status));
        assert!(answer.specialties.iter().all(|one| !one.living));
        texts.insert(answer.text.expect("words").zh);
    }
    assert_eq!(texts.len(), 7, "each has words of its own");
}

#[tokio::test]
async fn a_recorded_lapse_says_since_when_and_why_and_is_taken_back_by_its_undoing() {
    use api::issuance::v1::watch_changes_response::Change;

    let world = World::new(story::whole()).await;
    for (cause, told) in [
        (EndCause::EmployerBankrupt, EndCause::EmployerBankrupt),
        // Death and incapacity are nobody else's: the day is told, the cause is not.
        (EndCause::DeadOrIncapable, EndCause::Unspecified),
    ] {
        let Change::EntryChanged(mut lapsed) = story::entry_with(StatusCode::Lapsed) else {
            panic!("an entry")
        };
        lapsed.status_since = Some(date(2026, 3, 2).into());
        lapsed.end_cause = cause.into();
        let mut ended = story::version();
        ended.superseded_at = Some(api::convert::instant(world.now()));
        world.tell(Change::VersionChanged(ended)).await;
        world.tell(Change::EntryChanged(lapsed)).await;
        let answer = world.ask(by_number(NUMBER)).await.expect("answered");
        assert_eq!(
            (answer.verdict(), answer.status_code(), answer.end_cause()),
            (Verdict::RegistrationEnded, StatusCode::Lapsed, told)
        );
        assert_eq!(answer.status_since, Some(date(2026, 3, 2).into()));
        let text = answer.text.expect("words").zh;
        assert!(text.contains("自2026-03-02起失效"), "{text}");
        assert_eq!(
            text.contains("聘用单位破产"),
            told == EndCause::EmployerBankrupt,
            "{text}"
        );
        assert!(!answer.version.expect("the last one").current);
        world.tell(Change::VersionChanged(story::version())).await;
        world.tell(Change::EntryChanged(story::entry())).await;
        let answer = world.ask(by_number(NUMBER)).await.expect("answered");
        assert_eq!((answer.verdict(), answer.status_since), (Verdict::Valid, None));
        assert!(answer.version.expect("the same one").current);
    }
}

#[tokio::test]
async fn a_registration_lapses_by_the_clock_alone() {
    let world = World::new(story::whole()).await;
    let mut old = story::entry();
    old.valid_through_age = Some(date(2026, 6, 1).into());
    world
        .tell(api::issuance::v1::watch_changes_response::Change::EntryChanged(
            old,
        ))
        .await;
    let last_day = world.ask(by_number(NUMBER)).await.expect("answered");
    assert_eq!(
        last_day.verdict(),
        Verdict::Valid,
        "the 65th birthday still counts"
    );
    world
        .clock_file
        .advance(std::time::Duration::from_secs(86_400))
        .expect("still in the past");
    let after = world.ask(by_number(NUMBER)).await.expect("answered");
    assert_eq!(
        (after.verdict(), after.status_code()),
        (Verdict::RegistrationEnded, StatusCode::Lapsed)
    );
}
