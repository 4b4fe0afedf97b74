//! Notices (文书): what an act gives the applicant in writing.

use api::registration::v1 as wire;
use api::types::v1::{ApplicationType, Specialty};
use jiff::civil::date;
use wire::NoticeKind;
use wire::application::State;

use crate::story::Officers;
use crate::world::{Actor, Employment, Holder, World, id, officer, reason};

const BUILDING: Specialty = Specialty::Building;

async fn submitted(world: &World, ordinal: u32) -> (Holder, Employment, String) {
    let holder = world.person(ordinal);
    let firm = world.firm("江苏建工集团有限公司", "32", ordinal);
    world.qualify(&holder, BUILDING, date(2022, 3, 1)).await;
    let name = world
        .submitted(&holder, &firm, ApplicationType::Initial, &[BUILDING])
        .await;
    (holder, firm, name)
}

impl World {
    async fn notices(&self, reader: &Actor, application: &str) -> Vec<wire::Notice> {
        let message = wire::ListNoticesRequest {
            application: application.to_owned(),
        };
        let request = self.signed(reader, message);
        let answer = self.notice_service().list_notices(request).await;
        answer.expect("listed").into_inner().notices
    }
}

fn numbers(notices: &[wire::Notice]) -> Vec<&str> {
    notices.iter().map(|notice| notice.number.as_str()).collect()
}

#[tokio::test]
async fn every_act_that_must_be_told_in_writing_gives_a_numbered_notice() {
    let world = World::start().await;
    let officers = Officers::new();
    let year = world.today().year();
    let (holder, firm, name) = submitted(&world, 1).await;
    let points = vec!["劳动合同缺少签章页".to_owned(), "照片不是白底".to_owned()];
    world
        .request_correction(&officers.acceptor, &name, points.clone())
        .await
        .expect("asked for");
    world
        .submit_application(&holder.actor, &name, true)
        .await
        .expect("answered");
    world
        .accept_application(&officers.acceptor, &name, "")
        .await
        .expect("accepted");
    world
        .record_review(&officers.reviewer, &name, wire::Opinion::Unfavourable, "社保不符")
        .await
        .expect("reviewed");
    world
        .decide_application(&officers.ministry, &name, false, "社保缴纳单位与聘用单位不一致")
        .await
        .expect("refused");
    let given = world.notices(&holder.actor, &name).await;
    assert_eq!(
        numbers(&given),
        [
            format!("苏建注补字〔{year}〕第00001号"),
            format!("苏建注受字〔{year}〕第00001号"),
            format!("建注不准字〔{year}〕第苏00001号"),
        ]
    );
    let correction = given.first().expect("a correction");
    assert_eq!(
        (correction.kind(), &correction.points),
        (NoticeKind::Correction, &points),
        "everything at once"
    );
    let refusal = given.last().expect("a refusal");
    assert_eq!(refusal.applicant, holder.person.full_name);
    assert!(
        refusal.text_zh.contains("社保缴纳单位与聘用单位不一致"),
        "{}",
        refusal.text_zh
    );
    assert!(refusal.text_zh.contains("行政复议"), "{}", refusal.text_zh);
    for notice in &given {
        assert!(!notice.text_zh.contains(&holder.person.document_number), "masked");
        let digest: String = postgres::hash::sha256(&notice.content)
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        assert_eq!(digest, notice.digest);
    }
    assert_eq!(
        world.notices(&firm.registrar, &name).await.len(),
        2,
        "grounds of a refusal are the person's"
    );
    let stranger = world.person(50);
    let message = wire::GetNoticeRequest {
        name: refusal.name.clone(),
    };
    let answer = world
        .notice_service()
        .get_notice(world.signed(&stranger.actor, message))
        .await;
    assert_eq!(reason(answer), "NOT_FOUND");
}

#[tokio::test]
async fn numbers_have_no_gap_where_an_act_is_refused() {
    let world = World::start().await;
    let officers = Officers::new();
    let mut taken = Vec::new();
    for ordinal in 1..=3 {
        let (holder, _, name) = submitted(&world, ordinal).await;
        let stale = world.accept_application(&officers.acceptor, &name, "99").await;
        assert_eq!(reason(stale), "CONCURRENT_CHANGE");
        assert_eq!(
            reason(world.accept_application(&officers.ministry, &name, "").await),
            "WRONG_AUTHORITY"
        );
        world
            .accept_application(&officers.acceptor, &name, "")
            .await
            .expect("accepted");
        let given = world.notices(&holder.actor, &name).await;
        taken.extend(given.into_iter().map(|notice| notice.number));
    }
    let year = world.today().year();
    let expected: Vec<_> = (1..=3)
        .map(|serial| format!("苏建注受字〔{year}〕第{serial:05}号"))
        .collect();
    assert_eq!(taken, expected);
}

#[tokio::test]
async fn an_application_that_is_not_accepted_says_why_and_ends() {
    let world = World::start().await;
    let officers = Officers::new();
    let (holder, firm, name) = submitted(&world, 1).await;
    let decline = async |ground: wire::NonAcceptanceGround, grounds: &str| {
        let message = wire::DeclineAcceptanceRequest {
            request_id: id(),
            name: name.clone(),
            etag: String::new(),
            ground: ground.into(),
            grounds: grounds.to_owned(),
        };
        let request = world.signed(&officers.acceptor, message);
        world.reviews().decline_acceptance(request).await
    };
    let not_corrected = decline(wire::NonAcceptanceGround::NotCorrected, "缺合同").await;
    assert_eq!(reason(not_corrected), "CORRECTION_NOT_REQUESTED");
    let silent = decline(wire::NonAcceptanceGround::NotCompetent, " ").await;
    assert_eq!(reason(silent), "GROUNDS_MISSING");
    let shown = decline(wire::NonAcceptanceGround::NotCompetent, "请向军队主管部门申请")
        .await
        .expect("declined")
        .into_inner()
        .application
        .expect("shown");
    assert_eq!(shown.state(), State::NotAccepted);
    let given = world.notices(&holder.actor, &name).await;
    let notice = given.first().expect("a notice");
    assert_eq!(notice.kind(), NoticeKind::NonAcceptance);
    assert!(
        notice.text_zh.contains("请向军队主管部门申请"),
        "{}",
        notice.text_zh
    );
    assert!(!notice.remedies.is_empty());
    world
        .draft(&holder, ApplicationType::Initial, &[BUILDING], &firm.name)
        .await
        .expect("another may be opened");
}

#[tokio::test]
async fn a_pause_and_an_extension_are_told_in_writing() {
    let world = World::start().await;
    let officers = Officers::new();
    let (holder, _, name) = submitted(&world, 1).await;
    world
        .accept_application(&officers.acceptor, &name, "")
        .await
        .expect("accepted");
    world
        .record_review(&officers.reviewer, &name, wire::Opinion::Favourable, "")
        .await
        .expect("reviewed");
    let pause = wire::PauseClockRequest {
        request_id: id(),
        name: name.clone(),
        etag: String::new(),
        ground: wire::PauseGround::ExpertReview.into(),
        expected_days: 10,
        reason: "组织专家评审".to_owned(),
    };
    world
        .clocks()
        .pause_clock(world.signed(&officers.ministry, pause))
        .await
        .expect("stopped");
    let resume = wire::ResumeClockRequest {
        request_id: id(),
        name: name.clone(),
        ..Default::default()
    };
    world
        .clocks()
        .resume_clock(world.signed(&officers.ministry, resume))
        .await
        .expect("runs");
    let ask = wire::RequestExtensionRequest {
        request_id: id(),
        name: name.clone(),
        reasons: "情况复杂".to_owned(),
        ..Default::default()
    };
    world
        .clocks()
        .request_extension(world.signed(&officers.ministry, ask))
        .await
        .expect("asked for");
    let extend = wire::ExtendLimitRequest {
        request_id: id(),
        name: name.clone(),
        ..Default::default()
    };
    world
        .clocks()
        .extend_limit(world.signed(&officer("ministry"), extend))
        .await
        .expect("extended");
    let given = world.notices(&holder.actor, &name).await;
    let kinds: Vec<_> = given.iter().map(wire::Notice::kind).collect();
    assert_eq!(
        kinds,
        [NoticeKind::Acceptance, NoticeKind::Pause, NoticeKind::Extension]
    );
    let texts: Vec<_> = given.iter().map(|notice| notice.text_zh.as_str()).collect();
    assert!(
        texts.iter().any(|text| text.contains("组织专家评审")),
        "{texts:?}"
    );
    let extension = given.last().expect("an extension");
    assert!(extension.due_on.is_some() && extension.text_zh.contains("审批期限延长至"));
}
