//! What complaints end in. Neither the complaint nor its decision touches the registration; the announcement does.

use api::registration::v1 as registration;
use api::types::v1::{ApplicationType, CorrectedFact, Position, StatusCode, SupersessionReason};
use api::verification::v1::Verdict;
use api::verification::v1::verify_certificate_request::Subject;
use harness::PROVINCE;
use journeys::certificates::issued;
use journeys::refusal;
use registration::application::State;
use registration::{Case, ListingFault, MaterialKind, RowCorrection};
use testkit::actors::Holder;
use testkit::materials::attach_scans;
use testkit::picture::photo_jpeg;
use testkit::stage::Stage;

use crate::{PAUSE, asked};

const COMPLAINANT: &str = "投诉人王五";

/// One complaint ends in a correction, which a correcting announcement announces, and one in a revocation that is not yet
/// announced. Returns what was announced last.
pub(crate) async fn complaints(
    stage: &Stage,
    holder: &Holder,
    (number, announcement): (&str, &str),
    seen: Option<Position>,
) -> Option<Position> {
    let case = examined(stage, holder, number, "该人员证书照片并非本人").await;
    let facts = [CorrectedFact::Photo];
    let proposed = stage
        .accepting
        .propose_correction(&case, "制证时误用他人照片", &facts);
    proposed.await.expect("proposed");
    let corrected = decided(stage, holder, &case, ApplicationType::Correction).await;
    stands(stage, number, seen.clone()).await;
    let seen = announced(stage, holder, &corrected.follow_up, announcement, seen).await;

    let case = examined(stage, holder, number, "该人员社保不在注册单位").await;
    let proposed = stage.accepting.propose_revocation(&case, "以不正当手段取得注册");
    proposed.await.expect("proposed");
    decided(stage, holder, &case, ApplicationType::Cancellation).await;
    stands(stage, number, seen.clone()).await;
    seen
}

async fn stands(stage: &Stage, number: &str, seen: Option<Position>) {
    let answer = asked(stage, number, seen).await;
    assert_eq!(
        (answer.verdict(), answer.status_code()),
        (Verdict::Valid, StatusCode::Valid)
    );
}

/// From the complaint to the holder's view; returns the case.
async fn examined(stage: &Stage, holder: &Holder, number: &str, complaint: &str) -> String {
    let case = holder
        .citizen
        .complain(PROVINCE, number, COMPLAINANT, complaint)
        .await
        .expect("opened");
    let (examiner, decider) = (&stage.accepting, &stage.reviewing);
    examiner.claim_case(&case).await.expect("in hand");
    let told = examiner.read_complaint(&case).await.expect("in charge");
    assert_eq!(told.complainant, COMPLAINANT);
    assert_eq!(refusal(decider.read_complaint(&case).await), "PERMISSION_DENIED");
    assert_eq!(refusal(holder.case(&case).await), "NOT_FOUND", "not told yet");
    let unheard = examiner.propose_revocation(&case, "经核查属实").await;
    assert_eq!(refusal(unheard), "CASE_NOT_HEARD");
    examiner.hear_holder(&case, complaint).await.expect("told");
    let stated = holder
        .state_view(&case, "情况属实，附证明")
        .await
        .expect("stated");
    assert!(!format!("{stated:?}").contains(COMPLAINANT));
    case
}

/// Another officer than the one who proposed it; the application that follows is the authority's.
async fn decided(stage: &Stage, holder: &Holder, case: &str, kind: ApplicationType) -> Case {
    let (examiner, decider) = (&stage.accepting, &stage.reviewing);
    assert_eq!(refusal(examiner.decide_case(case).await), "CASE_OWN_PROPOSAL");
    let decided = decider.decide_case(case).await.expect("decided by another");
    let follow_up = decider
        .application(&decided.follow_up)
        .await
        .expect("the application that follows");
    assert_eq!((follow_up.r#type(), follow_up.state()), (kind, State::Draft));
    assert_eq!(
        refusal(holder.submit(&decided.follow_up).await),
        "NOT_INITIATOR",
        "it is the authority's"
    );
    decided
}

/// The authority files its correction with the right photo; others review and decide; the row of the announcement that
/// printed the wrong one is corrected.
async fn announced(
    stage: &Stage,
    holder: &Holder,
    name: &str,
    announcement: &str,
    seen: Option<Position>,
) -> Option<Position> {
    let before = issued(holder, seen).await;
    let filer = Holder {
        citizen: stage.accepting.citizen.clone(),
        province: stage.province.clone(),
    };
    let scans = [MaterialKind::ApplicationForm, MaterialKind::CorrectionProof];
    attach_scans(&filer, name, &scans).await.expect("attached");
    filer
        .attach(name, MaterialKind::Photo, "image/jpeg", &photo_jpeg(3))
        .await
        .expect("attached");
    filer.submit(name).await.expect("filed");
    stage.reviewing.review(name).await.expect("reviewed");
    stage.deciding.grant(name).await.expect("granted");
    while stage.deciding.application(name).await.expect("shown").state() != State::Cleared {
        tokio::time::sleep(PAUSE).await;
    }
    let row = RowCorrection {
        fault: ListingFault::Typo.into(),
        row: 1,
        application: name.to_owned(),
    };
    let proposed = stage
        .accepting
        .correct_announcement(announcement, row)
        .await
        .expect("proposed");
    assert_eq!(
        refusal(stage.accepting.publish_correction(&proposed).await),
        "ANNOUNCEMENT_CORRECTION_SAME_OFFICER"
    );
    let published = stage
        .announcing
        .publish_correction(&proposed)
        .await
        .expect("published");
    let correction = published.announcement.expect("an announcement");
    assert_eq!(correction.corrects, announcement);
    assert_eq!(correction.rows[0].full_name, holder.citizen.person.full_name);

    let after = issued(holder, published.position.clone()).await;
    assert_eq!(
        after.version,
        before.version + 1,
        "a version with the right photo"
    );
    let subject = Subject::LicenceIdentifier(before.licence_identifier);
    let answer = stage
        .checker
        .verify(subject, "", published.position.clone())
        .await
        .expect("answered");
    assert_eq!(answer.verdict(), Verdict::Superseded);
    let version = answer.version.expect("a version");
    let why = version.supersession.expect("the register says why");
    assert_eq!(
        (why.reason(), version.changed_facts),
        (SupersessionReason::Correction, vec!["photo".to_owned()])
    );
    published.position
}
