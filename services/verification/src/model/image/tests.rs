use domain::certificate::{Supersession, SupersessionReason};
use domain::province::Province;
use domain::register::{EndCause, StatusCode};
use domain::specialty::Specialty;
use domain::standing::Since;
use jiff::civil::date;
use personal_data::{Cipher, OsRandom};
use proptest::prelude::*;

use super::*;
use crate::change::{Change, CopyChange, DocumentChange, EntryChange, VersionChange};
use crate::fixture::{self, tell, tell_person};

const PEOPLE: u32 = 5;

/// What may happen to somebody.
#[derive(Debug, Clone, Copy)]
enum Event {
    Arrives,
    Moves,
    Lapses,
    IsSuspended,
    TakesIn,
    GetsVersion(u16),
    GetsCopy(u8),
    CopyIsSealed(u8),
    IsSealedAnew(u8),
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        2 => Just(Event::Arrives),
        1 => Just(Event::Moves),
        1 => Just(Event::Lapses),
        1 => Just(Event::IsSuspended),
        1 => Just(Event::TakesIn),
        1 => (2..5_u16).prop_map(Event::GetsVersion),
        1 => (0..3_u8).prop_map(Event::GetsCopy),
        1 => (0..3_u8).prop_map(Event::CopyIsSealed),
        1 => (0..3_u8).prop_map(Event::IsSealedAnew),
    ]
}

fn copy(ordinal: u32, nth: u8) -> CopyChange {
    let copy = fixture::copy(ordinal);
    CopyChange {
        copy: uuid::Uuid::from_u128(copy.copy.as_u128() + u128::from(nth) * 0x10_0000),
        token: (nth > 0).then(|| fixture::digest(ordinal, b'0' + nth)),
        revoked_at: (nth > 1).then(fixture::recorded_at),
        ..copy
    }
}

/// The changes that tell it. What the register cannot tell of somebody it has not told yet is left out.
fn changes(model: &Model, ordinal: u32, event: Event) -> Vec<Change> {
    let known = model.by_licence(&fixture::licence(ordinal, 1)).is_some();
    let entry = fixture::entry(ordinal);
    let told = |entry: EntryChange| vec![Change::Entry(Box::new(entry))];
    let shanghai = Province::from_code("31").expect("a province");
    match event {
        Event::Arrives => {
            tell_person(model, ordinal);
            Vec::new()
        }
        _ if !known => Vec::new(),
        Event::Moves => told(EntryChange {
            number: entry.number.moved_to(shanghai),
            aliases: vec![entry.number],
            ..entry
        }),
        Event::Lapses => told(EntryChange {
            status: StatusCode::Lapsed,
            current: None,
            since: Some(Since {
                on: date(2026, 5, 1),
                cause: Some(EndCause::EmploymentEnded),
            }),
            ..entry
        }),
        Event::IsSuspended => told(EntryChange {
            status: StatusCode::Suspended,
            suspended_until: Some(date(2026, 12, 31)),
            current: Some(fixture::licence(ordinal, 7)),
            renewal_pending: true,
            ..entry
        }),
        Event::TakesIn => told(EntryChange {
            other_documents: vec![fixture::document(ordinal + 1), fixture::document(ordinal + 50)],
            ..entry
        }),
        Event::GetsVersion(version) => vec![
            Change::Version(Box::new(VersionChange {
                superseded_at: Some(fixture::recorded_at()),
                superseded_by: Some(fixture::licence(ordinal, version)),
                changed_facts: vec!["employer".to_owned(), format!("fact-{version}")],
                supersession: Some(Supersession {
                    reason: SupersessionReason::EmployerChange,
                    correction: None,
                }),
                ..fixture::version(ordinal, 1)
            })),
            Change::Version(Box::new(VersionChange {
                facts: Some(certificate_face::specimen::record("欧阳子明", 2)),
                ..fixture::version(ordinal, version)
            })),
        ],
        Event::GetsCopy(nth) => vec![Change::Copy(copy(ordinal, nth))],
        Event::CopyIsSealed(nth) => vec![
            Change::Copy(copy(ordinal, nth)),
            Change::Document(DocumentChange {
                copy: Some(copy(ordinal, nth).copy),
                sha256: fixture::digest(ordinal, b'A' + nth),
                ..fixture::file(ordinal, b'x')
            }),
        ],
        Event::IsSealedAnew(nth) => vec![Change::Document(DocumentChange {
            sha256: fixture::digest(ordinal, b'K' + nth),
            token: Some(fixture::digest(ordinal, b'U' + nth)),
            generation: 1 + u16::from(nth),
            ..fixture::file(ordinal, b'x')
        })],
    }
}

fn happen(model: &Model, events: &[(u32, Event)]) {
    for (ordinal, event) in events {
        let changes = changes(model, *ordinal, *event);
        tell(model, changes);
    }
}

fn plain(capture: &Capture) -> Vec<u8> {
    let mut bytes = Vec::new();
    capture.write(&mut bytes).expect("memory takes everything");
    bytes
}

fn sealed(model: &Arc<Model>) -> Vec<u8> {
    let capture = model.capture().expect("something was told");
    let keys = capture.files();
    let mut file = keys
        .write(Vec::new(), Cipher::Aes256Gcm, &mut OsRandom)
        .expect("memory takes everything");
    capture.write(&mut file).expect("memory takes everything");
    file.finish().expect("memory takes everything")
}

fn read(model: &Model, file: &[u8]) -> Result<Model, ImageError> {
    Model::from_image(model.indices.clone(), file, fixture::recorded_at())
}

/// What every key of somebody leads to.
fn found(model: &Model, ordinal: u32) -> String {
    let document = model.indices.document(&fixture::document(ordinal));
    let shanghai = Province::from_code("31").expect("a province");
    let slots = (
        model.by_number(fixture::number(ordinal)),
        model.by_number(fixture::number(ordinal).moved_to(shanghai)),
        (
            model.by_document(document),
            model.by_document_before_merge(document),
            model.by_document(model.indices.document(&fixture::document(ordinal + 50))),
        ),
        [1, 2, 3, 4].map(|version| model.by_licence(&fixture::licence(ordinal, version))),
    );
    let digests = (b'0'..b'z').map(|kind| {
        let digest = fixture::digest(ordinal, kind);
        let file = model.by_file(&digest);
        let made_anew = file.map(|file| model.is_made_anew(&digest, &file));
        let recorded_at = model.digest_recorded_at(&digest);
        (file, made_anew, recorded_at, model.by_token(&digest))
    });
    let texts = slots.0.map(|slot| {
        let employer = model.read(slot, |person| person.entry().map(|entry| entry.employer));
        employer.map(|employer| model.employer(employer))
    });
    format!("{slots:?} {:?} {texts:?}", digests.collect::<Vec<_>>())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Whatever happened, and whatever happens while it is written, a picture is of its own position, and what is read back
    /// answers as what was written did.
    #[test]
    fn a_picture_is_of_one_position_and_comes_back_whole(
        before in prop::collection::vec((0..PEOPLE, event()), 1..40),
        meanwhile in prop::collection::vec((0..PEOPLE + 3, event()), 0..20),
    ) {
        let model = Arc::new(fixture::empty());
        tell_person(&model, 1);
        happen(&model, &before);
        let at_rest = plain(&model.capture().expect("something was told"));
        let file = sealed(&model);
        let expected: Vec<String> = (0..PEOPLE).map(|ordinal| found(&model, ordinal)).collect();

        let capture = model.capture().expect("something was told");
        happen(&model, &meanwhile);
        prop_assert!(plain(&capture) == at_rest, "what happened meanwhile is not in it");
        drop(capture);

        let restored = Arc::new(read(&model, &file).expect("it was just written"));
        prop_assert_eq!(restored.marks.anchor(), fixture::anchor(restored.marks.position()));
        prop_assert!(!restored.marks.is_caught_up(), "nothing is fresh before the feed says so");
        let again: Vec<String> = (0..PEOPLE).map(|ordinal| found(&restored, ordinal)).collect();
        prop_assert_eq!(again, expected);
        prop_assert!(plain(&restored.capture().expect("it was told")) == at_rest);
        // It goes on like the other one.
        happen(&restored, &meanwhile);
        for ordinal in 0..PEOPLE + 3 {
            prop_assert_eq!(found(&restored, ordinal), found(&model, ordinal));
        }
    }
}

#[test]
fn a_file_with_any_byte_changed_or_cut_off_anywhere_is_refused() {
    let model = Arc::new(fixture::empty());
    tell_person(&model, 1);
    let file = sealed(&model);
    assert!(read(&model, &file).is_ok());
    for at in 0..file.len() {
        let mut altered = file.clone();
        altered[at] ^= 0x10;
        assert!(read(&model, &altered).is_err(), "byte {at}");
        assert!(read(&model, &file[..at]).is_err(), "cut off at {at}");
    }
}

#[test]
fn a_file_of_other_keys_or_of_too_old_a_reading_is_refused() {
    let model = Arc::new(fixture::empty());
    tell_person(&model, 1);
    let file = sealed(&model);
    let foreign = read(&fixture::empty(), &file).err();
    assert!(matches!(
        foreign,
        Some(ImageError::File(SealedFileError::Unauthentic))
    ));
    let later = fixture::recorded_at() + jiff::SignedDuration::from_secs(1);
    let old = Model::from_image(model.indices.clone(), &*file, later).err();
    assert!(matches!(old, Some(ImageError::Old)));
}

#[test]
fn a_file_shows_no_name_and_no_number() {
    let model = Arc::new(fixture::empty());
    tell_person(&model, 1);
    let capture = model.capture().expect("something was told");
    let (plain, file) = (plain(&capture), sealed(&model));
    let within = |bytes: &[u8], text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
    // The family name is in the model, in the clear; neither the whole name nor the document number is.
    assert!(within(&plain, "欧阳") && !within(&file, "欧阳"));
    assert!(!within(&plain, fixture::name(1).expose()) && !within(&plain, fixture::document(1).expose()));
}

/// Places in this list are written: another order is another [`FORMAT`].
#[test]
fn the_order_of_specialties_is_part_of_the_format() {
    assert_eq!(FORMAT, 1);
    assert_eq!(
        Specialty::ALL.map(Specialty::code),
        [
            "BUILDING",
            "HIGHWAY",
            "RAILWAY",
            "CIVIL_AVIATION",
            "PORT_AND_WATERWAY",
            "WATER_AND_HYDROPOWER",
            "MINING",
            "MUNICIPAL",
            "COMMUNICATIONS",
            "MECHANICAL_AND_ELECTRICAL"
        ]
    );
}
