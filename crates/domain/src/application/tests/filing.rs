//! What person and employers do: filing, how an employment is shown to have ended, cancellation against the employer,
//! moves and withdrawals.

use super::*;

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
