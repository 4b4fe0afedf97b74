//! Cancellation by whom it may be, particulars of the types, and the documented lifecycle.

use super::*;

fn cancellation(initiator: CancellationInitiator, whole: bool) -> NewApplication {
    NewApplication {
        particulars: Particulars::Cancellation(cancelling(initiator, whole)),
        ..new(ApplicationType::Cancellation, HYDROPOWER)
    }
}

#[test]
fn the_employer_s_confirmation_completes_a_cancellation_where_the_policy_says_so() {
    let draft = |whole| {
        let new = cancellation(CancellationInitiator::Holder, whole);
        moved(Application::create(new, account(10), at(0)))
    };
    let by_employer = |application: Application, policy| {
        application.confirm_and_complete(&filing(policy), account(11), at(1))
    };
    let handed_over = moved(draft(true).hand_over(true, account(10), at(0)));
    assert_eq!(
        refused(by_employer(handed_over.clone(), guide())),
        "APPLICATION_STATE"
    );
    let silent = moved(draft(true).hand_over(false, account(10), at(0)));
    assert_eq!(refused(by_employer(silent, direct())), "COMMITMENT_MISSING");
    let partial = moved(draft(false).hand_over(true, account(10), at(0)));
    assert_eq!(
        refused(by_employer(partial, direct())),
        "APPLICATION_STATE",
        "one specialty is announced"
    );
    let completing = moved(by_employer(handed_over, direct()));
    assert_eq!(completing.state().kind(), StateKind::Completing);
    assert_eq!(completing.policy, Some(direct().reference()));
    assert_eq!(
        refused(completing.clone().complete(direct(), grant(), "other", at(1))),
        "CLEARANCE_MISMATCH"
    );
    let back = moved(
        completing
            .clone()
            .return_for_review(direct(), "REGISTRATION_ENDED", at(1)),
    );
    assert_eq!((back.state().kind(), back.returns.len()), (StateKind::Draft, 1));
    let completed = moved(completing.complete(direct(), grant(), HASH, at(1)));
    assert!(completed.state().kind().is_final());
    assert_eq!(completed.state().since(), Some(at(1)));
    assert!(
        completed
            .state()
            .submission()
            .is_some_and(|known| known.confirmation.is_some())
    );
}

#[test]
fn what_the_employer_opened_the_employer_alone_files() {
    let registrar = Actor::Registrar { account: account(11) };
    let new = cancellation(CancellationInitiator::Employer, true);
    assert_eq!(
        refused(Application::create(new.clone(), account(10), at(0))),
        "NOT_INITIATOR"
    );
    let draft = moved(Application::create_by(new, registrar, at(0)));
    for tried in [
        draft.clone().request_employment(account(10), at(0)),
        draft.clone().submit(&filing(guide()), account(10), at(0)),
        draft
            .clone()
            .withdraw(Actor::Holder { account: account(10) }, "不同意", at(0)),
        draft
            .clone()
            .file_on_own_motion(&filing(guide()), province(100), at(0)),
    ] {
        assert_eq!(refused(tried), "NOT_INITIATOR");
    }
    let form = Filing {
        materials: &[MaterialKind::ApplicationForm],
        ..filing(guide())
    };
    assert_eq!(
        refused(draft.clone().submit_by_employer(&form, account(11), at(0))),
        "MATERIALS_MISSING"
    );
    let filed = moved(draft.submit_by_employer(&filing(guide()), account(11), at(0)));
    assert_eq!(filed.state().kind(), StateKind::Submitted);
    assert!(
        filed
            .state()
            .submission()
            .is_some_and(|known| known.confirmation.is_some())
    );
}

#[test]
fn a_case_on_own_motion_takes_two_pairs_of_eyes_and_evidence() {
    let new = cancellation(CancellationInitiator::Authority, true);
    let draft = moved(Application::create_by(new, Actor::Officer(province(100)), at(0)));
    let form = Filing {
        materials: &[MaterialKind::ApplicationForm],
        commitment: false,
        ..filing(guide())
    };
    let whole = filing(guide());
    let file = |filing, officer| draft.clone().file_on_own_motion(filing, officer, at(1));
    assert_eq!(refused(file(&form, province(100))), "MATERIALS_MISSING");
    assert_eq!(refused(file(&whole, ministry(200))), "WRONG_AUTHORITY");
    let filed = moved(file(&whole, province(100)));
    assert_eq!(filed.state().kind(), StateKind::Accepted);
    assert_eq!(
        refused(
            filed
                .clone()
                .record_review(guide(), province(100), true, "", at(2))
        ),
        "SAME_OFFICER"
    );
    let reviewed = moved(filed.record_review(guide(), province(101), true, "", at(2)));
    let decided = moved(reviewed.grant(guide(), ministry(200), &[], at(3)));
    let cleared = moved(decided.clear(guide(), grant(), HASH, at(3)));
    let announced = moved(cleared.announce(guide(), province(102), notice(), SKEW, at(4)));
    assert_eq!(announced.state().kind(), StateKind::Announced);
}

#[test]
fn particulars_are_those_of_the_type() {
    for kind in ApplicationType::ALL {
        for other in ApplicationType::ALL {
            let new = NewApplication {
                particulars: particulars(other),
                ..new(kind, HYDROPOWER)
            };
            let fits = particulars(other).fits(kind);
            let created = Application::create(new, account(10), at(0));
            assert_eq!(
                created.map(drop).map_err(|refused| refused.reason()),
                if fits { Ok(()) } else { Err("PARTICULARS") }
            );
        }
    }
    let seal = moved(Application::create(
        new(ApplicationType::SealReissue, HYDROPOWER),
        account(10),
        at(0),
    ));
    assert!(seal.material_context(false).seal_lost && !seal.material_context(false).identity_corrected);
    let correction = moved(Application::create(
        new(ApplicationType::Correction, HYDROPOWER),
        account(10),
        at(0),
    ));
    let context = correction.material_context(false);
    assert!(context.identity_corrected && !context.photo_corrected && !context.signature_image_corrected);
    assert_eq!(
        guide().required_materials(ApplicationType::Correction, context),
        [MaterialKind::ApplicationForm, MaterialKind::CorrectionProof]
    );
}

/// The table of docs/lifecycles.md. Refresh: put the printed lines between its two markers.
#[test]
fn the_documentation_shows_every_move() {
    let page = include_str!("../../../../../docs/lifecycles.md");
    let codes = |kinds: &[StateKind]| {
        kinds
            .iter()
            .map(|kind| format!("`{}`", kind.code()))
            .collect::<Vec<_>>()
            .join(" ")
    };
    let rows = MOVES.iter().map(|(act, from, to)| {
        let to = to.map_or_else(|| "—".to_owned(), |to| format!("`{}`", to.code()));
        format!(
            "| {act} | {act:?} | {} | {to} | {} |\n",
            codes(from),
            act.article()
        )
    });
    let table: String = rows.collect();
    assert!(
        page.contains(&table),
        "docs/lifecycles.md lacks these rows:\n{table}"
    );
    for kind in StateKind::ALL {
        assert!(page.contains(kind.name()), "{kind}");
    }
}
