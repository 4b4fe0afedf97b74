//! Promises of the layout and of composition. The golden is refreshed by `REPLACE=1 cargo nextest run -p certificate-face`.

use std::fmt::Write as _;
use std::path::Path;

use proptest::prelude::*;

use super::*;
use crate::extract::{Placed, extract};
use crate::facts::FaceFacts;
use crate::font::{FontPack, MissingCharacters};
use crate::layout::{DocumentNumberPolicy, Layout};
use crate::specimen;

fn layout(policy: DocumentNumberPolicy) -> Layout {
    Layout::of(Layout::CURRENT, policy).unwrap()
}

fn face<'a>(facts: &FaceFacts<'a>) -> Result<Face<'a>, FaceError> {
    let common = |c: char| crate::wording::COMMON.contains(c);
    compose(&facts.layout, &Slots::new(FontPack::shared(), &common), facts)
}

fn placed(face: &Face<'_>) -> Vec<Placed> {
    face.lines()
        .map(|line| Placed {
            text: line.text.to_string(),
            at: line.origin,
        })
        .collect()
}

/// A line for each thing on the page.
fn dump(face: &Face<'_>) -> String {
    let mut out = String::new();
    for item in &face.items {
        let written = match item {
            Item::Text(line) => writeln!(
                out,
                "{:<34} {:<5} {:>7.3} {:>7.3} size {:>5.3} turn {:>7.2} opacity {:>3} {:?}",
                format!("{:?}", line.role),
                format!("{:?}", line.slot),
                line.origin.x,
                line.origin.y,
                line.size,
                line.rotation,
                line.opacity,
                line.text
            ),
            Item::Picture(picture, rect) => writeln!(out, "{picture:?} {rect:?}"),
            Item::Code(rect) => writeln!(out, "Code {rect:?}"),
            Item::Figure(figure) => writeln!(out, "Figure {:?} {} pieces", figure.bounds, figure.path.len()),
        };
        written.unwrap();
    }
    out
}

#[track_caller]
#[expect(
    clippy::disallowed_methods,
    reason = "the one word that refreshes a golden; not configuration"
)]
fn assert_golden(name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden")
        .join(name);
    if std::env::var_os("REPLACE").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
    }
    let golden = std::fs::read_to_string(&path).unwrap_or_default();
    for (index, (old, new)) in golden.lines().zip(text.lines()).enumerate() {
        assert_eq!(
            old,
            new,
            "{name}, line {}; REPLACE=1 accepts the new face",
            index + 1
        );
    }
    assert_eq!(
        golden.lines().count(),
        text.lines().count(),
        "{name}; REPLACE=1 accepts the new face"
    );
}

#[test]
fn the_faces_stand_as_they_were_approved() {
    assert_golden(
        "original.txt",
        &dump(&face(&specimen::original(1).facts()).unwrap()),
    );
    assert_golden(
        "use_copy.txt",
        &dump(&face(&specimen::use_copy(2).facts()).unwrap()),
    );
    assert_golden(
        "ten_specialties.txt",
        &dump(&face(&specimen::original(10).facts()).unwrap()),
    );
    let mut fixed = Face {
        items: fixed(
            FontPack::shared(),
            &layout(DocumentNumberPolicy::Shown),
            Kind::Original,
            true,
        ),
    };
    fixed.items.retain(
        |item| !matches!(item, Item::Text(line) if line.rotation != 0.0 && line.text.chars().count() == 1),
    );
    assert_golden("fixed.txt", &dump(&fixed));
}

#[test]
fn areas_lie_on_the_page_and_apart() {
    for policy in [DocumentNumberPolicy::Shown, DocumentNumberPolicy::Hidden] {
        for count in 1..=10 {
            let layout = layout(policy).with_specialties(count);
            let areas: Vec<_> = layout
                .fields()
                .map(|field| (field, layout.area(field).unwrap().bounds))
                .collect();
            assert_eq!(
                areas.len(),
                14 + 2 * count - usize::from(policy == DocumentNumberPolicy::Hidden)
            );
            for (index, (field, a)) in areas.iter().enumerate() {
                assert!(
                    a.x > 16.0 && a.right() < 194.0 && a.y > 16.0 && a.bottom() < 281.0,
                    "{field:?}"
                );
                for (other, b) in &areas[index + 1..] {
                    let apart =
                        a.right() <= b.x || b.right() <= a.x || a.bottom() <= b.y || b.bottom() <= a.y;
                    assert!(apart, "{field:?} and {other:?} overlap with {count} specialties");
                }
            }
        }
    }
}

#[test]
fn a_hidden_document_number_is_nowhere_on_the_face() {
    let mut record = specimen::record("张伟民", 1);
    record.layout.show_document_number = false;
    let printed = crate::facts::Printed::of(record, specimen::CODE).unwrap();
    let face = face(&printed.facts()).unwrap();
    assert!(
        face.lines()
            .all(|line| !line.text.contains("19900307") && !line.text.contains("证件"))
    );
}

#[test]
fn a_name_no_font_draws_is_refused_by_its_code_points() {
    let printed = specimen::original(1);
    let error = face(&FaceFacts {
        name: "王\u{30EDE}",
        employer: "\u{E78D}公司",
        ..printed.facts()
    })
    .unwrap_err();
    assert_eq!(
        error,
        FaceError::Missing(MissingCharacters(vec!['\u{30EDE}', '\u{E78D}']))
    );
    assert_eq!(error.to_string(), "no font draws U+30EDE U+E78D");
}

#[test]
fn more_than_ten_specialties_or_none_are_refused() {
    let printed = specimen::original(10);
    let facts = printed.facts();
    let eleven: Vec<_> = facts
        .specialties
        .iter()
        .chain(facts.specialties.first())
        .copied()
        .collect();
    assert_eq!(
        face(&FaceFacts {
            specialties: &eleven,
            ..facts
        })
        .unwrap_err(),
        FaceError::Specialties(11)
    );
    assert_eq!(
        face(&FaceFacts {
            specialties: &[],
            ..facts
        })
        .unwrap_err(),
        FaceError::Specialties(0)
    );
}

#[test]
fn a_rare_character_brings_its_font_and_splits_no_other_line() {
    let printed = specimen::original(1);
    let facts = FaceFacts {
        name: "王𠝆明",
        ..printed.facts()
    };
    let face = face(&facts).unwrap();
    let name: Vec<_> = face
        .lines()
        .filter(|line| line.role == Role::Value(Field::Name))
        .collect();
    assert_eq!(
        name.iter()
            .map(|line| (line.slot, line.text.as_ref()))
            .collect::<Vec<_>>(),
        [(Slot::Text, "王"), (Slot::Rare, "𠝆"), (Slot::Text, "明"),]
    );
    assert!(name[0].origin.x + name[0].size - name[1].origin.x < 1e-9);
    let employer: Vec<_> = face
        .lines()
        .filter(|line| line.role == Role::Value(Field::Employer))
        .collect();
    assert_eq!(employer.len(), 1);
}

#[test]
fn overprints_lie_on_photo_and_signature() {
    let printed = specimen::use_copy(1);
    let facts = printed.facts();
    let face = face(&facts).unwrap();
    let prints: Vec<_> = face.lines().filter(|line| line.role == Role::Overprint).collect();
    for area in [facts.layout.photo(), facts.layout.signature()] {
        let text: String = prints
            .iter()
            .filter(|line| area.contains(line.origin))
            .map(|line| line.text.as_ref())
            .collect();
        assert!(
            text.contains("无锡市公共资源交易中心") && text.contains("2026年10月31日"),
            "{text}"
        );
    }
    assert!(
        prints.iter().all(|line| line.opacity < 100),
        "what lies below stays visible"
    );
}

fn chinese(length: std::ops::RangeInclusive<usize>) -> impl Strategy<Value = String> {
    proptest::collection::vec(proptest::char::range('\u{4E00}', '\u{9FA5}'), length)
        .prop_map(|characters| characters.into_iter().collect())
}

fn latin() -> impl Strategy<Value = String> {
    proptest::string::string_regex("[A-Z][a-zé]{1,11}( [A-Z][a-z]{1,11}){0,4}")
        .unwrap()
        .prop_map(|name| name.chars().take(50).collect::<String>().trim().to_owned())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// Whatever the name, employer and number of specialties, the text standing in each area is the fact again.
    #[test]
    fn facts_read_back_from_the_face_are_the_facts(
        name in prop_oneof![chinese(2..=8), chinese(9..=50), latin()],
        employer in chinese(4..=60),
        count in 1..=10_usize,
        copy in any::<bool>(),
    ) {
        let printed = if copy { specimen::use_copy(count) } else { specimen::original(count) };
        let facts = FaceFacts { name: &name, employer: &employer, ..printed.facts() };
        let face = face(&facts).unwrap();
        let extracted = extract(&facts.layout.with_specialties(count), &placed(&face));
        prop_assert_eq!(extracted.value(Field::Name), Some(name.as_str()));
        prop_assert_eq!(extracted.value(Field::SealName), Some(name.as_str()));
        prop_assert_eq!(extracted.value(Field::Employer), Some(employer.as_str()));
        prop_assert_eq!(extracted.value(Field::LicenceIdentifier), Some(facts.licence_identifier));
        prop_assert_eq!(&extracted.seal_employer, &employer);
        for (index, specialty) in (0_u8..).zip(facts.specialties) {
            prop_assert_eq!(extracted.value(Field::Specialty(index)), Some(specialty.name));
        }
        prop_assert_eq!(extracted.value(Field::UsePeriod).is_some(), copy);
    }

    /// No line runs out of its area to the right.
    #[test]
    fn values_stay_inside_their_areas(name in chinese(1..=50), employer in chinese(1..=60)) {
        let printed = specimen::original(10);
        let facts = FaceFacts { name: &name, employer: &employer, ..printed.facts() };
        let layout = facts.layout.with_specialties(10);
        for line in face(&facts).unwrap().lines() {
            let Role::Value(field) = line.role else { continue };
            let area = layout.area(field).unwrap();
            let end = line.origin.x + width(FontPack::shared(), &line.text) * line.size;
            prop_assert!(end <= area.bounds.right() + 0.01, "{field:?} ends at {end}");
            prop_assert!(line.size >= area.least - 1e-9);
        }
    }
}
