//! An employer goes bankrupt and everybody registered with it lapses; one of them wrongly; and the nation suspends.
//!
//! ```text
//!  江苏 (32)                                     国家                         核验
//!  employer A bankrupt ── two officers ─────────▶ 失效 for each person ──────▶ 失效, since the day, on which ground
//!  one of them wrongly ── two officers ─────────▶ the same certificate again ▶ 有效
//!  32 sees it ◀──────────────────────── two officers of the ministry: 暂扣 ──▶ 暂扣, then 有效 again
//!  somebody reports ──▶ a number, a queue, an answer
//! ```
//!
//! Proves: one act of two officers lapses a whole employer of 300, most of them from the old register, and reaches every
//! checker; no copy is made of what has lapsed; a wrong lapse is undone with the certificate as it was and both records
//! kept; a suspension and its return reach checker and province, and, as the lapses, the status list, by which a stranger checks a
//! file without telling which; a report is queued and answered;
//! after all of it both registers are equal, and a row tampered with in the province is found and repaired.

use api::issuance::v1 as issuance;
use api::registration::v1 as registration;
use api::types::v1::{EndCause, NotificationKind as Kind, Position, StatusCode};
use api::verification::v1::{Verdict, Verification};
use harness::World;
use jiff::ToSpan as _;
use journeys::certificates::{issued, tender_copy};
use journeys::importing::{brought_in, verified};
use journeys::listing::{Outsider, Said};
use journeys::reconciling::the_registers_agree_and_a_tampered_row_is_repaired;
use journeys::refusal;
use registration::ImportKind;
use registration::record_lapse_request::Subject;
use testkit::actors::{Citizen, Holder, request_id};
use testkit::people::Person;
use testkit::stage::Stage;
use testkit::story::wire_day;

/// Registered through every gate.
const PEOPLE: u32 = 8;
/// Of the same employer in the province's old register.
const BROUGHT_IN: u32 = 292;
const PAUSE: std::time::Duration = std::time::Duration::from_millis(50);
const BANKRUPT: &[u8] = "%PDF-1.7 破产裁定书".as_bytes();

fn sm3(content: &[u8]) -> String {
    gm::sm3::digest(content)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

fn paper(content: &[u8]) -> registration::EvidencePaper {
    registration::EvidencePaper {
        media_type: "application/pdf".to_owned(),
        content: content.to_vec().into(),
        digest: sm3(content),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_employer_lapses_in_bulk_one_wrongly_and_the_nation_suspends_and_returns() {
    let world = World::start().await;
    let mut stage = world.stage().await;
    let mut people = Vec::new();
    for ordinal in 0..PEOPLE {
        people.push(stage.holder(ordinal).await.expect("enrolled"));
    }
    stage.sign_in_again().await.expect("signed in");
    for one in &mut people {
        one.citizen.sign_in().await.expect("signed in");
    }
    let mut all: Vec<&mut Holder> = people.iter_mut().collect();
    let announced = stage.register_together(&mut all).await.expect("registered");
    let numbers: Vec<_> = announced
        .iter()
        .map(|one| one.registration_number.clone())
        .collect();
    let seen = announced.last().map(|one| one.position.clone());
    let numbers = [numbers, from_the_old_register(&stage).await].concat();
    let mut files = Vec::new();
    for one in &mut people[..2] {
        let certificate = issued(one, seen.clone()).await;
        files.push(original(one, &certificate.name).await);
    }
    let outsider = Outsider::of(&world);

    let lapse = everybody_lapses(&mut stage, &mut people, &numbers, seen).await;
    one_wrong_lapse_is_undone(&mut stage, &mut people, &numbers, &lapse).await;
    let listed = Listed {
        outsider: &outsider,
        file: &files[0],
        lapsed: &files[1],
    };
    the_nation_suspends_and_returns(&mut stage, &mut people[0], &numbers[0], &listed).await;
    somebody_reports(&mut stage, &people[0], &numbers[0]).await;
    the_registers_agree_and_a_tampered_row_is_repaired(&world, &mut stage).await;
    world.stop().await;
}

async fn original(holder: &mut Holder, certificate: &str) -> Vec<u8> {
    holder.citizen.sign_in().await.expect("signed in");
    let file = holder.download(certificate, issuance::DocumentFormat::Ofd).await;
    file.expect("the OFD").1
}

/// Two files of whose owners one is registered and one has lapsed, and whoever checks them.
struct Listed<'a> {
    outsider: &'a Outsider,
    file: &'a [u8],
    lapsed: &'a [u8],
}

impl Listed<'_> {
    /// One list, and what it says of both.
    async fn says(&self, seen: Option<&Position>, stage: &Stage, code: i32, verdict: &str, listed: &str) {
        let list = self
            .outsider
            .list(seen.expect("every act has its position"))
            .await;
        let now = stage.accepting.citizen.door.clock.now();
        let said = self.outsider.verify(self.file, &list, now);
        assert_eq!(said, Said::new(code, verdict, listed));
        let said = self.outsider.verify(self.lapsed, &list, now);
        let ended = Said::new(1, "LISTED_INVALID ENDED", "INVALID");
        assert_eq!(said, ended, "by the same list");
    }
}

/// Brings in the old register of the employer; the numbers, once the nation answers for the last.
async fn from_the_old_register(stage: &Stage) -> Vec<String> {
    let today = stage.accepting.citizen.door.clock.today();
    let (from, to) = (today.saturating_sub(1.years()), today.saturating_add(1.years()));
    let code = &stage.employer_a.employer.credit_code;
    let rows = (1..=BROUGHT_IN).map(|serial| {
        let Person {
            full_name,
            document_number,
            ..
        } = Person::of_crowd(serial);
        format!(
            "{full_name},{document_number},苏1322010201{serial:06},00{serial:06},{code},水利水电工程,{from},{to},ZG2010{serial:05}"
        )
    });
    let heading =
        "姓名,身份证号,注册编号,证书编号,统一社会信用代码,注册专业,有效期起,有效期止,资格证书管理号"
            .to_owned();
    let file: Vec<String> = std::iter::once(heading).chain(rows).collect();
    let done = brought_in(stage, ImportKind::Register, &file.join("\n")).await;
    let brought_in = i32::try_from(BROUGHT_IN).expect("some hundreds");
    assert_eq!((done.rows_written, done.rows_failed), (brought_in, 0));
    let number = |serial| format!("苏1322010201{serial:06}");
    verified(stage, &number(BROUGHT_IN)).await;
    (1..=BROUGHT_IN).map(number).collect()
}

async fn asked(stage: &Stage, number: &str, seen: Option<&Position>) -> Verification {
    let answer = stage.checker.by_number(number, seen.cloned()).await;
    answer.expect("answered")
}

/// A second officer confirms a record; the first may not.
async fn confirm(first: &Citizen, second: &Citizen, name: &str) -> registration::ConfirmLapseResponse {
    let message = || registration::ConfirmLapseRequest {
        request_id: request_id(),
        name: name.to_owned(),
    };
    let alone = first
        .door
        .lapses("32")
        .confirm_lapse(first.request(message()))
        .await;
    assert_eq!(refusal(alone), "FOUR_EYES_SAME_OFFICER");
    let confirmed = second
        .door
        .lapses("32")
        .confirm_lapse(second.request(message()))
        .await;
    confirmed.expect("confirmed").into_inner()
}

async fn everybody_lapses(
    stage: &mut Stage,
    people: &mut [Holder],
    numbers: &[String],
    seen: Option<Position>,
) -> String {
    people[0].citizen.sign_in().await.expect("signed in");
    let certificate = issued(&people[0], seen).await;
    stage.sign_in_again().await.expect("signed in");
    let (first, second) = (&stage.accepting.citizen, &stage.reviewing.citizen);
    let today = first.door.clock.today();
    let message = registration::RecordLapseRequest {
        request_id: request_id(),
        subject: Some(Subject::Employer(stage.employer_a.employer.name.clone())),
        ground: registration::LapseGround::EmployerBankrupt.into(),
        effective_on: Some(wire_day(today)),
        reference: "（2026）苏01破1号".to_owned(),
        evidence: vec![paper(BANKRUPT)],
        ..Default::default()
    };
    let recorded = first.door.lapses("32").record_lapse(first.request(message)).await;
    let recorded = recorded.expect("recorded").into_inner().lapse.expect("shown");
    let confirmed = confirm(first, second, &recorded.name).await;
    assert_eq!(confirmed.lapse.expect("shown").applied, PEOPLE + BROUGHT_IN);
    for number in numbers {
        let answer = asked(stage, number, confirmed.position.as_ref()).await;
        assert_eq!(
            (answer.verdict(), answer.status_code(), answer.end_cause()),
            (
                Verdict::RegistrationEnded,
                StatusCode::Lapsed,
                EndCause::EmployerBankrupt
            )
        );
        assert_eq!(answer.status_since, Some(wire_day(today)));
        let text = answer.text.expect("words").zh;
        assert!(
            text.contains(&format!("自{today}起失效")) && text.contains("聘用单位破产"),
            "{text}"
        );
    }
    let copy = tender_copy(&mut people[0], &certificate.name, "JS-2026-0101").await;
    assert_eq!(
        refusal(copy),
        "CERTIFICATE_SUPERSEDED",
        "no copy of what has lapsed"
    );
    recorded.name
}

async fn one_wrong_lapse_is_undone(
    stage: &mut Stage,
    people: &mut [Holder],
    numbers: &[String],
    lapse: &str,
) {
    stage.sign_in_again().await.expect("signed in");
    let (first, second) = (&stage.reviewing.citizen, &stage.accepting.citizen);
    let person = people[0].citizen.person_name.clone();
    let message = registration::UndoLapseRequest {
        request_id: request_id(),
        name: lapse.to_owned(),
        people: vec![person.clone()],
        reference: "（2026）苏01民终2号".to_owned(),
        statement: "该人员在裁定前已由管理人留用，不属失效".to_owned(),
        evidence: vec![paper(b"%PDF-1.7 ruling")],
    };
    let undoing = first.door.lapses("32").undo_lapse(first.request(message)).await;
    let undoing = undoing.expect("recorded").into_inner().lapse.expect("shown").name;
    let confirmed = confirm(first, second, &undoing).await;
    let answer = asked(stage, &numbers[0], confirmed.position.as_ref()).await;
    assert_eq!(
        (answer.verdict(), answer.status_code(), answer.status_since),
        (Verdict::Valid, StatusCode::Valid, None)
    );
    let other = asked(stage, &numbers[1], confirmed.position.as_ref()).await;
    assert_eq!(other.status_code(), StatusCode::Lapsed);
    let listed = registration::ListLapsesRequest {
        filter: Some(registration::list_lapses_request::Filter::Person(person)),
        ..Default::default()
    };
    let both = second.door.lapses("32").list_lapses(second.request(listed)).await;
    let both: Vec<_> = both
        .expect("listed")
        .into_inner()
        .lapses
        .into_iter()
        .map(|one| one.name)
        .collect();
    assert_eq!(both, [lapse.to_owned(), undoing], "both records stay");
    let holder = &mut people[0];
    holder.citizen.sign_in().await.expect("signed in");
    let again = issued(holder, None).await;
    assert_eq!(
        (again.version, again.superseded_at),
        (1, None),
        "the same certificate"
    );
    tender_copy(holder, &again.name, "JS-2026-0102")
        .await
        .expect("a copy again");
}

async fn the_nation_suspends_and_returns(
    stage: &mut Stage,
    holder: &mut Holder,
    number: &str,
    listed: &Listed<'_>,
) {
    let mut second = stage.officer(1, "ministry").await.expect("appointed");
    stage.sign_in_again().await.expect("signed in");
    second.citizen.sign_in().await.expect("signed in");
    let first = &stage.deciding.citizen;
    let decision = b"%PDF-1.7 decision".to_vec();
    let evidence = || {
        Some(issuance::DecisionPaper {
            media_type: "application/pdf".to_owned(),
            digest: sm3(&decision),
            content: decision.clone().into(),
        })
    };
    let person = holder.citizen.person_name.clone();
    let suspend = issuance::SuspendRegistrationRequest {
        request_id: request_id(),
        person: person.clone(),
        until: None,
        reference: "建市罚〔2026〕1号".to_owned(),
        statement: "项目发生质量事故".to_owned(),
        evidence: evidence(),
    };
    let proposed = first
        .door
        .national_acts()
        .suspend_registration(first.request(suspend))
        .await;
    let proposed = proposed.expect("proposed").into_inner().act.expect("shown").name;
    let act = |name: &str| issuance::ConfirmNationalActRequest {
        request_id: request_id(),
        name: name.to_owned(),
    };
    let alone = first
        .door
        .national_acts()
        .confirm_national_act(first.request(act(&proposed)))
        .await;
    assert_eq!(refusal(alone), "FOUR_EYES_SAME_OFFICER");
    let by = &second.citizen;
    let confirmed = by
        .door
        .national_acts()
        .confirm_national_act(by.request(act(&proposed)))
        .await;
    let seen = confirmed.expect("confirmed").into_inner().position;
    let answer = asked(stage, number, seen.as_ref()).await;
    assert_eq!(
        (answer.verdict(), answer.status_code()),
        (Verdict::RegistrationSuspended, StatusCode::Suspended)
    );
    listed
        .says(
            seen.as_ref(),
            stage,
            1,
            "REGISTRATION_SUSPENDED ENDED",
            "SUSPENDED",
        )
        .await;
    assert_eq!(answer.status_since, Some(wire_day(first.door.clock.today())));

    let restore = issuance::RestoreRegistrationRequest {
        request_id: request_id(),
        person,
        reference: "建市复〔2026〕1号".to_owned(),
        statement: "整改合格".to_owned(),
        evidence: evidence(),
    };
    let proposed = first
        .door
        .national_acts()
        .restore_registration(first.request(restore))
        .await;
    let proposed = proposed.expect("proposed").into_inner().act.expect("shown").name;
    let confirmed = by
        .door
        .national_acts()
        .confirm_national_act(by.request(act(&proposed)))
        .await;
    let seen = confirmed.expect("confirmed").into_inner().position;
    let answer = asked(stage, number, seen.as_ref()).await;
    assert_eq!(
        (answer.verdict(), answer.status_code()),
        (Verdict::Valid, StatusCode::Valid)
    );
    listed
        .says(seen.as_ref(), stage, 0, "VALID CURRENT", "VALID")
        .await;
    holder.citizen.sign_in().await.expect("signed in");
    // The wire has no position for what the province's job will do.
    loop {
        let message = registration::ListNotificationsRequest::default();
        let mut client = holder.citizen.door.notifications("32");
        let told = client.list_notifications(holder.citizen.request(message)).await;
        let kinds: Vec<_> = told
            .expect("own")
            .into_inner()
            .notifications
            .iter()
            .map(|one| one.kind())
            .collect();
        if [Kind::Lapsed, Kind::LapseUndone, Kind::Suspended, Kind::Restored]
            .iter()
            .all(|kind| kinds.contains(kind))
        {
            break;
        }
        tokio::time::sleep(PAUSE).await;
    }
}

async fn somebody_reports(stage: &mut Stage, holder: &Holder, number: &str) {
    let message = registration::ReportRegistrationRequest {
        request_id: request_id(),
        registration_number: number.to_owned(),
        kind: registration::ReportKind::ShouldHaveLapsed.into(),
        statement: "该人员已离职".to_owned(),
        contact: String::new(),
    };
    let mut anonymous = holder.citizen.door.lapses("32");
    let reported = anonymous
        .report_registration(message)
        .await
        .expect("taken")
        .into_inner();
    stage.sign_in_again().await.expect("signed in");
    let officer = &stage.accepting.citizen;
    let queue = registration::ListReportsRequest {
        open: true,
        ..Default::default()
    };
    let queue = officer
        .door
        .lapses("32")
        .list_reports(officer.request(queue))
        .await;
    let queue = queue.expect("listed").into_inner().reports;
    let [report] = queue.as_slice() else {
        panic!("one report")
    };
    assert_eq!(report.number, reported.number);
    let message = registration::DismissReportRequest {
        request_id: request_id(),
        name: report.name.clone(),
        grounds: "劳动合同仍在履行".to_owned(),
    };
    let dismissed = officer
        .door
        .lapses("32")
        .dismiss_report(officer.request(message))
        .await;
    let dismissed = dismissed.expect("dismissed").into_inner().report.expect("shown");
    assert_eq!(dismissed.state(), registration::report::State::Dismissed);
}
