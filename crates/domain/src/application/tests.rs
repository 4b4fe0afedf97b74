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
fn who_accepts_does_not_review() {
    assert_eq!(
        refused(accepted().record_review(guide(), province(100), true, "", at(3))),
        "SAME_OFFICER"
    );
}

#[test]
fn no_authority_takes_the_step_of_another() {
    let shanghai = officer(
        101,
        Authority::Province(Province::from_code("31").expect("Shanghai")),
    );
    let joint = Specialty::WaterAndHydropower;
    for intruder in [shanghai, ministry(101), water(101)] {
        assert_eq!(
            refused(accepted().record_review(guide(), intruder, true, "", at(3))),
            "WRONG_AUTHORITY"
        );
    }
    let railway = officer(9, Authority::JointReviewer(JointReviewer::Railway));
    for intruder in [province(103), ministry(203), railway] {
        let opinion = joint_pending().record_joint_review(guide(), intruder, joint, true, "", at(4));
        assert_eq!(refused(opinion), "WRONG_AUTHORITY");
    }
    let joined = moved(joint_pending().record_joint_review(guide(), water(300), joint, true, "", at(4)));
    for intruder in [province(103), water(301)] {
        assert_eq!(
            refused(joined.clone().grant(guide(), intruder, &[], at(5))),
            "WRONG_AUTHORITY"
        );
    }
    assert_eq!(
        refused(cleared().announce(guide(), ministry(201), notice(), SKEW, at(23))),
        "WRONG_AUTHORITY"
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
fn missing_materials_commitment_and_specialties_are_named() {
    let application = confirmed(ApplicationType::Initial, HYDROPOWER);
    let bare = Filing {
        materials: &[MaterialKind::ApplicationForm],
        ..filing(guide())
    };
    let fault = application
        .clone()
        .submit(&bare, account(10), at(1))
        .expect_err("missing");
    assert!(fault.text().zh.contains("劳动合同") && fault.text().zh.contains("一寸白底免冠照片"));
    let silent = Filing {
        commitment: false,
        ..filing(guide())
    };
    assert_eq!(
        refused(application.submit(&silent, account(10), at(1))),
        "COMMITMENT_MISSING"
    );
    for specialties in [vec![], vec![Specialty::Mining, Specialty::Mining]] {
        let application =
            Application::create(new(ApplicationType::Initial, &specialties), account(10), at(0));
        assert_eq!(refused(application), "SPECIALTIES");
    }
}

#[test]
fn what_is_missing_is_told_once() {
    let points = || vec!["劳动合同缺少签字页".to_owned()];
    let submitted = submitted(guide(), HYDROPOWER);
    assert_eq!(
        refused(
            submitted
                .clone()
                .request_correction(guide(), province(100), vec![], at(2))
        ),
        "NOTHING_TO_CORRECT"
    );
    let asked = moved(submitted.request_correction(guide(), province(100), points(), at(2)));
    let again = moved(asked.submit(&filing(guide()), account(10), at(3)));
    assert_eq!(again.state().submission().map(|s| s.at), Some(at(1)));
    assert_eq!(
        refused(again.request_correction(guide(), province(100), points(), at(4))),
        "CORRECTION_ALREADY_REQUESTED"
    );
}

#[test]
fn a_grant_stands_against_neither_rule_nor_joint_review() {
    let joint = Specialty::WaterAndHydropower;
    let declined = joint_pending().record_joint_review(guide(), water(300), joint, false, "业绩不符", at(4));
    assert_eq!(
        refused(moved(declined).grant(guide(), ministry(200), &[], at(5))),
        "AGAINST_JOINT_REVIEW"
    );
    let joined = moved(joint_pending().record_joint_review(guide(), water(300), joint, true, "", at(4)));
    let rule = Refusal {
        rule: crate::refusal::RuleId::OverAge,
        article: String::new(),
        text: crate::refusal::RuleId::OverAge.text(),
        facts: Vec::new(),
        cure: None,
        eligible_from: None,
    };
    let failing = std::slice::from_ref(&rule);
    assert_eq!(
        refused(joined.clone().grant(guide(), ministry(200), failing, at(5))),
        "AGAINST_RULES"
    );
    assert_eq!(
        refused(joined.clone().refuse(guide(), ministry(200), &[], " ", at(5))),
        "GROUNDS_MISSING"
    );
    let no = moved(joined.refuse(guide(), ministry(200), failing, "", at(5)));
    let verdict = &no.state().decision().expect("decision").verdict;
    assert!(matches!(verdict, Verdict::Refused { rules, .. } if rules == &["OVER_AGE"]));
    assert_eq!(
        refused(no.withdraw(Actor::System, "x", at(6))),
        "APPLICATION_STATE"
    );
}

#[test]
fn a_second_opinion_on_one_specialty_is_refused() {
    let two = &[Specialty::WaterAndHydropower, Specialty::Railway];
    let accepted = moved(submitted(guide(), two).accept(guide(), province(100), held(), at(2)));
    let reviewed = moved(accepted.record_review(guide(), province(101), true, "", at(3)));
    let pending = moved(reviewed.request_joint_review(guide(), province(101), at(3)));
    let first = moved(pending.record_joint_review(guide(), water(300), two[0], true, "", at(4)));
    assert_eq!(first.state().kind(), StateKind::JointReviewPending);
    assert_eq!(
        refused(
            first
                .clone()
                .record_joint_review(guide(), water(301), two[0], true, "", at(4))
        ),
        "NOT_CO_REVIEWED"
    );
    let railway = officer(302, Authority::JointReviewer(JointReviewer::Railway));
    let both = moved(first.record_joint_review(guide(), railway, two[1], true, "", at(4)));
    assert_eq!(both.state().kind(), StateKind::JointReviewed);
}

#[test]
fn an_upheld_objection_sends_the_file_back_to_be_reviewed_anew() {
    let objection = ObjectionId::from_uuid(uuid(60));
    let objected = moved(publicized().raise_objection(objection, at(8)));
    assert_eq!(
        refused(objected.clone().close_publicity(Actor::System, at(40))),
        "APPLICATION_STATE"
    );
    let dismissed = moved(objected.clone().resolve_objection(
        guide(),
        province(102),
        (objection, false),
        "不属实",
        at(9),
    ));
    assert_eq!(
        dismissed.state().publicity().map(|p| p.dismissed.clone()),
        Some(vec![objection])
    );
    let other = ObjectionId::from_uuid(uuid(61));
    let two = moved(objected.clone().raise_objection(other, at(8)));
    let one = moved(two.resolve_objection(guide(), province(102), (objection, false), "不属实", at(9)));
    assert_eq!(
        one.state().kind(),
        StateKind::Objected,
        "the other one is still open"
    );
    assert_eq!(
        refused(
            one.clone()
                .resolve_objection(guide(), province(102), (objection, false), "再答", at(9))
        ),
        "APPLICATION_STATE"
    );
    let none = moved(one.resolve_objection(guide(), province(102), (other, false), "不属实", at(9)));
    assert_eq!(none.state().kind(), StateKind::Publicized);
    let back = moved(objected.resolve_objection(guide(), province(102), (objection, true), "属实", at(9)));
    assert_eq!(back.state().kind(), StateKind::Accepted);
    assert_eq!(back.returns.len(), 1);
    assert_eq!(
        refused(back.record_review(guide(), province(100), true, "", at(10))),
        "SAME_OFFICER"
    );
    assert_eq!(
        refused(publicized().raise_objection(objection, at(22))),
        "PUBLICITY_OVER"
    );
}

#[test]
fn a_publicity_shorter_than_the_policy_is_refused() {
    let (id, opens, _) = window();
    for (opens, closes) in [(opens, date(2026, 3, 20)), (date(2026, 3, 1), date(2026, 3, 23))] {
        let opened = decided().open_publicity(
            guide(),
            HolidayCalendar::official(),
            province(102),
            (id, opens, closes),
            at(6),
        );
        assert_eq!(refused(opened), "PUBLICITY_WINDOW");
    }
}

#[test]
fn an_announcement_needs_a_living_clearance_that_binds_the_application() {
    assert_eq!(
        refused(cleared().announce(guide(), province(102), notice(), SKEW, at(30))),
        "CLEARANCE_EXPIRED"
    );
    let closed = moved(publicized().close_publicity(Actor::System, at(22)));
    assert_eq!(
        refused(closed.clone().clear(guide(), grant(), "other", at(22))),
        "CLEARANCE_MISMATCH"
    );
    let back = moved(closed.return_for_review(guide(), "PERSON_BANNED", at(22)));
    assert_eq!(back.state().kind(), StateKind::Accepted);
    let released = moved(cleared().release_clearance(Actor::System, at(30)));
    assert_eq!(released.state().kind(), StateKind::PublicityClosed);
    assert!(released.clear(guide(), grant(), HASH, at(31)).is_ok());
}

#[test]
fn a_rule_that_comes_up_after_the_decision_sends_the_file_back_to_review() {
    let failing = [Refusal::of(crate::refusal::RuleId::OverAge)];
    for file in [decided(), publicized(), cleared()] {
        let by_none = file.clone().return_failing(guide(), province(102), &[], at(22));
        assert_eq!(refused(by_none), "NO_RULE_FAILS");
        let ministry = file
            .clone()
            .return_failing(guide(), ministry(103), &failing, at(22));
        assert_eq!(refused(ministry), "WRONG_AUTHORITY");
        let back = moved(file.return_failing(guide(), province(102), &failing, at(22)));
        assert_eq!(back.state().kind(), StateKind::Accepted);
        let rules = vec!["OVER_AGE".to_owned()];
        assert_eq!(back.returns, [ReturnReason::RulesFail { rules, at: at(22) }]);
        let again = back.return_failing(guide(), province(102), &failing, at(23));
        assert_eq!(refused(again), "APPLICATION_STATE");
    }
}

#[test]
fn a_pending_claim_lets_the_province_work_but_not_announce() {
    let submitted = submitted(guide(), &[Specialty::Building]);
    let conflict = Claim::Conflict { known_at: at(2) };
    assert_eq!(
        refused(submitted.clone().accept(guide(), province(100), conflict, at(2))),
        "CLAIM_NOT_HELD"
    );
    assert_eq!(
        refused(
            submitted
                .clone()
                .accept(guide(), province(100), Claim::Exempt, at(2))
        ),
        "CLAIM_NOT_HELD"
    );
    let accepted = moved(submitted.accept(guide(), province(100), Claim::Pending, at(2)));
    let reviewed = moved(accepted.record_review(guide(), province(101), true, "", at(3)));
    let decided = moved(reviewed.grant(guide(), ministry(200), &[], at(5)));
    let open = decided.open_publicity(
        guide(),
        HolidayCalendar::official(),
        province(102),
        window(),
        at(6),
    );
    let closed = moved(moved(open).close_publicity(Actor::System, at(22)));
    assert_eq!(
        refused(closed.clone().clear(guide(), grant(), HASH, at(22))),
        "CLAIM_NOT_HELD"
    );
    let settled = moved(closed.settle_claim(held(), at(22)));
    assert!(settled.clone().settle_claim(held(), at(22)).is_err());
    assert!(settled.clear(guide(), grant(), HASH, at(22)).is_ok());
}

#[test]
fn a_change_of_employer_shows_how_the_old_employment_ended() {
    let mut change = new(ApplicationType::Change, HYDROPOWER);
    change.previous_employer = Some(EmployerId::from_uuid(uuid(4)));
    let draft = moved(Application::create(change, account(10), at(0)));
    let pending = moved(draft.request_employment(account(10), at(0)));
    let confirmed = moved(pending.confirm_employment(account(11), at(0)));
    assert_eq!(
        refused(confirmed.clone().submit(&filing(guide()), account(10), at(1))),
        "TERMINATION_NOT_SHOWN"
    );
    assert_eq!(
        refused(confirmed.clone().submit(&filing(direct()), account(10), at(1))),
        "CHANGE_NOT_OFFERED"
    );
    let evidence = TerminationEvidence::Confirmed(Confirmation {
        by: account(12),
        at: at(1),
    });
    let termination = Termination {
        ended_on: date(2026, 2, 28),
        evidence,
    };
    let registrar = Actor::Registrar { account: account(12) };
    let shown = moved(confirmed.show_termination(termination, registrar, at(1)));
    assert!(shown.submit(&filing(guide()), account(10), at(1)).is_ok());
}

fn moving(to_another: bool) -> Application {
    let mut change = new(ApplicationType::Change, &[Specialty::Building]);
    change.previous_employer = Some(EmployerId::from_uuid(uuid(if to_another { 4 } else { 3 })));
    moved(Application::create(change, account(10), at(0)))
}

#[test]
fn notice_of_termination_is_given_before_submission_and_only_while_nothing_shows_the_end() {
    let reason =
        |application: &Application| application.termination_due().map_err(|refused| refused.reason());
    let draft = moving(true);
    assert_eq!(reason(&draft), Ok(EmployerId::from_uuid(uuid(4))));
    assert_eq!(
        reason(&moving(false)),
        Err("APPLICATION_STATE"),
        "a new name ends no employment"
    );
    let termination = Termination {
        ended_on: date(2026, 2, 28),
        evidence: TerminationEvidence::Unopposed {
            notified_at: at(0),
            objections_until: date(2026, 3, 16),
        },
    };
    let shown = moved(draft.show_termination(termination, Actor::System, at(15)));
    assert_eq!(reason(&shown), Err("TERMINATION_SHOWN"));
    assert!(
        !shown.material_context(false).termination_unconfirmed,
        "silence needs no paper"
    );
    let pending = moved(shown.request_employment(account(10), at(16)));
    let confirmed = moved(pending.confirm_employment(account(11), at(16)));
    assert!(confirmed.submit(&filing(guide()), account(10), at(16)).is_ok());
}

#[test]
fn a_move_is_cancelled_between_decision_and_announcement_only() {
    let evidence = TerminationEvidence::Confirmed(Confirmation {
        by: account(12),
        at: at(0),
    });
    let termination = Termination {
        ended_on: date(2026, 2, 28),
        evidence,
    };
    let registrar = Actor::Registrar { account: account(12) };
    let holder = Actor::Holder { account: account(10) };
    let draft = moved(moving(true).show_termination(termination, registrar, at(0)));
    let pending = moved(draft.request_employment(account(10), at(0)));
    let confirmed = moved(pending.confirm_employment(account(11), at(0)));
    let submitted = moved(confirmed.submit(&filing(guide()), account(10), at(1)));
    let accepted = moved(submitted.accept(guide(), province(30), held(), at(2)));
    assert_eq!(
        refused(accepted.clone().cancel_move(holder, "不调动了", at(3))),
        "APPLICATION_STATE"
    );
    let reviewed = moved(accepted.record_review(guide(), province(31), true, "", at(3)));
    let granted = moved(reviewed.grant(guide(), ministry(32), &[], at(4)));
    assert_eq!(
        refused(granted.clone().cancel_move(holder, " ", at(5))),
        "GROUNDS_MISSING"
    );
    let at_the_end = moved(granted.clone().clear(guide(), grant(), HASH, at(5)));
    for standing in [granted, at_the_end] {
        let from = standing.state().kind();
        let (cancelled, event) = standing
            .cancel_move(holder, "不调动了", at(6))
            .expect("before the announcement");
        assert_eq!(
            (event.act, event.from, event.to),
            (Act::CancelMove, from, StateKind::Withdrawn)
        );
        assert_eq!(
            refused(cancelled.cancel_move(holder, "不调动了", at(7))),
            "APPLICATION_STATE"
        );
    }
    let initial = cleared();
    assert_eq!(
        refused(initial.cancel_move(holder, "不调动了", at(23))),
        "APPLICATION_STATE"
    );
}

#[test]
fn a_cancellation_can_be_forced_against_the_employer() {
    let mut cancellation = new(ApplicationType::Cancellation, HYDROPOWER);
    let material = MaterialId::from_uuid(uuid(70));
    let evidence = TerminationEvidence::ArbitralAward { material };
    let draft = moved(Application::create(cancellation.clone(), account(10), at(0)));
    assert_eq!(
        refused(draft.submit(&filing(guide()), account(10), at(1))),
        "APPLICATION_STATE"
    );
    cancellation.termination = Some(Termination {
        ended_on: date(2026, 2, 28),
        evidence,
    });
    let draft = moved(Application::create(cancellation, account(10), at(0)));
    let form = Filing {
        materials: &[MaterialKind::ApplicationForm],
        ..filing(guide())
    };
    assert_eq!(
        refused(draft.clone().submit(&form, account(10), at(1))),
        "MATERIALS_MISSING"
    );
    let pending = moved(draft.clone().request_employment(account(10), at(1)));
    let rejected = moved(
        pending
            .clone()
            .reject_employment(account(11), "合同未解除", at(1)),
    );
    for stuck in [draft, pending, rejected] {
        let submitted = moved(stuck.submit(&filing(guide()), account(10), at(2)));
        let ApplicationState::Submitted(submission) = submitted.state() else {
            panic!("submitted")
        };
        assert_eq!(submission.confirmation, None, "nobody of the employer spoke");
    }
}

#[test]
fn any_state_before_the_decision_can_be_withdrawn() {
    let holder = Actor::Holder { account: account(10) };
    for application in [submitted(guide(), HYDROPOWER), accepted(), joint_pending()] {
        let from = application.state().kind();
        assert_eq!(
            refused(application.clone().withdraw(holder, "", at(9))),
            "GROUNDS_MISSING"
        );
        let withdrawn = moved(application.withdraw(holder, "本人放弃", at(9)));
        assert!(
            matches!(withdrawn.state(), ApplicationState::Withdrawn { from: stood, .. } if *stood == from)
        );
        assert!(withdrawn.is_compatible_with(ApplicationType::Initial));
    }
    assert_eq!(
        refused(decided().withdraw(holder, "本人放弃", at(9))),
        "APPLICATION_STATE"
    );
    assert!(!accepted().is_compatible_with(ApplicationType::Renewal));
    assert!(accepted().is_compatible_with(ApplicationType::Cancellation));
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
