use jiff::civil::date;

use super::*;

fn guide() -> &'static PolicyProfile {
    PolicyBook::builtin()
        .in_force(PolicyBook::PROVINCIAL_PUBLICITY, date(2026, 11, 23))
        .expect("default profile")
}

fn direct() -> &'static PolicyProfile {
    PolicyBook::builtin()
        .in_force(PolicyBook::MINISTRY_DIRECT, date(2026, 11, 23))
        .expect("second profile")
}

#[test]
fn the_guides_profile_has_review_publicity_and_joint_review() {
    let profile = guide();
    assert!(profile.provincial_review);
    assert_eq!(profile.publicity_days(ApplicationType::Initial), Some(10));
    assert_eq!(profile.publicity_days(ApplicationType::Change), None);
    let water = [Specialty::WaterAndHydropower, Specialty::Mining];
    let reviews = profile.joint_reviews(ApplicationType::Initial, &water);
    assert_eq!(
        reviews,
        BTreeMap::from([(Specialty::WaterAndHydropower, JointReviewer::WaterResources)])
    );
    assert!(
        profile
            .joint_reviews(ApplicationType::Cancellation, &water)
            .is_empty()
    );
    for specialty in Specialty::ALL {
        assert_eq!(
            profile.joint_reviewers.get(&specialty).copied(),
            specialty.joint_reviewer()
        );
    }
    assert!(profile.requires_different_officers(Step::Review, Step::Accept));
}

#[test]
fn the_direct_profile_has_neither_provincial_review_nor_publicity() {
    let profile = direct();
    assert!(!profile.provincial_review);
    assert!(
        ApplicationType::ALL
            .into_iter()
            .all(|kind| profile.publicity_days(kind).is_none())
    );
    assert_eq!(profile.accepting_authority, ChargedAuthority::Ministry);
}

#[test]
fn limits_are_those_of_the_table() {
    let limits = guide().limits;
    for (step, full, short) in [
        (Step::Accept, 5, 5),
        (Step::Review, 20, 5),
        (Step::JointReview, 10, 5),
        (Step::Decide, 20, 10),
        (Step::Announce, 10, 10),
    ] {
        assert_eq!(limits.days(step, ApplicationType::Initial), full);
        assert_eq!(limits.days(step, ApplicationType::Renewal), short);
    }
}

#[test]
fn missing_materials_are_named() {
    let late = MaterialContext {
        education_due: true,
        ..MaterialContext::default()
    };
    let attached = [
        MaterialKind::ApplicationForm,
        MaterialKind::QualificationCertificate,
        MaterialKind::EducationCertificate,
        MaterialKind::IdentityDocument,
        MaterialKind::Photo,
        MaterialKind::SignatureImage,
    ];
    let missing = guide().missing_materials(ApplicationType::Initial, late, &attached);
    let names: Vec<_> = missing.into_iter().map(MaterialKind::name).collect();
    assert_eq!(names, ["劳动合同", "继续教育证明"]);
}

#[test]
fn every_type_is_offered_unless_the_policy_switches_it_off() {
    let text = include_str!("../../data/policies/provincial-publicity.toml");
    let off = text.replace(
        "cancellation_completion = ",
        "not_offered = [\"SEAL_REISSUE\"]\ncancellation_completion = ",
    );
    let off = PolicyProfile::parse(&off).expect("a sound profile");
    for kind in ApplicationType::ALL {
        assert!(guide().offers(kind), "{kind}");
        assert_eq!(off.offers(kind), kind != ApplicationType::SealReissue, "{kind}");
    }
}

#[test]
fn the_day_of_submission_picks_the_version() {
    let first = include_str!("../../data/policies/provincial-publicity.toml");
    let second = first
        .replace("version = 1", "version = 2")
        .replace("2007-07-01", "2027-01-01");
    let book = PolicyBook::parse(&[first, &second]).expect("two versions");
    let version = |day| {
        book.in_force("provincial-publicity", day)
            .map(|profile| profile.version)
    };
    assert_eq!(version(date(2026, 12, 31)), Some(1));
    assert_eq!(version(date(2027, 1, 1)), Some(2));
    assert_eq!(version(date(2007, 6, 30)), None);
    let reference = PolicyRef {
        name: "provincial-publicity".to_owned(),
        version: 1,
    };
    assert_eq!(book.find(&reference).map(|profile| profile.version), Some(1));
}

#[test]
fn all_faults_of_a_profile_are_reported_together() {
    let text = include_str!("../../data/policies/provincial-publicity.toml")
        .replace("opens = 90", "opens = 20")
        .replace(
            "first = \"accept\", second = \"review\"",
            "first = \"review\", second = \"announce\"",
        )
        .replace(
            "SEAL_REISSUE = [\n    { kind = \"APPLICATION_FORM\" },\n    { kind = \"LOSS_NOTICE\", when = \"seal_lost\" },\n]",
            "SEAL_REISSUE = []",
        );
    let faults = PolicyProfile::parse(&text).expect_err("three faults").faults;
    assert_eq!(faults.len(), 3, "{faults:?}");
    assert!(PolicyProfile::parse("name = 'x'").is_err());
    let typo = include_str!("../../data/policies/ministry-direct.toml").replace("ce_mode", "ce_mood");
    assert!(PolicyProfile::parse(&typo).is_err());
    let same = include_str!("../../data/policies/ministry-direct.toml");
    assert!(PolicyBook::parse(&[same, same]).is_err());
}

#[test]
fn two_authorities_do_not_number_their_announcements_alike() {
    let direct = include_str!("../../data/policies/ministry-direct.toml");
    let own = direct
        .replace("name = \"ministry-direct\"", "name = \"own\"")
        .replace(
            "建注公告（{prefix}）〔{year}〕{serial}号",
            "{prefix}建注公告〔{year}〕{serial}号",
        );
    let refused = PolicyBook::builtin()
        .with(&[&own])
        .expect_err("the province's numbers");
    assert_eq!(
        refused.faults,
        [
            "provincial-publicity 1 and own 1 number the announcements of two authorities alike: \
          {prefix}建注公告〔{year}〕{serial}号"
        ]
    );
    let same_authority = direct.replace("name = \"ministry-direct\"", "name = \"own\"");
    assert!(
        PolicyBook::builtin().with(&[&same_authority]).is_ok(),
        "one authority, one series"
    );
}
