use jiff::civil::{Date, date};
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::*;
use crate::authority::Officer;
use crate::calendar::{HolidayCalendar, start_of};
use crate::cancellation::{CancellationDetails, CancellationGround, CancellationInitiator};
use crate::correction::{CorrectedFact, CorrectionDetails, CorrectionNature, CorrectionTerms};
use crate::employment::{Confirmation, TerminationEvidence};
use crate::ids::{AccountId, AnnouncementId, ClaimId, ClearanceId, MaterialId, ObjectionId, PublicityId};
use crate::policy::PolicyBook;
use crate::province::Province;
use crate::reason::Reason;
use crate::refusal::Refusal;
use crate::registration_number::RegistrationNumber;
use crate::specialty::JointReviewer;

mod clocks;
mod examination;
mod filing;
mod following;
mod publication;
mod types;
mod walks;

const HASH: &str = "c0ffee";
const SKEW: SignedDuration = SignedDuration::from_secs(5);

fn uuid(n: u128) -> Uuid {
    Uuid::from_u128(n)
}

fn account(n: u128) -> AccountId {
    AccountId::from_uuid(uuid(n))
}

fn jiangsu() -> Province {
    Province::from_code("32").expect("Jiangsu")
}

fn officer(n: u128, authority: Authority) -> Officer {
    Officer {
        id: account(n).into(),
        authority,
    }
}

fn province(n: u128) -> Officer {
    officer(n, Authority::Province(jiangsu()))
}

fn ministry(n: u128) -> Officer {
    officer(n, Authority::Ministry)
}

fn water(n: u128) -> Officer {
    officer(n, Authority::JointReviewer(JointReviewer::WaterResources))
}

/// Day `n` of the story at noon.
fn at(n: i32) -> Timestamp {
    start_of(crate::calendar::plus_days(date(2026, 3, 2), n)) + SignedDuration::from_hours(12)
}

fn guide() -> &'static PolicyProfile {
    PolicyBook::builtin()
        .in_force(PolicyBook::PROVINCIAL_PUBLICITY, date(2026, 3, 2))
        .expect("profile")
}

fn direct() -> &'static PolicyProfile {
    PolicyBook::builtin()
        .in_force(PolicyBook::MINISTRY_DIRECT, date(2026, 3, 2))
        .expect("profile")
}

fn new(kind: ApplicationType, specialties: &[Specialty]) -> NewApplication {
    NewApplication {
        id: ApplicationId::from_uuid(uuid(1)),
        jurisdiction: Jurisdiction::Province(jiangsu()),
        kind,
        person: PersonId::from_uuid(uuid(2)),
        employer: EmployerId::from_uuid(uuid(3)),
        previous_employer: None,
        termination: None,
        specialties: specialties.to_vec(),
        particulars: particulars(kind),
    }
}

fn particulars(kind: ApplicationType) -> Particulars {
    match kind {
        ApplicationType::Cancellation => {
            Particulars::Cancellation(cancelling(CancellationInitiator::Holder, true))
        }
        ApplicationType::Correction => Particulars::Correction(CorrectionDetails {
            terms: CorrectionTerms {
                facts: vec![CorrectedFact::Name],
                nature: CorrectionNature::RegisterError,
            },
            statement: String::new(),
            initiator: CancellationInitiator::Holder,
        }),
        ApplicationType::SealReissue => Particulars::SealReissue(SealReissueDetails {
            reason: SealReissueReason::Lost,
            statement: String::new(),
        }),
        _ => Particulars::None,
    }
}

fn cancelling(initiator: CancellationInitiator, whole: bool) -> CancellationDetails {
    CancellationDetails {
        initiator,
        ground: CancellationGround::OtherStatute,
        statement: "决定书".to_owned(),
        employment_ended_on: None,
        whole,
        commitment: false,
    }
}

fn filing(policy: &PolicyProfile) -> Filing<'_> {
    Filing {
        materials: &MaterialKind::ALL,
        education_due: false,
        commitment: true,
        policy,
        renewal: None,
    }
}

type Moved = Result<(Application, ApplicationEvent), MoveRefused>;

fn moved(result: Moved) -> Application {
    result.expect("a legal move").0
}

fn refused(result: Moved) -> &'static str {
    result.expect_err("an illegal move").reason()
}

fn confirmed(kind: ApplicationType, specialties: &[Specialty]) -> Application {
    let draft = moved(Application::create(new(kind, specialties), account(10), at(0)));
    let pending = moved(draft.request_employment(account(10), at(0)));
    moved(pending.confirm_employment(account(11), at(0)))
}

fn submitted(policy: &PolicyProfile, specialties: &[Specialty]) -> Application {
    moved(confirmed(ApplicationType::Initial, specialties).submit(&filing(policy), account(10), at(1)))
}

fn held() -> Claim {
    Claim::Held {
        id: ClaimId::from_uuid(uuid(20)),
    }
}

const HYDROPOWER: &[Specialty] = &[Specialty::WaterAndHydropower];

fn accepted() -> Application {
    moved(submitted(guide(), HYDROPOWER).accept(guide(), province(100), held(), at(2)))
}

fn joint_pending() -> Application {
    let reviewed = moved(accepted().record_review(guide(), province(101), true, "", at(3)));
    moved(reviewed.request_joint_review(guide(), province(101), at(3)))
}

fn decided() -> Application {
    let joint = Specialty::WaterAndHydropower;
    let joined = moved(joint_pending().record_joint_review(guide(), water(300), joint, true, "", at(4)));
    moved(joined.grant(guide(), ministry(200), &[], at(5)))
}

fn window() -> (PublicityId, Date, Date) {
    (
        PublicityId::from_uuid(uuid(30)),
        date(2026, 3, 9),
        date(2026, 3, 23),
    )
}

fn publicized() -> Application {
    moved(decided().open_publicity(
        guide(),
        HolidayCalendar::official(),
        province(102),
        window(),
        at(6),
    ))
}

fn grant() -> ClearanceGrant {
    ClearanceGrant {
        id: ClearanceId::from_uuid(uuid(40)),
        number: RegistrationNumber::parse("苏1322018201901234").expect("number"),
        application_hash: HASH.to_owned(),
        announce_by: at(30),
    }
}

fn cleared() -> Application {
    let closed = moved(publicized().close_publicity(Actor::System, at(22)));
    moved(closed.clear(guide(), grant(), HASH, at(22)))
}

fn notice() -> (AnnouncementId, String) {
    (
        AnnouncementId::from_uuid(uuid(50)),
        "苏建注公告〔2026〕1号".to_owned(),
    )
}

#[test]
fn the_guides_path_leads_to_the_announcement() {
    let (announced, event) = cleared()
        .announce(guide(), province(102), notice(), SKEW, at(23))
        .expect("announced");
    assert_eq!(announced.state().kind(), StateKind::Announced);
    assert_eq!(
        (event.act, event.from, event.to),
        (Act::Announce, StateKind::Cleared, StateKind::Announced)
    );
    assert_eq!(
        announced.state().cleared().map(|c| c.number.to_string()),
        Some("苏1322018201901234".to_owned())
    );
    assert!(announced.state().submission().is_some() && announced.state().publicity().is_some());
    assert_eq!(announced.state().since(), Some(at(23)));
    let json = serde_json::to_string(&announced).expect("json");
    assert_eq!(
        serde_json::from_str::<Application>(&json).expect("back"),
        announced
    );
}

#[test]
fn the_direct_path_has_neither_provincial_review_nor_publicity() {
    let submitted = submitted(direct(), &[Specialty::Building]);
    let accepted = moved(submitted.accept(direct(), ministry(200), held(), at(2)));
    assert_eq!(
        refused(
            accepted
                .clone()
                .record_review(direct(), province(101), true, "", at(3))
        ),
        "APPLICATION_STATE"
    );
    assert_eq!(
        refused(accepted.clone().grant(direct(), ministry(200), &[], at(3))),
        "SAME_OFFICER"
    );
    let decided = moved(accepted.grant(direct(), ministry(201), &[], at(3)));
    let cleared = moved(decided.clear(direct(), grant(), HASH, at(4)));
    assert!(
        cleared
            .announce(direct(), ministry(200), notice(), SKEW, at(5))
            .is_ok()
    );
}

#[test]
fn no_step_is_skipped() {
    let draft = moved(Application::create(
        new(ApplicationType::Initial, HYDROPOWER),
        account(10),
        at(0),
    ));
    assert_eq!(
        refused(draft.submit(&filing(guide()), account(10), at(1))),
        "APPLICATION_STATE"
    );
    let reviewed = moved(accepted().record_review(guide(), province(101), true, "", at(3)));
    assert_eq!(
        refused(reviewed.grant(guide(), ministry(200), &[], at(4))),
        "APPLICATION_STATE"
    );
    assert_eq!(
        refused(decided().clear(guide(), grant(), HASH, at(6))),
        "APPLICATION_STATE"
    );
    assert_eq!(
        refused(publicized().clear(guide(), grant(), HASH, at(7))),
        "APPLICATION_STATE"
    );
    assert_eq!(
        refused(publicized().close_publicity(Actor::System, at(21))),
        "PUBLICITY_OPEN"
    );
    let closed = moved(publicized().close_publicity(Actor::System, at(22)));
    assert_eq!(
        refused(closed.announce(guide(), province(102), notice(), SKEW, at(23))),
        "APPLICATION_STATE"
    );
}

#[test]
fn an_application_stays_under_the_policy_of_its_submission() {
    assert_eq!(
        refused(accepted().record_review(direct(), province(101), true, "", at(3))),
        "OTHER_POLICY"
    );
    for kind in StateKind::ALL {
        assert_eq!(StateKind::from_code(kind.code()), Some(*kind));
    }
}

#[test]
fn every_state_is_explained_to_the_person() {
    use crate::availability::{AvailabilityStep, of_application};

    let reviewed = moved(accepted().record_review(guide(), province(101), true, "", at(3)));
    let objected = moved(publicized().raise_objection(ObjectionId::from_uuid(uuid(60)), at(8)));
    for (application, step) in [
        (
            submitted(guide(), HYDROPOWER),
            AvailabilityStep::CompletenessCheck,
        ),
        (accepted(), AvailabilityStep::UnderReview),
        (reviewed, AvailabilityStep::UnderJointReview),
        (joint_pending(), AvailabilityStep::UnderJointReview),
        (decided(), AvailabilityStep::AwaitingPublicity),
        (publicized(), AvailabilityStep::InPublicity),
        (objected, AvailabilityStep::Objected),
        (cleared(), AvailabilityStep::AwaitingAnnouncement),
    ] {
        assert_eq!(of_application(&application, Some(guide()), &[]), step);
        assert!(application.state().since().is_some());
    }
}
