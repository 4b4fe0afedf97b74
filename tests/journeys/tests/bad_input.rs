//! What people type and systems send by mistake.
//!
//! ```text
//!  a person's typing ──▶ identity          numbers, names, codes: refused by rule, or read as meant
//!  an upload ──────────▶ registration 32   materials: kind, size, type, digest, picture
//!  an application ─────▶ registration 32   specialties, employers, names that no font draws
//! ```
//!
//! Proves: each mistake is refused under a stable reason, at the field that has it, and changes nothing; what is only
//! another spelling (lower-case x, full width, spaces, other middle dots) is taken and is the same person.

use api::identity::v1 as identity;
use api::registration::v1 as registration;
use api::registration::v1::MaterialKind;
use api::types::v1::{ApplicationType, Date, DocumentKind, Specialty};
use api::verification::v1::verify_certificate_request::Subject;
use harness::World;
use jiff::ToSpan as _;
use journeys::{particular, reason, refusal, refused, violations};
use testkit::actors::{Citizen, Draft, Holder, request_id, sm3_hex};
use testkit::materials::{SCAN, attach_for_initial};
use testkit::people::{Firm, Person};
use testkit::picture::photo_jpeg;
use testkit::stage::Stage;
use testkit::story::{Silent, wire_day};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_mistake_has_its_reason_and_another_spelling_is_no_mistake() {
    let world = World::start().await;
    let mut stage = world.stage().await;
    numbers_with_wrong_checksums(&stage).await;
    another_spelling_is_the_same_person(&stage).await;
    request_ids(&stage).await;
    let mut holder = stage.holder(0).await.expect("enrolled");
    stage.sign_in_again().await.expect("signed in");
    stage.qualify(&holder).await.expect("imported");
    specialties(&stage, &holder).await;
    let application = stage.draft_initial(&holder).await.expect("drafted");
    materials(&holder, &application).await;
    incomplete_files(&stage, &holder, &application).await;
    names_that_no_font_draws(&mut stage).await;
    subjects_of_verification(&stage).await;
    second_registration(&mut stage, &mut holder, &application).await;
    world.stop().await;
}

fn enrolment(full_name: &str, number: &str) -> identity::EnrollAccountRequest {
    identity::EnrollAccountRequest {
        request_id: request_id(),
        full_name: full_name.to_owned(),
        document_kind: DocumentKind::CitizenIdentityCard.into(),
        document_number: number.to_owned(),
        password: "correct-horse-battery".to_owned(),
    }
}

async fn numbers_with_wrong_checksums(stage: &Stage) {
    let accounts = || stage.accepting.citizen.door.accounts();
    for (number, rule) in [
        ("320205199003070012", "DOCUMENT_NUMBER_CHECK_DIGIT"),
        ("32020519900307001", "DOCUMENT_NUMBER_LENGTH"),
        ("320205199013070011", "DOCUMENT_NUMBER_BIRTH_DATE"),
        ("780205199003070011", "DOCUMENT_NUMBER_ADDRESS"),
        ("3202O5199003070011", "DOCUMENT_NUMBER_CHARACTER"),
    ] {
        let status = refused(accounts().enroll_account(enrolment("张伟民", number)).await);
        assert_eq!(reason(&status), "INVALID_ARGUMENT");
        assert_eq!(violations(&status), [format!("document_number: {rule}")]);
        assert!(
            !format!("{status:?}").contains(number),
            "the number is not repeated"
        );
    }
    for (name, rule) in [
        (" ", "NAME_EMPTY"),
        ("张\u{7}伟", "NAME_CHARACTER"),
        ("张\u{f0000}", "NAME_PRIVATE_USE_CHARACTER"),
    ] {
        let status = refused(
            accounts()
                .enroll_account(enrolment(name, "320205199003070011"))
                .await,
        );
        assert_eq!(violations(&status), [format!("full_name: {rule}")]);
    }
    let unknown = accounts()
        .enroll_account(enrolment("张伟民", "320205199003070011"))
        .await;
    assert_eq!(
        refusal(unknown),
        "REAL_NAME_MISMATCH",
        "a right number of nobody on record"
    );

    let mut firm = Firm::synthetic("江苏错码建设有限公司", "32", 7);
    let last = if firm.credit_code.ends_with('1') { '2' } else { '1' };
    firm.credit_code.replace_range(17.., &last.to_string());
    let status = refused(stage.administrator.register_employer(&firm).await);
    assert_eq!(violations(&status), ["credit_code: CREDIT_CODE_CHECK_DIGIT"]);
}

/// As typed on a phone: full width, spaces, another dot, a lower-case x.
async fn another_spelling_is_the_same_person(stage: &Stage) {
    let with_x = (0..900).map(|ordinal| Person::named("阿卜杜拉·买买提", (1986, 5, 14), ordinal));
    let recorded = with_x
        .into_iter()
        .find(|person| person.document_number.ends_with('X'))
        .expect("one in eleven");
    stage.real_names.record(&[&recorded]).await.expect("recorded");
    let wide = |c: char| char::from_u32(u32::from(c) - u32::from('0') + u32::from('０')).expect("a digit");
    let (digits, _) = recorded.document_number.split_at(17);
    let mut typed: String = digits.chars().map(wide).collect();
    typed.insert(6, ' ');
    typed.push('x');
    let typed = Person {
        full_name: " 阿卜杜拉 • 买买提 ".to_owned(),
        document_number: typed,
        ..recorded.clone()
    };
    let door = &stage.accepting.citizen.door;
    let mut citizen = Citizen::enroll(door, typed, &["nation"])
        .await
        .expect("taken as meant");
    let account = identity::GetAccountRequest {
        name: "accounts/me".to_owned(),
    };
    let account = door
        .accounts()
        .get_account(citizen.request(account))
        .await
        .expect("one's own")
        .into_inner();
    let masked = account.account.expect("an account").masked_document_number;
    assert!(
        masked.starts_with('3') && masked.ends_with('X') && masked.contains('*'),
        "{masked}"
    );
    let again = door
        .accounts()
        .enroll_account(enrolment(&recorded.full_name, &recorded.document_number))
        .await;
    assert_eq!(
        refusal(again),
        "ACCOUNT_EXISTS",
        "the other spelling is the same person"
    );
    citizen.person = recorded;
    citizen.sign_in().await.expect("either spelling signs in");
}

async fn request_ids(stage: &Stage) {
    let clerk = &stage.administrator.citizen;
    for id in ["", "1", "not-a-uuid", "123e4567-e89b-12d3-a456-42661417400z"] {
        let message = identity::InviteRegistrarRequest {
            request_id: id.to_owned(),
            employer: stage.employer_a.employer.name.clone(),
        };
        let status = refused(
            clerk
                .door
                .employers()
                .invite_registrar(clerk.request(message))
                .await,
        );
        assert_eq!(reason(&status), "REQUEST_ID_MISSING", "{id:?}");
    }
}

async fn specialties(stage: &Stage, holder: &Holder) {
    let today = holder.citizen.door.clock.today();
    let message = |specialties: Vec<i32>| registration::CreateApplicationRequest {
        request_id: request_id(),
        r#type: ApplicationType::Initial.into(),
        specialties,
        employer: stage.employer_a.employer.name.clone(),
        contract_from: Some(wire_day(today)),
        ..Default::default()
    };
    let create = async |message: registration::CreateApplicationRequest| {
        let mut applications = holder.citizen.door.applications("32");
        refused(
            applications
                .create_application(holder.citizen.request(message))
                .await,
        )
    };
    let status = create(message(vec![99])).await;
    assert_eq!(reason(&status), "INVALID_ARGUMENT");
    assert!(
        violations(&status)[0].starts_with("specialties"),
        "{:?}",
        violations(&status)
    );
    let water: i32 = Specialty::WaterAndHydropower.into();
    assert_eq!(reason(&create(message(Vec::new())).await), "SPECIALTIES");
    assert_eq!(reason(&create(message(vec![water, water])).await), "SPECIALTIES");
    let status = create(message(vec![Specialty::Railway.into()])).await;
    assert_eq!(reason(&status), "RULES_FAILED");
    assert_eq!(violations(&status), ["NO_QUALIFICATION"]);
    let status = create(registration::CreateApplicationRequest {
        r#type: 42,
        ..message(vec![water])
    })
    .await;
    assert_eq!(reason(&status), "INVALID_ARGUMENT");
    let no_day = Some(Date {
        year: 2025,
        month: 2,
        day: 30,
    });
    let status = create(registration::CreateApplicationRequest {
        contract_from: no_day,
        ..message(vec![water])
    })
    .await;
    assert_eq!(violations(&status), ["contract_from"]);
    let nobody = format!("employers/{}", stage.employer_a.employer.name.len().max(1));
    let status = create(registration::CreateApplicationRequest {
        employer: nobody,
        ..message(vec![water])
    })
    .await;
    assert_eq!(violations(&status), ["employer"]);

    let row = registration::QualificationRow {
        full_name: holder.citizen.person.full_name.clone(),
        document_kind: DocumentKind::CitizenIdentityCard.into(),
        document_number: holder.citizen.person.document_number.clone(),
        qualification_number: "3200000001".to_owned(),
        specialty: 99,
        issued_on: Some(wire_day(today)),
    };
    let tomorrow = Some(wire_day(today.saturating_add(1.day())));
    let future = registration::QualificationRow {
        specialty: water,
        issued_on: tomorrow,
        ..row.clone()
    };
    let rows = vec![row, future];
    let message = registration::ImportQualificationsRequest {
        request_id: request_id(),
        rows,
    };
    let officer = &stage.accepting.citizen;
    let answer = officer
        .door
        .qualifications("32")
        .import_qualifications(officer.request(message))
        .await;
    let answer = answer.expect("told row by row").into_inner();
    let faults: Vec<_> = answer
        .faults
        .iter()
        .map(|fault| (fault.row, fault.field.as_str()))
        .collect();
    assert_eq!(
        (answer.imported, faults),
        (0, vec![(0, "specialty"), (1, "issued_on")])
    );
    assert!(
        answer.faults[1]
            .reason
            .starts_with("QUALIFICATION_ISSUED_IN_FUTURE")
    );
}

async fn materials(holder: &Holder, application: &str) {
    let header = |kind: MaterialKind, media_type: &str, content: &[u8]| registration::MaterialHeader {
        request_id: request_id(),
        application: application.to_owned(),
        kind: kind.into(),
        media_type: media_type.to_owned(),
        digest: sm3_hex(content),
        ..Default::default()
    };
    let photo = photo_jpeg(1);
    let huge = vec![0xFF; 1024 * 1024 + 1];
    let cases: [(MaterialKind, &str, &[u8], &str); 5] = [
        (
            MaterialKind::Photo,
            "application/pdf",
            SCAN,
            "MATERIAL_MEDIA_TYPE",
        ),
        (
            MaterialKind::LabourContract,
            "text/html",
            SCAN,
            "MATERIAL_MEDIA_TYPE",
        ),
        (
            MaterialKind::LabourContract,
            "application/pdf",
            b"",
            "MATERIAL_EMPTY",
        ),
        (MaterialKind::Photo, "image/jpeg", &huge, "MATERIAL_TOO_LARGE"),
        (
            MaterialKind::Photo,
            "image/jpeg",
            b"no picture at all",
            "PICTURE_UNREADABLE",
        ),
    ];
    for (kind, media_type, content, expected) in cases {
        let answer = holder.upload(header(kind, media_type, content), content).await;
        assert_eq!(refusal(answer), expected);
    }
    let other = holder
        .upload(header(MaterialKind::Photo, "image/jpeg", SCAN), &photo)
        .await;
    assert_eq!(refusal(other), "MATERIAL_DIGEST_DIFFERS");
    let mut no_digest = header(MaterialKind::Photo, "image/jpeg", &photo);
    no_digest.digest = "sm3".to_owned();
    assert_eq!(
        violations(&refused(holder.upload(no_digest, &photo).await)),
        ["header.digest"]
    );
    let mut unknown = header(MaterialKind::Photo, "image/jpeg", &photo);
    unknown.kind = 77;
    assert_eq!(
        violations(&refused(holder.upload(unknown, &photo).await)),
        ["header.kind"]
    );
    let seen = holder.application(application).await.expect("one's own");
    assert!(seen.materials.is_empty(), "nothing refused was kept");
}

async fn incomplete_files(stage: &Stage, holder: &Holder, application: &str) {
    holder.request_employment(application).await.expect("handed over");
    let foreign = stage.employer_b.confirm_employment(application).await;
    assert_eq!(
        refusal(foreign),
        "NOT_FOUND",
        "another employer's registrar does not see it"
    );
    stage
        .employer_a
        .confirm_employment(application)
        .await
        .expect("confirmed");
    let status = refused(holder.submit(application).await);
    assert_eq!(reason(&status), "MATERIALS_MISSING");
    assert!(
        particular(&status, "text_zh").contains("一寸白底免冠照片"),
        "every missing one is named"
    );
    attach_for_initial(holder, application).await.expect("attached");
    let message = registration::SubmitApplicationRequest {
        request_id: request_id(),
        name: application.to_owned(),
        commitment: false,
    };
    let mut applications = holder.citizen.door.applications("32");
    let uncommitted = applications
        .submit_application(holder.citizen.request(message))
        .await;
    assert_eq!(refusal(uncommitted), "COMMITMENT_MISSING");
    let second = stage.draft_initial(holder).await;
    assert_eq!(refusal(second), "OPEN_APPLICATION");
}

/// The last ideograph of extension H: in the standard, in no font that is shipped.
async fn names_that_no_font_draws(stage: &mut Stage) {
    let person = Person::named("王\u{323AF}", (1990, 6, 7), 321);
    let holder = stage.holder_named(person).await.expect("a name all the same");
    stage.sign_in_again().await.expect("signed in");
    let status = refused(stage.submit_initial(&holder, &mut Silent).await);
    assert_eq!(reason(&status), "NAME_CANNOT_BE_DRAWN");
    assert_eq!(particular(&status, "code_points"), "U+323AF");
}

async fn subjects_of_verification(stage: &Stage) {
    for (subject, rule) in [
        (
            Subject::RegistrationNumber("苏13220182019".to_owned()),
            "SUBJECT_MALFORMED",
        ),
        (Subject::RegistrationNumber(String::new()), "SUBJECT_MALFORMED"),
        (
            Subject::DocumentNumber("320205199003070012".to_owned()),
            "SUBJECT_MALFORMED",
        ),
        (
            Subject::LicenceIdentifier("1.2.156.3005.2".to_owned()),
            "SUBJECT_MALFORMED",
        ),
        (Subject::QrToken("zu kurz".to_owned()), "SUBJECT_MALFORMED"),
    ] {
        assert_eq!(
            refusal(stage.checker.verify(subject.clone(), "张伟民", None).await),
            rule,
            "{subject:?}"
        );
    }
}

/// Who is registered with one employer is not registered with another beside.
async fn second_registration(stage: &mut Stage, holder: &mut Holder, application: &str) {
    stage.sign_in_again().await.expect("signed in");
    holder.citizen.sign_in().await.expect("signed in");
    holder.submit(application).await.expect("submitted");
    stage
        .examine(application, &[Specialty::WaterAndHydropower], &mut Silent)
        .await
        .expect("granted");
    stage
        .publicise(&mut [holder], &[application], &mut Silent)
        .await
        .expect("cleared");
    stage.announcing.publish(application).await.expect("announced");

    let employer = stage.employer_b.employer.name.clone();
    let draft = Draft {
        kind: ApplicationType::Initial,
        specialties: &[Specialty::WaterAndHydropower],
        employer: &employer,
        contract_from: wire_day(holder.citizen.door.clock.today()),
    };
    let second = holder.draft(&draft).await.expect("a draft promises nothing").name;
    attach_for_initial(holder, &second).await.expect("attached");
    holder.request_employment(&second).await.expect("handed over");
    stage
        .employer_b
        .confirm_employment(&second)
        .await
        .expect("confirmed");
    let status = refused(holder.submit(&second).await);
    assert_eq!(reason(&status), "RULES_FAILED");
    assert_eq!(violations(&status), ["TWO_EMPLOYERS"]);
}
