//! Officers share their work, the public objects and complains, and a court brings a registration back.
//!
//! ```text
//!  三人申请 ── 批量受理 (一行失败，其余办结) ── 委托不绕过两人办理 ── 文书编号 ── 公示中异议 (异议人只向承办人公开) ── 公告
//!    甲: 单位不同意注销 ─▶ 劳动仲裁裁决书 ─▶ 强制注销                      核验 有效 ─▶ 已注销
//!    乙: 投诉 ─▶ 陈述申辩 ─▶ 一人提出、另一人决定 ─▶ 更正 ─▶ 更正公告、注销草稿   核验始终 有效
//!    丙: 误注销 ─▶ 法院判决 ─▶ 恢复注册 ─▶ 国家: 新版本证书，条件不变       核验 已注销 ─▶ 有效
//! ```
//!
//! Proves: a batch loses nothing by the row that fails; nobody gets round four eyes by a delegation; the holder reads the
//! numbered notices; who objects or complains is known to the officer in charge alone; while a case is open and after its
//! decision the registration stands; a correction that a complaint led to is announced by a correcting announcement and
//! gives a new version; an award stands in for an employer who refuses, in a whole cancellation; a cancellation that a
//! court undid leaves a new certificate version with the old terms.

mod cases;
mod forced;

use api::registration::v1 as registration;
use api::types::v1::{CancellationGround, Position, StatusCode};
use api::verification::v1::{Verdict, Verification};
use harness::{PROVINCE, World};
use journeys::certificates::issued;
use journeys::refusal;
use registration::application::State;
use registration::{MaterialKind, NoticeKind};
use testkit::actors::{Holder, Officer, request_id};
use testkit::materials::attach_scans;
use testkit::stage::Stage;
use testkit::story::{Silent, wire_day};

const WATER: api::types::v1::Specialty = api::types::v1::Specialty::WaterAndHydropower;
const PAUSE: std::time::Duration = std::time::Duration::from_millis(50);
const OBJECTOR: &str = "异议人赵六";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn officers_share_their_work_and_what_is_wrong_is_put_right_while_the_register_stands() {
    let world = World::start().await;
    let mut stage = world.stage().await;
    let mut delegate = stage.officer(0, "provinces/32").await.expect("in office");
    let mut people = Vec::new();
    for ordinal in 0..3 {
        people.push(stage.holder(ordinal).await.expect("enrolled"));
    }
    stage.sign_in_again().await.expect("signed in");
    delegate.citizen.sign_in().await.expect("signed in");
    let mut names = Vec::new();
    for one in &mut people {
        one.citizen.sign_in().await.expect("signed in");
        names.push(stage.submit_initial(one, &mut Silent).await.expect("submitted"));
    }

    shared_work(&stage, &delegate, &names).await;
    for name in &names {
        decided(&stage, name).await;
    }
    notices_are_read(&people, &names[0]).await;
    let numbers = objected_in_publicity(&mut stage, &mut people, &names).await;
    let mut seen = None;
    let mut announcements = Vec::new();
    for name in &names {
        let published = stage.announcing.publish(name).await.expect("announced");
        announcements.push(published.announcement.expect("an announcement").name);
        seen = published.position;
    }
    let complained = (numbers[1].as_str(), announcements[1].as_str());
    let seen = cases::complaints(&stage, &people[1], complained, seen).await;
    stage.sign_in_again().await.expect("signed in");
    people[0].citizen.sign_in().await.expect("signed in");
    let seen = forced::against_the_employer(&mut stage, &mut people[0], &numbers[0], seen).await;
    a_court_restores(&mut stage, &mut people[2], &numbers[2], Some(seen)).await;
    world.stop().await;
}

fn told(outcomes: &[registration::BatchOutcome]) -> Vec<(bool, &str)> {
    outcomes
        .iter()
        .map(|one| (one.done, one.reason.as_str()))
        .collect()
}

/// 受理 and 初审 of three files: one accepted by a delegate, the others in a batch.
async fn shared_work(stage: &Stage, delegate: &Officer, names: &[String]) {
    let all: Vec<&str> = names.iter().map(String::as_str).collect();
    let (first, by_delegate) = (all[0], all[1]);
    stage
        .accepting
        .delegate_to(PROVINCE, delegate, 5)
        .await
        .expect("delegated");
    delegate
        .accept(by_delegate)
        .await
        .expect("accepted in the delegator's place");
    let outcomes = stage.accepting.accept_all(&all).await.expect("answered");
    assert_eq!(
        told(&outcomes),
        [(true, ""), (false, "APPLICATION_STATE"), (true, "")],
        "the others are done"
    );

    assert_eq!(refusal(delegate.review(by_delegate).await), "SAME_OFFICER");
    assert_eq!(
        refusal(stage.accepting.review(by_delegate).await),
        "SAME_OFFICER",
        "it was done in the delegator's place"
    );
    assert_eq!(
        refusal(delegate.review(first).await),
        "SAME_HANDS",
        "the delegator accepted it"
    );
    let outcomes = stage.accepting.review_all(&all).await.expect("answered");
    assert_eq!(told(&outcomes), [(false, "SAME_OFFICER"); 3], "nor in a batch");
    let outcomes = stage.reviewing.review_all(&all).await.expect("answered");
    assert_eq!(told(&outcomes), [(true, ""); 3], "somebody else does");
}

async fn decided(stage: &Stage, name: &str) {
    stage
        .reviewing
        .request_joint_review(name)
        .await
        .expect("passed on");
    stage.water.joint_review(name, WATER).await.expect("agreed");
    stage.deciding.grant(name).await.expect("granted");
}

async fn notices_are_read(people: &[Holder], name: &str) {
    let own = people[0].notices(name).await.expect("one's own");
    let kinds: Vec<_> = own.iter().map(registration::Notice::kind).collect();
    assert_eq!(kinds, [NoticeKind::Acceptance, NoticeKind::Grant]);
    let year = people[0].citizen.door.clock.today().year();
    let numbers: Vec<_> = own.iter().map(|one| one.number.as_str()).collect();
    assert!(
        numbers[0].starts_with(&format!("苏建注受字〔{year}〕第"))
            && numbers[1].contains(&format!("〔{year}〕第")),
        "{numbers:?}"
    );
    for notice in &own {
        let person = &people[0].citizen.person;
        assert_eq!(notice.applicant, person.full_name);
        assert!(notice.text_zh.contains(&notice.number), "{}", notice.text_zh);
        assert!(!notice.text_zh.contains(&person.document_number), "masked");
    }
    assert_eq!(refusal(people[1].notices(name).await), "NOT_FOUND");
}

/// Returns the registration numbers.
async fn objected_in_publicity(stage: &mut Stage, people: &mut [Holder], names: &[String]) -> Vec<String> {
    let all: Vec<&str> = names.iter().map(String::as_str).collect();
    let charge = &stage.announcing;
    let publicity = charge.open_publicity_of(&all).await.expect("opened");
    let objection = people[2]
        .citizen
        .object(all[0], OBJECTOR, "社保不在该单位")
        .await
        .expect("raised");
    charge.claim_work(all[0]).await.expect("in hand");
    assert_eq!(
        refusal(stage.reviewing.read_objection(&objection).await),
        "PERMISSION_DENIED"
    );
    let read = charge.read_objection(&objection).await.expect("in charge");
    assert_eq!((read.objector.as_str(), read.evidence.len()), (OBJECTOR, 1));
    let shown = people[0].application(all[0]).await.expect("one's own");
    assert_eq!(shown.state(), State::Objected);
    assert!(!format!("{shown:?}").contains(OBJECTOR));
    charge
        .dismiss_objection(&objection, "社保关系已核实")
        .await
        .expect("answered");
    let mut holders: Vec<&mut Holder> = people.iter_mut().collect();
    stage
        .close_publicity(&mut holders, &publicity, &all, &mut Silent)
        .await
        .expect("cleared")
}

async fn asked(stage: &Stage, number: &str, seen: Option<Position>) -> Verification {
    stage.checker.by_number(number, seen).await.expect("answered")
}

/// The employer has the registration cancelled, by a date that a court finds wrong.
async fn cancelled_wrongly(stage: &mut Stage, holder: &mut Holder, number: &str) {
    let message = registration::OpenCancellationRequest {
        request_id: request_id(),
        person: holder.citizen.person_name.clone(),
        specialties: Vec::new(),
        details: Some(registration::CancellationDetails {
            ground: CancellationGround::EmploymentEnded.into(),
            employment_ended_on: Some(wire_day(holder.citizen.door.clock.today())),
            ..Default::default()
        }),
    };
    let registrar = Holder {
        citizen: stage.employer_a.citizen.clone(),
        province: stage.province.clone(),
    };
    let mut cancellations = registrar.citizen.door.cancellations(&registrar.province);
    let opened = cancellations
        .open_cancellation(registrar.citizen.request(message))
        .await;
    let draft = opened.expect("opened").into_inner().application.expect("a draft");
    let scans = [MaterialKind::ApplicationForm, MaterialKind::CancellationProof];
    attach_scans(&registrar, &draft.name, &scans)
        .await
        .expect("attached");
    registrar.submit(&draft.name).await.expect("submitted");
    let announced = stage
        .through_the_authorities(holder, draft.name, &[], &mut Silent)
        .await
        .expect("announced");
    let answer = asked(stage, number, Some(announced.position)).await;
    assert_eq!(
        (answer.verdict(), answer.status_code()),
        (Verdict::RegistrationEnded, StatusCode::Cancelled)
    );
}

async fn a_court_restores(stage: &mut Stage, holder: &mut Holder, number: &str, seen: Option<Position>) {
    stage.sign_in_again().await.expect("signed in");
    holder.citizen.sign_in().await.expect("signed in");
    let before = issued(holder, seen).await;
    let person = holder.citizen.person_name.clone();
    let (judgment, paper) = ("（2026）苏01行终12号", "%PDF-1.7 判决书".as_bytes());
    let early = stage.reviewing.restore(PROVINCE, &person, judgment, paper).await;
    assert_eq!(refusal(early), "NOT_CANCELLED", "it stands");
    cancelled_wrongly(stage, holder, number).await;
    stage.sign_in_again().await.expect("signed in");
    let elsewhere = stage.deciding.restore(PROVINCE, &person, judgment, paper).await;
    assert_eq!(
        refusal(elsewhere),
        "WRONG_AUTHORITY",
        "the decision binds the province"
    );
    let seen = stage
        .reviewing
        .restore(PROVINCE, &person, judgment, paper)
        .await
        .expect("restored");
    assert!(seen.is_some(), "a checker need not guess when");
    let answer = asked(stage, number, seen.clone()).await;
    assert_eq!(
        (answer.verdict(), answer.status_code()),
        (Verdict::Valid, StatusCode::Valid)
    );
    holder.citizen.sign_in().await.expect("signed in");
    let after = issued(holder, seen).await;
    assert_eq!(
        (after.version, &after.registration_number, &after.specialties),
        (
            before.version + 1,
            &before.registration_number,
            &before.specialties
        ),
        "a new version with the terms it had"
    );
    assert_ne!(after.licence_identifier, before.licence_identifier);
    let all = holder.certificates(None).await.expect("one's own");
    let current: Vec<_> = all
        .iter()
        .filter(|one| one.superseded_at.is_none())
        .map(|one| &one.name)
        .collect();
    assert_eq!(current, [&after.name], "the cancelled version stays ended");
    let again = stage.reviewing.restore(PROVINCE, &person, judgment, paper).await;
    assert_eq!(refusal(again), "NOT_CANCELLED", "once");
}
