//! Every lint is killed by a mutant: a document that is wrong in one way only, against facts that are right.

use jiff::civil::date;

use super::*;
use crate::face::Kind;
use crate::facts::{CopyFacts, SpecialtyFacts};
use crate::layout::DocumentNumberPolicy::Shown;
use crate::render::render;
use crate::specimen;

mod forged;
mod mutants;
mod rule;

/// Compiled once for all mutants of a test.
fn template(kind: Kind) -> &'static Template {
    static TEMPLATES: [std::sync::OnceLock<Template>; 2] = [const { std::sync::OnceLock::new() }; 2];
    TEMPLATES[usize::from(kind == Kind::UseCopy)].get_or_init(|| specimen::template(kind, Shown))
}

/// Made once, as they are in an office.
fn pictures() -> &'static Pictures {
    static PICTURES: std::sync::OnceLock<Pictures> = std::sync::OnceLock::new();
    PICTURES.get_or_init(|| specimen::pictures(specimen::SEED))
}

fn faults_of(made_of: &FaceFacts<'_>, judged_by: &FaceFacts<'_>) -> Vec<Fault> {
    let kind = if made_of.copy.is_some() {
        Kind::UseCopy
    } else {
        Kind::Original
    };
    let template = template(kind);
    let (pictures, sealing) = (pictures(), specimen::sealing());
    let drafts = render(template, made_of, pictures, &sealing).unwrap();
    lint(template, judged_by, pictures, drafts)
        .err()
        .unwrap_or_default()
}

/// A document made of `mutant` must be refused for these fields, in both forms.
#[track_caller]
fn assert_values_caught(mutant: &FaceFacts<'_>, right: &FaceFacts<'_>, fields: &[Field]) {
    let faults = faults_of(mutant, right);
    for &field in fields {
        for form in [Form::Ofd, Form::Pdf] {
            assert!(
                faults.contains(&Fault::Value(form, field)),
                "{form:?} {field:?} not in {faults:?}"
            );
        }
    }
    let others = faults
        .iter()
        .filter(|fault| matches!(fault, Fault::Value(_, field) if !fields.contains(field)));
    assert_eq!(others.count(), 0, "{faults:?}");
}

#[test]
fn right_documents_pass_and_are_sealed_once() {
    for printed in [
        specimen::original(1),
        specimen::original(10),
        specimen::use_copy(1),
    ] {
        let facts = printed.facts();
        let kind = if facts.copy.is_some() {
            Kind::UseCopy
        } else {
            Kind::Original
        };
        let template = specimen::template(kind, Shown);
        let (pictures, sealing) = (specimen::pictures(specimen::SEED), specimen::sealing());
        let drafts = render(&template, &facts, &pictures, &sealing).unwrap();
        let linted = lint(&template, &facts, &pictures, drafts).unwrap();
        assert_eq!(linted.ofd_property_info(), "/Doc_0/Signs/Sign_0/Signature.xml");
        let sealed = linted.seal(b"signature value", b"0\x03cms").unwrap();
        assert!(sealed.pdf.starts_with(b"%PDF") && sealed.ofd.starts_with(b"PK"));
    }
}

#[test]
fn a_wrong_person_is_caught() {
    let printed = specimen::original(1);
    let right = printed.facts();
    assert_values_caught(
        &FaceFacts {
            name: "张伟文",
            ..right
        },
        &right,
        &[Field::Name, Field::SealName],
    );
    assert_values_caught(&FaceFacts { sex: "女", ..right }, &right, &[Field::Sex]);
    assert_values_caught(
        &FaceFacts {
            birth_date: date(1990, 7, 3),
            ..right
        },
        &right,
        &[Field::BirthDate],
    );
    let number = FaceFacts {
        document_number: "32020519900307002X",
        ..right
    };
    assert_values_caught(&number, &right, &[Field::DocumentNumber]);
}

#[test]
fn a_look_alike_of_another_code_point_is_caught() {
    let printed = specimen::original(1);
    let right = FaceFacts {
        name: "\u{5415}布",
        ..printed.facts()
    };
    let mutant = FaceFacts {
        name: "\u{5442}布",
        ..right
    };
    assert_values_caught(&mutant, &right, &[Field::Name, Field::SealName]);
}

#[test]
fn a_wrong_registration_is_caught() {
    let printed = specimen::original(1);
    let right = printed.facts();
    let number = FaceFacts {
        registration_number: "浙1322018201901234",
        ..right
    };
    assert_values_caught(&number, &right, &[Field::RegistrationNumber, Field::SealNumber]);
    let code = FaceFacts {
        seal_check_code: 1,
        ..right
    };
    assert_values_caught(&code, &right, &[Field::SealNumber]);
    let employer = FaceFacts {
        employer: "江苏太湖水利建设工程有限责任公司",
        ..right
    };
    assert_values_caught(&employer, &right, &[Field::Employer]);
    let faults = faults_of(&employer, &right);
    assert!(
        faults.contains(&Fault::SealEmployer(Form::Ofd)) && faults.contains(&Fault::SealEmployer(Form::Pdf))
    );
    let issued = FaceFacts {
        issued_on: date(2026, 5, 2),
        ..right
    };
    assert_values_caught(&issued, &right, &[Field::IssueDate]);
    let identifier = "1.2.156.3005.2.11990000000000000D000.11990000000000000D.JS2026000000012345.002.F";
    let version = FaceFacts {
        licence_identifier: identifier,
        ..right
    };
    assert_values_caught(&version, &right, &[Field::LicenceIdentifier]);
}

#[test]
fn a_wrong_specialty_or_end_is_caught() {
    let printed = specimen::original(3);
    let right = printed.facts();
    let list = right.specialties.to_vec();
    let renamed: Vec<_> = list
        .iter()
        .map(|s| {
            if s.name == "公路工程" {
                SpecialtyFacts {
                    name: "机电工程",
                    abbreviation: "机电",
                    ..*s
                }
            } else {
                *s
            }
        })
        .collect();
    let fields = [Field::Specialty(1), Field::SealSpecialties];
    assert_values_caught(
        &FaceFacts {
            specialties: &renamed,
            ..right
        },
        &right,
        &fields,
    );
    let mut longer = list;
    longer[0].to = date(2029, 6, 28);
    let fields = [Field::SpecialtyValidity(0)];
    assert_values_caught(
        &FaceFacts {
            specialties: &longer,
            ..right
        },
        &right,
        &fields,
    );
}

#[test]
fn a_wrong_end_on_the_practice_seal_is_caught() {
    let printed = specimen::original(1);
    let right = printed.facts();
    let mutant = FaceFacts {
        seal_valid_to: date(2030, 4, 28),
        ..right
    };
    assert_values_caught(&mutant, &right, &[Field::SealValidity]);
}

#[test]
fn pictures_that_the_record_does_not_name_are_caught() {
    let printed = specimen::original(1);
    let template = specimen::template(Kind::Original, Shown);
    let facts = printed.facts();
    let others = specimen::pictures(specimen::SEED + 1);
    let drafts = render(&template, &facts, &others, &specimen::sealing()).unwrap();
    let faults = lint(&template, &facts, &others, drafts).unwrap_err();
    assert_eq!(faults, [Fault::Rule(Rule::PictureDigests)]);
}

#[test]
fn a_wrong_use_period_is_caught() {
    let printed = specimen::use_copy(1);
    let right = printed.facts();
    let copy = CopyFacts {
        use_until: date(2026, 10, 30),
        ..right.copy.unwrap()
    };
    assert_values_caught(
        &FaceFacts {
            copy: Some(copy),
            ..right
        },
        &right,
        &[Field::UsePeriod],
    );
}

#[test]
fn wrong_metadata_and_record_are_caught() {
    let printed = specimen::use_copy(1);
    let right = printed.facts();
    let mut other = right.metadata.to_vec();
    for (name, value) in &mut other {
        if *name == "JZJZZSY" {
            value.push('等');
        }
    }
    let faults = faults_of(
        &FaceFacts {
            metadata: &other,
            ..right
        },
        &right,
    );
    assert_eq!(
        faults,
        [
            Fault::Metadata(Form::Ofd, "JZJZZSY".to_owned()),
            Fault::Attachment(Form::Ofd),
            Fault::Attachment(Form::Pdf)
        ]
    );
    other.push(("ZZZZ", "surplus".to_owned()));
    let faults = faults_of(
        &FaceFacts {
            metadata: &other,
            ..right
        },
        &right,
    );
    assert!(
        faults.contains(&Fault::Metadata(Form::Ofd, "ZZZZ".to_owned())),
        "{faults:?}"
    );
    let faults = faults_of(
        &FaceFacts {
            record: "{}",
            ..right
        },
        &right,
    );
    assert_eq!(
        faults,
        [Fault::Attachment(Form::Ofd), Fault::Attachment(Form::Pdf)]
    );
}

#[test]
fn a_qr_symbol_that_says_something_else_is_caught() {
    let printed = specimen::original(1);
    let right = printed.facts();
    let other = right.code.replace("AQID", "AQIE");
    let faults = faults_of(
        &FaceFacts {
            code: &other,
            ..right
        },
        &right,
    );
    assert_eq!(faults, [Fault::Code(Form::Ofd), Fault::Code(Form::Pdf)]);
}

#[test]
fn pictures_of_somebody_else_are_caught() {
    let printed = specimen::original(1);
    let facts = printed.facts();
    let template = specimen::template(Kind::Original, Shown);
    let sealing = specimen::sealing();
    let (right, other) = (specimen::pictures(specimen::SEED), specimen::pictures(2));
    let wanted = ["photo", "signature image"];
    let mutants = [
        Pictures {
            photo: other.photo.clone(),
            signature: right.signature.clone(),
        },
        Pictures {
            photo: right.photo.clone(),
            signature: other.signature,
        },
    ];
    for (mutant, name) in mutants.into_iter().zip(wanted) {
        let drafts = render(&template, &facts, &mutant, &sealing).unwrap();
        let faults = lint(&template, &facts, &right, drafts).unwrap_err();
        assert_eq!(
            faults,
            [Fault::Picture(Form::Ofd, name), Fault::Picture(Form::Pdf, name)]
        );
    }
}

#[test]
fn faults_name_no_personal_value() {
    let printed = specimen::original(1);
    let right = printed.facts();
    let mutant = FaceFacts {
        name: "张伟文",
        document_number: "32020519900307002X",
        ..right
    };
    for fault in faults_of(&mutant, &right) {
        let shown = format!("{fault} {fault:?}");
        assert!(!shown.contains("张") && !shown.contains("19900307"), "{shown}");
    }
    assert!(!format!("{right:?}").contains("张"));
}
