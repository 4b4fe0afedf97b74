//! From the decision to the announcement: publicity, objections, claims, clearances.

use super::*;

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
