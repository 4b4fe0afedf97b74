//! Facts that break one rule each.

use super::*;

#[track_caller]
fn assert_breaks(facts: &FaceFacts<'_>, rule: Rule) {
    assert_eq!(rules::broken(facts), [rule]);
}

#[test]
fn right_facts_break_no_rule() {
    assert_eq!(rules::broken(&specimen::original(10).facts()), []);
    assert_eq!(rules::broken(&specimen::use_copy(10).facts()), []);
}

#[test]
fn check_digits_are_checked() {
    let printed = specimen::original(1);
    let right = printed.facts();
    let wrong = right.licence_identifier.replace(".001.H", ".001.G");
    assert_breaks(
        &FaceFacts {
            licence_identifier: &wrong,
            ..right
        },
        Rule::LicenceIdentifier,
    );
    assert_breaks(
        &FaceFacts {
            document_number: "320205199003070012",
            ..right
        },
        Rule::DocumentNumber,
    );
    assert_breaks(
        &FaceFacts {
            employer_code: "91320000608950987Q",
            ..right
        },
        Rule::EmployerCode,
    );
    assert_breaks(
        &FaceFacts {
            registration_number: "苏2322018201901234",
            ..right
        },
        Rule::RegistrationNumber,
    );
}

#[test]
fn facts_that_contradict_each_other_are_refused() {
    let printed = specimen::original(1);
    let right = printed.facts();
    assert_breaks(&FaceFacts { sex: "女", ..right }, Rule::DocumentNumberAgrees);
    assert_breaks(
        &FaceFacts {
            birth_date: date(1990, 3, 8),
            ..right
        },
        Rule::DocumentNumberAgrees,
    );
    assert_breaks(
        &FaceFacts {
            issuer_code: "11100000000013338W",
            ..right
        },
        Rule::IdentifierParts,
    );
    assert_eq!(
        rules::broken(&FaceFacts {
            specimen: false,
            ..right
        }),
        [Rule::SpecimenCode],
        "a specimen's identifier on a real document"
    );
    assert_breaks(
        &FaceFacts {
            seal_check_code: 100,
            ..right
        },
        Rule::SealCheckCode,
    );
    assert_breaks(&FaceFacts { record: " ", ..right }, Rule::Complete);
}

#[test]
fn specialties_are_known_distinct_and_ordered() {
    let printed = specimen::original(2);
    let right = printed.facts();
    let changed = |change: fn(&mut Vec<SpecialtyFacts<'_>>)| {
        let mut list = right.specialties.to_vec();
        change(&mut list);
        list
    };
    let twice = changed(|list| list[1] = list[0]);
    assert_breaks(
        &FaceFacts {
            specialties: &twice,
            ..right
        },
        Rule::Specialties,
    );
    let unknown = changed(|list| list[0].name = "装饰装修工程");
    assert_breaks(
        &FaceFacts {
            specialties: &unknown,
            ..right
        },
        Rule::Specialties,
    );
    let mixed = changed(|list| list[0].abbreviation = "机电");
    assert_breaks(
        &FaceFacts {
            specialties: &mixed,
            ..right
        },
        Rule::Specialties,
    );
    let backwards = changed(|list| list[0].from = date(2029, 4, 29));
    assert_breaks(
        &FaceFacts {
            specialties: &backwards,
            ..right
        },
        Rule::SpecialtyValidity,
    );
    assert_breaks(
        &FaceFacts {
            specialties: &[],
            ..right
        },
        Rule::Specialties,
    );
}

#[test]
fn a_use_copy_ends_in_time() {
    let printed = specimen::use_copy(1);
    let right = printed.facts();
    let copy = right.copy.unwrap();
    let with = |copy| FaceFacts {
        copy: Some(copy),
        ..right
    };
    // 2026-05-04 and 180 days are 2026-10-31.
    assert_breaks(
        &with(CopyFacts {
            use_until: date(2026, 11, 1),
            ..copy
        }),
        Rule::UsePeriodLength,
    );
    assert_breaks(
        &with(CopyFacts {
            use_until: date(2026, 5, 3),
            ..copy
        }),
        Rule::UsePeriodOrder,
    );
    assert_breaks(
        &with(CopyFacts {
            recipient: "",
            ..copy
        }),
        Rule::UseCopyComplete,
    );
    let mut ending = right.specialties.to_vec();
    ending[0].to = date(2026, 10, 30);
    assert_breaks(
        &FaceFacts {
            specialties: &ending,
            seal_valid_to: date(2026, 10, 30),
            ..right
        },
        Rule::UsePeriodSpecialty,
    );
    let old = FaceFacts {
        birth_date: date(1961, 10, 30),
        citizen: false,
        ..right
    };
    assert_breaks(&old, Rule::UsePeriodAge);
    let last_day = FaceFacts {
        birth_date: date(1961, 10, 31),
        citizen: false,
        ..right
    };
    assert_eq!(
        rules::broken(&last_day),
        [],
        "the 65th birthday itself is still a day of use"
    );
}
