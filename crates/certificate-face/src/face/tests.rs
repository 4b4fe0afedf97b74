//! Promises of the layout and of composition. The golden is refreshed by `REPLACE=1 cargo nextest run -p certificate-face`.

use std::fmt::Write as _;
use std::path::Path;

use proptest::prelude::*;

use super::*;
use crate::extract::{Placed, extract};
use crate::facts::FaceFacts;
use crate::font::{FontPack, MissingCharacters};
use crate::geometry::Rect;
use crate::layout::{DocumentNumberPolicy, Layout};
use crate::specimen;

fn layouts(policy: DocumentNumberPolicy) -> impl Iterator<Item = Layout> {
    let version = move |version| Layout::of(version, policy).unwrap();
    Layout::VERSIONS.into_iter().map(version)
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
    for layout in layouts(DocumentNumberPolicy::Shown) {
        let version = layout.version().0;
        let record = |count| {
            let mut record = specimen::record("张伟民", count);
            record.layout.version = version.into();
            record
        };
        let original = |count| crate::facts::Printed::of(record(count), specimen::CODE).unwrap();
        let golden = |name: &str, face: &Face<'_>| {
            let folder = if version == 1 {
                String::new()
            } else {
                format!("v{version}/")
            };
            assert_golden(&format!("{folder}{name}.txt"), &dump(face));
        };
        golden("original", &face(&original(1).facts()).unwrap());
        golden(
            "use_copy",
            &face(&specimen::use_copy_of(&record(2)).facts()).unwrap(),
        );
        golden("ten_specialties", &face(&original(10).facts()).unwrap());
        let mut fixed = Face {
            items: fixed(FontPack::shared(), &layout, Kind::Original, true),
        };
        fixed.items.retain(
            |item| !matches!(item, Item::Text(line) if line.rotation != 0.0 && line.text.chars().count() == 1),
        );
        golden("fixed", &fixed);
    }
}

#[test]
fn areas_lie_on_the_page_and_apart() {
    let policies = [DocumentNumberPolicy::Shown, DocumentNumberPolicy::Hidden];
    for layout in policies.into_iter().flat_map(layouts) {
        for count in 1..=10 {
            let policy = layout.document_number();
            let layout = layout.with_specialties(count);
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
        name: "王\u{31000}",
        employer: "\u{E78D}公司",
        ..printed.facts()
    })
    .unwrap_err();
    assert_eq!(
        error,
        FaceError::Missing(MissingCharacters(vec!['\u{31000}', '\u{E78D}']))
    );
    assert_eq!(error.to_string(), "no font draws U+31000 U+E78D");
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
        employer in chinese(4..=100),
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

    /// Whatever is printed: nothing overlaps, nothing leaves its box or the page, nothing is smaller than the layout allows.
    #[test]
    fn nothing_overlaps_or_leaves_its_place(
        name in any_name(),
        employer in any_employer(),
        count in 1..=10_usize,
        copy in prop::option::of((chinese(1..=100), chinese(1..=200))),
        shown in any::<bool>(),
    ) {
        let mut record = specimen::record("张伟民", count);
        record.layout.show_document_number = shown;
        let printed = if copy.is_some() {
            specimen::use_copy_of(&record)
        } else {
            crate::facts::Printed::of(record, specimen::CODE).unwrap()
        };
        let facts = printed.facts();
        let made = facts.copy.zip(copy.as_ref()).map(|(copy, (recipient, purpose))| crate::facts::CopyFacts {
            recipient,
            purpose,
            ..copy
        });
        let facts = FaceFacts { name: &name, employer: &employer, copy: made, ..facts };
        let layout = facts.layout.with_specialties(count);
        let face = face(&facts).unwrap();
        let mut boxes: Vec<(Role, Rect)> = vec![
            (Role::Fixed, layout.photo()),
            (Role::Fixed, layout.signature()),
            (Role::Fixed, layout.code()),
        ];
        for line in face.lines() {
            let shown = line_box(line);
            let place = match line.role {
                Role::Value(field) => {
                    let area = layout.area(field).unwrap();
                    prop_assert!(line.size >= area.least - 1e-9, "{field:?} is {} mm", line.size);
                    area.bounds
                }
                Role::Overprint => {
                    prop_assert!(line.size >= layout.overprint().least - 1e-9);
                    let pictures = [layout.photo(), layout.signature()];
                    pictures.into_iter().find(|picture| picture.contains(line.origin)).unwrap()
                }
                Role::Watermark => {
                    prop_assert!(line.size >= layout.note().least - 1e-9);
                    Rect::new(16.0, 16.0, 178.0, 265.0)
                }
                // The ring of the practice seal is a picture to the millimetre, not text to read.
                Role::SealArc | Role::Fixed => continue,
            };
            let inside = shown.x >= place.x - 0.05
                && shown.right() <= place.right() + 0.05
                && shown.y >= place.y - 0.35
                && shown.bottom() <= place.bottom() + 0.35;
            prop_assert!(inside, "{:?} {shown:?} leaves {place:?}", line.role);
            if matches!(line.role, Role::Value(_)) {
                boxes.push((line.role, shown));
            }
        }
        for (index, (role, a)) in boxes.iter().enumerate() {
            for (other, b) in &boxes[index + 1..] {
                let apart = a.right() <= b.x + 0.02 || b.right() <= a.x + 0.02
                    || a.bottom() <= b.y + 0.02 || b.bottom() <= a.y + 0.02;
                prop_assert!(apart, "{role:?} {a:?} and {other:?} {b:?} overlap");
            }
        }
    }
}

/// Names as people have them: Chinese, rare, of minorities with dots, Latin, mixed.
fn any_name() -> impl Strategy<Value = String> {
    let parts = proptest::collection::vec(chinese(1..=9), 2..=5).prop_map(|parts| parts.join("·"));
    let rare = proptest::collection::vec(proptest::char::range('\u{20000}', '\u{2A6D6}'), 1..=50);
    let mixed = (chinese(1..=20), latin()).prop_map(|(a, b)| format!("{a}·{b}").chars().take(50).collect());
    prop_oneof![
        chinese(1..=50),
        parts,
        rare.prop_map(|characters| characters.into_iter().collect()),
        latin(),
        mixed,
    ]
}

fn any_employer() -> impl Strategy<Value = String> {
    prop_oneof![
        chinese(1..=100),
        (chinese(4..=60), "[A-Z][a-z]{2,20} [A-Z]{2,10}").prop_map(|(a, b)| format!("{a}（{b}）")),
    ]
}

/// The box of what a line shows, turned with it: heads 0.84 em above the base line, feet 0.12 below.
fn line_box(line: &TextLine<'_>) -> Rect {
    let long = width(FontPack::shared(), &line.text) * line.size;
    let (sin, cos) = line.rotation.to_radians().sin_cos();
    let corner = |x: f64, y: f64| {
        (
            line.origin.x + x * cos + y * sin,
            line.origin.y - x * sin + y * cos,
        )
    };
    let (up, down) = (-0.84 * line.size, 0.12 * line.size);
    let corners = [
        corner(0.0, up),
        corner(0.0, down),
        corner(long, up),
        corner(long, down),
    ];
    let least = |pick: fn(&(f64, f64)) -> f64| corners.iter().map(pick).fold(f64::MAX, f64::min);
    let most = |pick: fn(&(f64, f64)) -> f64| corners.iter().map(pick).fold(f64::MIN, f64::max);
    let (x, y) = (least(|c| c.0), least(|c| c.1));
    Rect::new(x, y, most(|c| c.0) - x, most(|c| c.1) - y)
}

#[test]
fn an_employer_too_long_to_read_is_refused() {
    let printed = specimen::original(1);
    let employer = "建".repeat(200);
    let facts = FaceFacts {
        employer: &employer,
        ..printed.facts()
    };
    assert_eq!(face(&facts).unwrap_err(), FaceError::TooLong(Field::Employer));
    let copy = specimen::use_copy(1);
    let recipient = "建".repeat(600);
    let said = crate::facts::CopyFacts {
        recipient: &recipient,
        ..copy.facts().copy.unwrap()
    };
    let facts = FaceFacts {
        copy: Some(said),
        ..copy.facts()
    };
    assert_eq!(face(&facts).unwrap_err(), FaceError::NoteTooLong);
}
