//! A certificate from its first copy to its renewal, and what becomes of the papers from before.
//!
//! ```text
//!  version 1 ──── copies ────▶ version 2 ────────────▶ version 3            (holder)
//!  employer A    for tenders   employer B, same end   +3 years, no gap
//!  version 1 ─────────────────────────────────────────────────▶ 失效        (somebody who renews too late)
//! ```
//!
//! Proves: documents and copies are had after step-up only; one purpose a day gives one copy; a change of employer
//! supersedes the copies from before at an instant, and keeps number and end; a renewal is taken in its window only,
//! and says when that is; number, licence identifier, QR code and file give one answer.

use api::issuance::v1 as issuance;
use api::issuance::v1::{Certificate, DocumentFormat, Purpose};
use api::registration::v1 as registration;
use api::registration::v1::AvailabilityStep;
use api::types::v1::{ApplicationType, Position, Specialty, SpecialtyValidity, StatusCode};
use api::verification::v1::verify_certificate_request::Subject;
use api::verification::v1::{Verdict, Verification};
use harness::World;
use jiff::civil::Date;
use jiff::{Span, ToSpan as _};
use journeys::certificates::{RECIPIENT, both, file_known, issued, tender_copy};
use journeys::{particular, qr, reason, refusal, refused, violations};
use testkit::actors::{Draft, Holder, request_id};
use testkit::materials::attach_for_renewal;
use testkit::stage::Stage;
use testkit::story::{Announced, Silent, day, wire_day};

/// A paper that somebody still has.
struct Paper {
    file: Vec<u8>,
    token: String,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_certificate_lives_from_copy_to_change_to_renewal_and_old_papers_say_what_took_their_place() {
    let world = World::start_back(3.years().days(110)).await;
    let mut stage = world.stage().await;
    let mut holder = stage.holder(0).await.expect("enrolled");
    let mut sluggard = stage.holder(1).await.expect("enrolled");
    let announced = stage
        .register_together(&mut [&mut holder, &mut sluggard])
        .await
        .expect("registered");
    let [announced, late] = announced.as_slice() else {
        panic!("two were registered")
    };

    let first = originals_need_a_fresh_second_factor(&stage, &mut holder, announced).await;
    let (first_copy, mut papers) = copies_by_purpose(&stage, &mut holder, &first).await;
    let second = change_of_employer(&mut stage, &mut holder, &first, &papers).await;
    copies_of_the_past_cannot_be_made(&mut holder, &first, &second).await;
    papers.extend(paper_of_today(&stage, &mut holder, &second).await);
    let third = renewal(&mut stage, &mut holder, &second, &papers).await;
    everything_agrees(&stage, &mut holder, announced, &third).await;
    too_late(&mut stage, &mut sluggard, late).await;
    assert!(!first_copy.is_empty());
    world.stop().await;
}

fn only(specialties: &[SpecialtyValidity]) -> SpecialtyValidity {
    assert_eq!(specialties.len(), 1);
    specialties[0]
}

fn end_of(certificate: &Certificate) -> Date {
    day(only(&certificate.specialties).valid_to)
}

async fn move_to(stage: &mut Stage, holder: &mut Holder, day: Date) {
    holder.citizen.door.clock.advance_to_morning_of(day);
    stage.sign_in_again().await.expect("signed in");
    holder.citizen.sign_in().await.expect("signed in");
}

async fn later(stage: &mut Stage, holder: &mut Holder, by: Span) {
    let day = holder.citizen.door.clock.today().saturating_add(by);
    move_to(stage, holder, day).await;
}

async fn originals_need_a_fresh_second_factor(
    stage: &Stage,
    holder: &mut Holder,
    announced: &Announced,
) -> Certificate {
    let certificate = issued(holder, Some(announced.position.clone())).await;
    assert_eq!(
        (certificate.version, certificate.registration_number.as_str()),
        (1, &*announced.registration_number)
    );
    assert!(certificate.specimen, "development keys make specimens only");
    holder.citizen.sign_in().await.expect("signed in");
    let mut certificates = holder.citizen.door.certificates();
    for format in [DocumentFormat::Ofd, DocumentFormat::Pdf] {
        let message = issuance::DownloadDocumentRequest {
            name: certificate.name.clone(),
            format: format.into(),
        };
        let early = certificates
            .download_document(holder.citizen.request(message))
            .await;
        assert_eq!(refusal(early), "STEP_UP_REQUIRED");
    }
    let (file_name, ofd) = holder
        .download(&certificate.name, DocumentFormat::Ofd)
        .await
        .expect("the OFD");
    assert!(
        file_name.ends_with(".ofd") && !file_name.contains(&holder.citizen.person.full_name),
        "{file_name}"
    );
    let (_, pdf) = holder
        .download(&certificate.name, DocumentFormat::Pdf)
        .await
        .expect("the PDF");
    assert!(ofd.starts_with(b"PK") && pdf.starts_with(b"%PDF-"));
    for file in [&ofd, &pdf] {
        let answer = file_known(&stage.checker, file).await;
        assert_eq!(answer.verdict(), Verdict::Valid, "{:?}", answer.findings);
        assert!(answer.specimen && answer.use_period.is_none());
        assert_eq!(answer.licence_identifier, certificate.licence_identifier);
    }
    certificate
}

async fn copies_by_purpose(
    stage: &Stage,
    holder: &mut Holder,
    original: &Certificate,
) -> (String, Vec<Paper>) {
    let copy = tender_copy(holder, &original.name, "JS-2026-0412")
        .await
        .expect("a copy");
    let again = tender_copy(holder, &original.name, "JS-2026-0412")
        .await
        .expect("a copy");
    assert_eq!(
        again.name, copy.name,
        "same day, purpose and recipient: the same copy"
    );
    let other_case = tender_copy(holder, &original.name, "JS-2026-0413")
        .await
        .expect("a copy");
    assert_ne!(other_case.name, copy.name, "another tender, another copy");
    let permit = holder
        .create_use_copy(
            &original.name,
            Purpose::ConstructionPermit,
            "JS-2026-0412",
            RECIPIENT,
        )
        .await;
    let permit = permit.expect("a copy").copy.expect("a copy");
    assert!(
        permit.name != copy.name && permit.name != other_case.name,
        "another purpose, another copy"
    );
    let today = holder.citizen.door.clock.today();
    assert_eq!(
        day(copy.use_until),
        today.saturating_add(180.days()),
        "180 days, as the specialty lasts longer"
    );
    assert_eq!(copy.capped_by(), issuance::use_copy::CappedBy::UsePeriod);

    let (ofd, pdf) = both(holder, &copy.name).await;
    let token = qr::token(&ofd);
    for file in [&ofd, &pdf] {
        let answer = file_known(&stage.checker, file).await;
        assert_eq!(answer.verdict(), Verdict::Valid, "{:?}", answer.findings);
        let use_period = answer.use_period.expect("a copy has a use period");
        assert!(use_period.within && copy.name.ends_with(&use_period.copy_id));
        assert_eq!(use_period.use_until, copy.use_until);
    }
    let scanned = stage.checker.by_qr(&token, None).await.expect("answered");
    assert_eq!(scanned.verdict(), Verdict::Valid);
    assert_eq!(scanned.use_period.expect("a copy").use_until, copy.use_until);
    (
        copy.name,
        vec![
            Paper {
                file: ofd,
                token: token.clone(),
            },
            Paper { file: pdf, token },
        ],
    )
}

async fn paper_of_today(stage: &Stage, holder: &mut Holder, current: &Certificate) -> Vec<Paper> {
    let copy = tender_copy(holder, &current.name, "JS-2026-0977")
        .await
        .expect("a copy");
    let (ofd, pdf) = both(holder, &copy.name).await;
    assert_eq!(file_known(&stage.checker, &ofd).await.verdict(), Verdict::Valid);
    assert_eq!(file_known(&stage.checker, &pdf).await.verdict(), Verdict::Valid);
    let token = qr::token(&ofd);
    vec![
        Paper {
            file: ofd,
            token: token.clone(),
        },
        Paper { file: pdf, token },
    ]
}

/// A paper of `old` says that it was superseded: when, and by what.
fn superseded(answer: &Verification, old: &Certificate, changed: &str) {
    assert_eq!(answer.verdict(), Verdict::Superseded, "{:?}", answer.findings);
    assert_eq!(
        answer.status_code(),
        StatusCode::Valid,
        "the registration goes on"
    );
    let version = answer.version.as_ref().expect("a version");
    assert_eq!((version.version, version.current), (old.version, false));
    assert_eq!(
        version.superseded_at, old.superseded_at,
        "the instant of the announcement"
    );
    assert!(
        old.superseded_by.ends_with(&version.superseded_by),
        "{} by {}",
        old.superseded_by,
        version.superseded_by
    );
    assert!(!version.superseded_by.is_empty());
    assert!(
        version.changed_facts.iter().any(|fact| fact.starts_with(changed)),
        "{:?}",
        version.changed_facts
    );
    let text = answer.text.as_ref().expect("a text");
    assert!(!text.zh.is_empty() && !text.en.is_empty());
}

async fn papers_are_superseded(
    stage: &Stage,
    papers: &[Paper],
    old: &Certificate,
    changed: &str,
    seen: &Position,
) {
    for paper in papers {
        let by_file = stage
            .checker
            .file(&paper.file, Some(seen.clone()))
            .await
            .expect("answered");
        superseded(&by_file, old, changed);
        let by_code = stage
            .checker
            .by_qr(&paper.token, Some(seen.clone()))
            .await
            .expect("answered");
        superseded(&by_code, old, changed);
    }
    let by_identifier = Subject::LicenceIdentifier(old.licence_identifier.clone());
    let answer = stage
        .checker
        .verify(by_identifier, "", Some(seen.clone()))
        .await
        .expect("answered");
    superseded(&answer, old, changed);
}

async fn own_version(holder: &Holder, number: u32) -> Certificate {
    let all = holder.certificates(None).await.expect("the holder's own");
    assert_eq!(
        all.iter().filter(|one| one.superseded_at.is_none()).count(),
        1,
        "one version is current"
    );
    all.into_iter()
        .find(|one| one.version == number)
        .expect("every version stays in the list")
}

async fn change_of_employer(
    stage: &mut Stage,
    holder: &mut Holder,
    first: &Certificate,
    papers: &[Paper],
) -> Certificate {
    later(stage, holder, 30.days()).await;
    let announced = stage
        .change_employer(holder, &mut Silent)
        .await
        .expect("announced");
    let seen = announced.position.clone();
    let answer = stage
        .checker
        .by_number(&first.registration_number, Some(seen.clone()))
        .await
        .expect("answered");
    assert_eq!(answer.verdict(), Verdict::Valid);
    assert_eq!(answer.employer_title, stage.employer_b.employer.title);
    assert_eq!(
        announced.registration_number, first.registration_number,
        "the number stays"
    );
    let current = issued(holder, Some(seen.clone())).await;
    assert_eq!(
        (current.version, current.registration_number.as_str()),
        (2, &*first.registration_number)
    );
    assert_eq!(current.employer_title, stage.employer_b.employer.title);
    assert_eq!(
        only(&current.specialties),
        only(&first.specialties),
        "and so does the term"
    );
    assert_eq!(answer.version.as_ref().map(|version| version.version), Some(2));

    let old = own_version(holder, 1).await;
    assert_eq!(old.superseded_at, current.announced_at);
    assert_eq!(old.superseded_by, current.name);
    papers_are_superseded(stage, papers, &old, "employer", &seen).await;
    current
}

async fn copies_of_the_past_cannot_be_made(holder: &mut Holder, first: &Certificate, second: &Certificate) {
    let status = refused(tender_copy(holder, &first.name, "JS-2026-0414").await);
    assert_eq!(reason(&status), "CERTIFICATE_SUPERSEDED");
    assert_eq!(particular(&status, "superseded_by"), second.name);
}

async fn eligibility(holder: &Holder, employer: &str) -> registration::CheckEligibilityResponse {
    let message = registration::CheckEligibilityRequest {
        r#type: ApplicationType::Renewal.into(),
        specialties: vec![Specialty::WaterAndHydropower.into()],
        employer: employer.to_owned(),
    };
    let mut applications = holder.citizen.door.applications(&holder.province);
    applications
        .check_eligibility(holder.citizen.request(message))
        .await
        .expect("told")
        .into_inner()
}

/// A renewal up to its submission by the registrar's side; the submission's answer.
async fn file_renewal(
    stage: &Stage,
    holder: &Holder,
    employed_by_b: bool,
) -> (String, Result<(), tonic::Status>) {
    let registrar = if employed_by_b {
        &stage.employer_b
    } else {
        &stage.employer_a
    };
    let draft = Draft {
        kind: ApplicationType::Renewal,
        specialties: &[Specialty::WaterAndHydropower],
        employer: &registrar.employer.name,
        contract_from: wire_day(holder.citizen.door.clock.today().saturating_sub(1.year())),
    };
    let name = holder.draft(&draft).await.expect("a draft").name;
    attach_for_renewal(holder, &name).await.expect("attached");
    holder.request_employment(&name).await.expect("handed over");
    registrar.confirm_employment(&name).await.expect("confirmed");
    let submitted = holder.submit(&name).await.map(drop);
    (name, submitted)
}

async fn renewal(
    stage: &mut Stage,
    holder: &mut Holder,
    second: &Certificate,
    papers: &[Paper],
) -> Certificate {
    let (end, employer) = (end_of(second), stage.employer_b.employer.name.clone());
    move_to(stage, holder, end.saturating_sub(91.days())).await;
    let told = eligibility(holder, &employer).await;
    assert!(!told.eligible);
    assert_eq!(
        day(told.from),
        end.saturating_sub(90.days()),
        "the first day to file"
    );
    let last = day(told.until);
    assert!(
        last >= end.saturating_sub(30.days()) && last < end.saturating_sub(15.days()),
        "{last}: the last one"
    );
    assert_eq!(told.failed_rules[0].rule, "RENEWAL_TOO_EARLY");
    assert!(told.failed_rules[0].article.contains("153号"));
    let (early, submitted) = file_renewal(stage, holder, true).await;
    let status = refused(submitted);
    assert_eq!(reason(&status), "RULES_FAILED");
    assert_eq!(violations(&status), ["RENEWAL_TOO_EARLY"]);
    let message = registration::WithdrawApplicationRequest {
        request_id: request_id(),
        name: early,
        reason: "尚未到期".to_owned(),
    };
    let mut applications = holder.citizen.door.applications(&holder.province);
    applications
        .withdraw_application(holder.citizen.request(message))
        .await
        .expect("withdrawn");

    move_to(stage, holder, end.saturating_sub(90.days())).await;
    let announced = stage.renew(holder, &mut Silent).await.expect("announced");
    let seen = announced.position.clone();
    let current = issued(holder, Some(seen.clone())).await;
    assert_eq!(
        (current.version, current.registration_number.as_str()),
        (3, &*second.registration_number)
    );
    let term = only(&current.specialties);
    assert_eq!(
        day(term.valid_to),
        end.saturating_add(3.years()),
        "three years from the old end"
    );
    assert!(
        day(term.valid_from) <= end.saturating_add(1.day()),
        "without a gap"
    );
    let answer = stage
        .checker
        .by_number(&second.registration_number, Some(seen.clone()))
        .await
        .expect("answered");
    assert_eq!(answer.verdict(), Verdict::Valid);
    assert!(
        answer.specialties[0].living,
        "also on the days before the old end"
    );

    let before = own_version(holder, 2).await;
    let (first_papers, second_papers) = papers.split_at(2);
    papers_are_superseded(stage, second_papers, &before, "", &seen).await;
    let first = own_version(holder, 1).await;
    papers_are_superseded(stage, first_papers, &first, "employer", &seen).await;
    current
}

/// Number, document, licence identifier, QR code and file say the same of the living version.
async fn everything_agrees(stage: &Stage, holder: &mut Holder, announced: &Announced, current: &Certificate) {
    let (ofd, pdf) = both(holder, &current.name).await;
    file_known(&stage.checker, &pdf).await;
    let person = holder.citizen.person.clone();
    let mut answers = vec![
        file_known(&stage.checker, &ofd).await,
        file_known(&stage.checker, &pdf).await,
        stage
            .checker
            .by_number(&announced.registration_number, None)
            .await
            .expect("answered"),
        stage
            .checker
            .by_qr(&qr::token(&ofd), None)
            .await
            .expect("answered"),
        stage
            .checker
            .by_document(&person.document_number, &person.full_name, None)
            .await
            .expect("answered"),
    ];
    let by_identifier = Subject::LicenceIdentifier(current.licence_identifier.clone());
    answers.push(
        stage
            .checker
            .verify(by_identifier, "", None)
            .await
            .expect("answered"),
    );
    let essence = |answer: &Verification| {
        let version = answer
            .version
            .as_ref()
            .map(|version| (version.version, version.current));
        let facts = (
            answer.registration_number.clone(),
            answer.employer_title.clone(),
            answer.family_name.clone(),
        );
        (
            answer.verdict(),
            answer.status_code(),
            version,
            facts,
            answer.specialties.clone(),
            answer.licence_identifier.clone(),
        )
    };
    let expected = essence(&answers[0]);
    assert_eq!((expected.0, expected.2), (Verdict::Valid, Some((3, true))));
    for answer in &answers {
        assert_eq!(essence(answer), expected);
    }
}

/// Who files after the window is refused with its last day, and out of the register when the term is over.
async fn too_late(stage: &mut Stage, sluggard: &mut Holder, announced: &Announced) {
    move_to(stage, sluggard, sluggard.citizen.door.clock.today()).await;
    let end = end_of(&issued(sluggard, Some(announced.position.clone())).await);
    let employer = stage.employer_a.employer.name.clone();
    let last = day(eligibility(sluggard, &employer).await.until);
    move_to(stage, sluggard, last.saturating_add(1.day())).await;
    let (_, submitted) = file_renewal(stage, sluggard, false).await;
    let status = refused(submitted);
    assert_eq!(
        (reason(&status).as_str(), violations(&status)),
        ("RULES_FAILED", vec!["RENEWAL_TOO_LATE".to_owned()])
    );
    let told = eligibility(sluggard, &employer).await;
    let facts = &told.failed_rules[0].facts;
    assert!(
        facts.contains(&format!("valid_to={end}")) && facts.contains(&format!("last_day={last}")),
        "{facts:?}"
    );

    move_to(stage, sluggard, end).await;
    let answer = stage
        .checker
        .by_number(&announced.registration_number, None)
        .await
        .expect("answered");
    assert_eq!(answer.verdict(), Verdict::Valid, "the last day is a valid day");
    move_to(stage, sluggard, end.saturating_add(1.day())).await;
    let answer = stage
        .checker
        .by_number(&announced.registration_number, None)
        .await
        .expect("answered");
    assert_eq!(
        (answer.verdict(), answer.status_code()),
        (Verdict::RegistrationEnded, StatusCode::Lapsed)
    );
    let explained = sluggard.explain().await.expect("explained");
    assert!([AvailabilityStep::Expired, AvailabilityStep::ReadyToSubmit].contains(&explained.step()));
}
