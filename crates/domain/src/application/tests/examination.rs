//! Completeness, acceptance, reviews and the decision.

use super::*;

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
