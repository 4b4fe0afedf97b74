use std::collections::BTreeSet;

use jiff::civil::date;

use super::*;

#[test]
fn every_kind_has_a_name_readers_and_a_text_in_two_languages() {
    let codes: BTreeSet<_> = NotificationKind::ALL.iter().map(|kind| kind.code()).collect();
    assert_eq!(codes.len(), NotificationKind::ALL.len());
    let told = Particulars {
        day: Some(date(2026, 11, 30)),
        days: Some(33),
        specialty: Some(Specialty::WaterAndHydropower),
    };
    for kind in NotificationKind::ALL {
        assert_eq!(NotificationKind::from_code(kind.code()), Some(*kind));
        let json = serde_json::to_string(kind).expect("json");
        assert_eq!(json, format!("\"{}\"", kind.code()));
        let audience = kind.audience();
        assert!(audience.person || audience.employer || audience.authority);
        let text = kind.text(told);
        for text in [&text.zh, &text.en] {
            assert!(!text.is_empty() && !text.contains(['{', '}']), "{text}");
        }
    }
    let text = NotificationKind::TermEnding.text(told);
    assert!(
        text.zh.contains("水利水电工程") && text.zh.contains("2026-11-30") && text.zh.contains("剩余33天")
    );
}

#[test]
fn what_ends_a_registration_is_told_by_its_own_name() {
    let told: BTreeSet<_> = EndCause::ALL
        .iter()
        .map(|cause| NotificationKind::of_end(*cause))
        .collect();
    let expected = [
        NotificationKind::Lapsed,
        NotificationKind::Cancelled,
        NotificationKind::Revoked,
        NotificationKind::Stripped,
    ];
    assert_eq!(told, BTreeSet::from(expected));
    assert_eq!(NotificationKind::of_act(&RegisterAct::ReissueSeal), None);
}

#[test]
fn addressees_are_told_apart_by_their_names() {
    let id = uuid::Uuid::from_u128(7);
    for addressee in [
        Addressee::Person(PersonId::from_uuid(id)),
        Addressee::Employer(EmployerId::from_uuid(id)),
        Addressee::Authority(Authority::Ministry),
        Addressee::Authority("provinces/32".parse().expect("Jiangsu")),
    ] {
        assert_eq!(Addressee::parse(&addressee.to_string()), Some(addressee));
    }
    assert_eq!(Addressee::parse("persons/nobody"), None);
}
