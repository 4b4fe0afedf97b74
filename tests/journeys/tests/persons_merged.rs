//! One human being under two documents, registered in two provinces: merged (合并) and split again (拆分) by officers of the nation.
//!
//! ```text
//!  江苏 (32)                      国家                                  浙江 (33)
//!  old register, new document ──▶ two persons, two registrations ◀────── old register, old document
//!                                  合并 refused: both in force
//!                                  one in force ◀────────── 失效, by two officers
//!  told ◀─────────────────────── 合并, by two officers ───────────────▶ told
//!                                  either document leads to the one registration
//!  told ◀─────────────────────── 拆分, by two officers ───────────────▶ told
//! ```
//!
//! Proves: nobody has two registrations in force as one person, and what cures that is said; a merge takes two officers of the
//! nation and counts from the second's word; then either document leads to the one registration that is in force, and both
//! provinces hear of it; a split undoes all of this, and nothing of either history is lost.

use api::issuance::v1 as issuance;
use api::registration::v1 as registration;
use api::types::v1::{NotificationKind as Kind, Position, StatusCode};
use api::verification::v1::{Verdict, Verification};
use harness::{Role, World};
use jiff::ToSpan as _;
use journeys::books::Books;
use journeys::importing::{brought_in, verified};
use journeys::{particular, reason, refusal, refused};
use registration::ImportKind;
use registration::record_lapse_request::Subject;
use testkit::actors::{Answer, Citizen, Officer, request_id};
use testkit::people::Person;
use testkit::stage::Stage;
use testkit::story::wire_day;

const PAUSE: std::time::Duration = std::time::Duration::from_millis(50);
const PAPER: &[u8] = b"%PDF-1.7 one human being";
const KEPT: &str = "苏1322010201000001";
const LAPSED: &str = "浙1332010201000002";

/// Who says that two persons are one, and on which paper.
struct Ministry<'a> {
    first: &'a Officer,
    second: &'a Officer,
}

impl Ministry<'_> {
    fn paper() -> Option<issuance::DecisionPaper> {
        Some(issuance::DecisionPaper {
            media_type: "application/pdf".to_owned(),
            digest: sm3(),
            content: PAPER.into(),
        })
    }

    async fn merging(&self, person: &str, into: &str) -> Answer<String> {
        let message = issuance::MergePersonsRequest {
            request_id: request_id(),
            person: person.to_owned(),
            into: into.to_owned(),
            reference: "建市人〔2026〕6号".to_owned(),
            statement: "经核查为同一人".to_owned(),
            evidence: Self::paper(),
        };
        let by = &self.first.citizen;
        let answer = by.door.national_acts().merge_persons(by.request(message)).await?;
        Ok(answer.into_inner().act.unwrap_or_default().name)
    }

    async fn splitting(&self, person: &str) -> Answer<String> {
        let message = issuance::SplitPersonRequest {
            request_id: request_id(),
            person: person.to_owned(),
            reference: "建市人〔2026〕7号".to_owned(),
            statement: "经复核不是同一人".to_owned(),
            evidence: Self::paper(),
        };
        let by = &self.first.citizen;
        let answer = by.door.national_acts().split_person(by.request(message)).await?;
        Ok(answer.into_inner().act.unwrap_or_default().name)
    }

    /// Whoever proposed an act does not confirm it; the other one does.
    async fn confirmed(&self, act: &str) -> Position {
        let alone = confirm(&self.first.citizen, act).await;
        assert_eq!(refusal(alone), "FOUR_EYES_SAME_OFFICER");
        let confirmed = confirm(&self.second.citizen, act).await.expect("confirmed");
        confirmed.position.expect("the survivor's entry is told anew")
    }
}

async fn confirm(by: &Citizen, act: &str) -> Answer<issuance::ConfirmNationalActResponse> {
    let message = issuance::ConfirmNationalActRequest {
        request_id: request_id(),
        name: act.to_owned(),
    };
    let mut acts = by.door.national_acts();
    let answer = acts.confirm_national_act(by.request(message)).await?;
    Ok(answer.into_inner())
}

fn sm3() -> String {
    gm::sm3::digest(PAPER)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_persons_of_one_human_being_become_one_and_are_split_again() {
    let world = World::start_back(1.years()).await;
    let mut stage = world.stage().await;
    let mut zhejiang = stage.beside("33").await.expect("Zhejiang has its officers");
    stage.sign_in_again().await.expect("signed in");
    // The birth date on the old document was wrong: the number is another one, and so is the person.
    let (new, old) = (
        Person::named("欧阳静怡", (1982, 3, 14), 7),
        Person::named("欧阳静怡", (1981, 3, 14), 7),
    );
    from_the_old_register(&stage, &new, KEPT).await;
    from_the_old_register(&zhejiang, &old, LAPSED).await;
    let kept = stage.holder_named(new.clone()).await.expect("enrolled");
    let away = zhejiang.holder_named(old.clone()).await.expect("enrolled");
    let (kept, away) = (kept.citizen.person_name, away.citizen.person_name);
    assert_ne!(kept, away);
    let mut second = stage.officer(1, "ministry").await.expect("appointed");
    stage.sign_in_again().await.expect("signed in");
    zhejiang.sign_in_again().await.expect("signed in");
    second.citizen.sign_in().await.expect("signed in");
    let ministry = Ministry {
        first: &stage.deciding,
        second: &second,
    };

    let both = refused(ministry.merging(&away, &kept).await);
    assert_eq!(reason(&both), "PERSONS_BOTH_REGISTERED");
    assert!(particular(&both, "text_zh").contains("注销"), "what cures it");
    lapses(&zhejiang, &away).await;
    let act = ministry.merging(&away, &kept).await.expect("proposed");
    let seen = ministry.confirmed(&act).await;
    for person in [&new, &old] {
        let answer = asked(&stage, person, &seen).await;
        assert_eq!(
            (answer.verdict(), answer.registration_number.as_str()),
            (Verdict::Valid, KEPT),
            "{:?}",
            answer.text
        );
    }
    let books = Books::open(&world, &Role::Issuance).await;
    let in_force = "SELECT count(*) FROM register.active_registration";
    assert_eq!(books.count(in_force).await, 1);
    both_provinces_are_told([&stage, &zhejiang], &away, &[Kind::PersonsMerged]).await;

    let act = ministry.splitting(&away).await.expect("proposed");
    let seen = ministry.confirmed(&act).await;
    let own = asked(&stage, &new, &seen).await;
    assert_eq!(
        (own.verdict(), own.registration_number.as_str()),
        (Verdict::Valid, KEPT)
    );
    let other = asked(&stage, &old, &seen).await;
    assert_eq!(
        (other.status_code(), other.registration_number.as_str()),
        (StatusCode::Lapsed, LAPSED),
        "its own history, as it was"
    );
    let kinds = [Kind::PersonsMerged, Kind::PersonSplit];
    both_provinces_are_told([&stage, &zhejiang], &away, &kinds).await;
    world.stop().await;
}

/// One person of a province's old register, once the nation answers for the number.
async fn from_the_old_register(stage: &Stage, person: &Person, number: &str) {
    let today = stage.accepting.citizen.door.clock.today();
    let (from, to) = (today.saturating_sub(1.years()), today.saturating_add(1.years()));
    let Person {
        full_name,
        document_number,
        ..
    } = person;
    let code = &stage.employer_a.employer.credit_code;
    let serial = &number[number.len() - 5..];
    let file = format!(
        "姓名,身份证号,注册编号,证书编号,统一社会信用代码,注册专业,有效期起,有效期止,资格证书管理号\n\
         {full_name},{document_number},{number},000{serial},{code},建筑工程,{from},{to},ZG2010{serial}"
    );
    let done = brought_in(stage, ImportKind::Register, &file).await;
    assert_eq!((done.rows_written, done.rows_failed), (1, 0));
    let answer = verified(stage, number).await;
    assert_eq!(answer.registration_number, number);
}

/// 失效 in Zhejiang, by two officers.
async fn lapses(zhejiang: &Stage, person: &str) {
    let (first, second) = (&zhejiang.accepting.citizen, &zhejiang.reviewing.citizen);
    let message = registration::RecordLapseRequest {
        request_id: request_id(),
        subject: Some(Subject::Person(person.to_owned())),
        ground: registration::LapseGround::EmploymentEnded.into(),
        effective_on: Some(wire_day(first.door.clock.today())),
        reference: "浙建注〔2026〕3号".to_owned(),
        evidence: vec![registration::EvidencePaper {
            media_type: "application/pdf".to_owned(),
            content: PAPER.into(),
            digest: sm3(),
        }],
        ..Default::default()
    };
    let recorded = first.door.lapses("33").record_lapse(first.request(message)).await;
    let recorded = recorded.expect("recorded").into_inner().lapse.expect("shown");
    let message = registration::ConfirmLapseRequest {
        request_id: request_id(),
        name: recorded.name,
    };
    let confirmed = second
        .door
        .lapses("33")
        .confirm_lapse(second.request(message))
        .await;
    let confirmed = confirmed.expect("confirmed").into_inner();
    let answer = zhejiang.checker.by_number(LAPSED, confirmed.position).await;
    assert_eq!(answer.expect("answered").status_code(), StatusCode::Lapsed);
}

async fn asked(stage: &Stage, person: &Person, seen: &Position) -> Verification {
    let answer = stage
        .checker
        .by_document(&person.document_number, &person.full_name, Some(seen.clone()))
        .await;
    answer.expect("answered")
}

/// What the officers of both provinces are told of the person; the wire has no position for what a province hears from the nation.
async fn both_provinces_are_told(stages: [&Stage; 2], person: &str, expected: &[Kind]) {
    for stage in stages {
        let officer = &stage.accepting.citizen;
        loop {
            let mut client = officer.door.notifications(&stage.province);
            let message = registration::ListNotificationsRequest {
                addressee: format!("provinces/{}", stage.province),
                ..Default::default()
            };
            let told = client.list_notifications(officer.request(message)).await;
            let told = told.expect("an officer's own").into_inner().notifications;
            let mut kinds: Vec<_> = told
                .iter()
                .filter(|one| one.subject == person)
                .map(|one| one.kind())
                .collect();
            kinds.sort_unstable();
            if kinds.len() >= expected.len() {
                assert_eq!(kinds, expected, "{}", stage.province);
                break;
            }
            tokio::time::sleep(PAUSE).await;
        }
    }
}
