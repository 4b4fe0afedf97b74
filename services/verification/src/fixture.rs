//! A synthetic register: people who do not exist, told as the feed would tell them.

use domain::credit_code::CreditCode;
use domain::document_number::{DocumentKind, DocumentNumber};
use domain::licence_identifier::LicenceIdentifier;
use domain::name::PersonName;
use domain::province::Province;
use domain::register::StatusCode;
use domain::registration_number::{RegistrationDigits, RegistrationNumber};
use domain::specialty::Specialty;
use domain::validity::Validity;
use jiff::Timestamp;
use jiff::civil::date;
use personal_data::{BlindIndexer, KeyKind, Keyring, OsRandom};
use uuid::Uuid;

#[cfg(test)]
use crate::change::CopyChange;
use crate::change::{Anchor, Change, DocumentChange, EntryChange, Message, ProvinceMark, VersionChange};
use crate::indices::Indices;
use crate::model::Model;

/// The instant of every message.
pub(crate) fn recorded_at() -> Timestamp {
    "2026-06-01T02:00:00Z".parse().expect("an instant")
}

/// A register that nobody has told anything.
pub(crate) fn empty() -> Model {
    let keys = Keyring::ephemeral(KeyKind::BlindIndex, &mut OsRandom);
    Model::new(Indices::new(&BlindIndexer::new(keys)), recorded_at())
}

pub(crate) fn number(ordinal: u32) -> RegistrationNumber {
    let jiangsu = Province::from_code("32").expect("a province");
    let year = 2010 + u16::try_from(ordinal / 99_999 % 15).expect("small");
    let digits = RegistrationDigits::allocate(jiangsu, 2008, year, 1 + ordinal % 99_999).expect("digits");
    RegistrationNumber::new(jiangsu, digits)
}

pub(crate) fn name(ordinal: u32) -> PersonName {
    let given = char::from_u32(0x5B50 + ordinal % 2000).expect("an ideograph");
    let second = char::from_u32(0x660E + ordinal / 2000 % 2000).expect("an ideograph");
    PersonName::parse(&format!("欧阳{given}{second}")).expect("a name")
}

pub(crate) fn document(ordinal: u32) -> DocumentNumber {
    DocumentNumber::parse(
        DocumentKind::OrdinaryPassport,
        &format!("E{ordinal:08}"),
        date(2026, 6, 1),
    )
    .expect("a document number")
}

pub(crate) fn licence(ordinal: u32, version: u16) -> LicenceIdentifier {
    let issuer = CreditCode::parse(CreditCode::SPECIMEN_AUTHORITY).expect("a code");
    let serial = format!("JZ{ordinal:018}");
    LicenceIdentifier::new(LicenceIdentifier::SPECIMEN_TYPE_CODE, &issuer, &serial, version)
        .expect("an identifier")
}

pub(crate) fn person(ordinal: u32) -> Uuid {
    Uuid::from_u128(0x7000 + u128::from(ordinal))
}

pub(crate) fn digest(ordinal: u32, kind: u8) -> [u8; 32] {
    use sha2::{Digest as _, Sha256};
    Sha256::digest([&ordinal.to_be_bytes()[..], &[kind]].concat()).into()
}

pub(crate) fn entry(ordinal: u32) -> EntryChange {
    let validity = Validity {
        from: date(2025, 1, 1),
        to: date(2027, 12, 31),
    };
    EntryChange {
        person: person(ordinal),
        status: StatusCode::Valid,
        number: number(ordinal),
        aliases: Vec::new(),
        employer: format!("样本建设集团第{}有限公司", ordinal % 10_000),
        employer_code: CreditCode::SPECIMEN_AUTHORITY.to_owned(),
        specialties: vec![(Specialty::Building, validity), (Specialty::Municipal, validity)],
        province: Province::from_code("32").expect("a province"),
        current: Some(licence(ordinal, 1)),
        name: name(ordinal),
        document: document(ordinal),
        other_documents: Vec::new(),
        last_day_of_age: date(2050, 1, 1),
        renewal_pending: false,
        suspended_until: None,
        since: None,
    }
}

pub(crate) fn version(ordinal: u32, version: u16) -> VersionChange {
    VersionChange {
        licence: licence(ordinal, version),
        person: person(ordinal),
        superseded_at: None,
        superseded_by: None,
        changed_facts: Vec::new(),
        supersession: None,
        facts: None,
    }
}

#[cfg(test)]
pub(crate) fn copy(ordinal: u32) -> CopyChange {
    CopyChange {
        licence: licence(ordinal, 1),
        copy: Uuid::from_u128(0x9000 + u128::from(ordinal)),
        use_until: date(2026, 11, 28),
        token: None,
        revoked_at: None,
    }
}

pub(crate) fn file(ordinal: u32, kind: u8) -> DocumentChange {
    DocumentChange {
        licence: licence(ordinal, 1),
        copy: None,
        sha256: digest(ordinal, kind),
        token: Some(digest(ordinal, b't')),
        generation: 1,
    }
}

/// Of the change at a position.
pub(crate) fn anchor(position: u64) -> Anchor {
    Anchor(position.to_be_bytes().to_vec())
}

/// A message of a feed that stands at `after`.
pub(crate) fn next(after: u64, change: Change) -> Message {
    Message {
        position: after + 1,
        recorded_at: recorded_at(),
        watermarks: Vec::new(),
        change: Some(change),
        anchor: anchor(after + 1),
    }
}

/// A heartbeat at the model's own position.
pub(crate) fn heartbeat(model: &Model) -> Message {
    Message {
        position: model.marks.position(),
        recorded_at: recorded_at(),
        watermarks: vec![ProvinceMark {
            province: Province::from_code("32").expect("a province"),
            sequence: 7,
            at: recorded_at(),
        }],
        change: None,
        anchor: anchor(model.marks.position()),
    }
}

/// Applies changes one after the other.
pub(crate) fn tell(model: &Model, changes: impl IntoIterator<Item = Change>) {
    for change in changes {
        model
            .apply(next(model.marks.position(), change))
            .expect("the feed is in order");
    }
}

/// One person with a version and its two files.
pub(crate) fn tell_person(model: &Model, ordinal: u32) {
    tell(
        model,
        [
            Change::Version(Box::new(version(ordinal, 1))),
            Change::Entry(Box::new(entry(ordinal))),
            Change::Document(file(ordinal, b'o')),
            Change::Document(file(ordinal, b'p')),
        ],
    );
}
