//! A register of people who do not exist, as the feed tells it.

use api::issuance::v1 as wire;
use api::issuance::v1::watch_changes_response::Change;
use api::types::v1 as types;
use certificate_face::specimen;
use domain::certificate::FactsRecord;
use domain::credit_code::CreditCode;
use domain::document_number::{DocumentKind, DocumentNumber};
use domain::licence_identifier::LicenceIdentifier;
use domain::province::Province;
use domain::registration_number::{RegistrationDigits, RegistrationNumber};
use jiff::civil::date;
use sha2::{Digest as _, Sha256};
use testkit::people::Person;
use uuid::Uuid;

/// What the feed tells of each person: a version with its facts, the entry, and the two files of the original.
pub(super) const CHANGES: u64 = 4;

/// Where the people are registered: enough provinces for the digits of three million.
const PROVINCES: [&str; 4] = ["31", "32", "33", "44"];
const SERIALS: u32 = 99_999;
const FIRMS: u32 = 10_000;

/// People by ordinal; the same ordinal is always the same person.
pub(super) struct Register {
    model: FactsRecord,
    /// The model's canonical bytes, in which what differs from person to person is replaced: still canonical, since no
    /// key changes and every value is plain, and tens of times faster than to lay each record out.
    canonical: String,
    provinces: Vec<Province>,
}

impl Register {
    pub(super) fn new() -> Self {
        let provinces = PROVINCES
            .iter()
            .filter_map(|code| Province::from_code(code))
            .collect();
        let model = specimen::record("张伟民", 2);
        Self {
            canonical: String::from_utf8_lossy(&model.canonical_bytes()).into_owned(),
            model,
            provinces,
        }
    }

    /// The registration number of a person.
    pub(super) fn number(&self, ordinal: u32) -> RegistrationNumber {
        let (round, serial) = (ordinal / SERIALS, 1 + ordinal % SERIALS);
        let province = self.provinces[round as usize % self.provinces.len()];
        let year = 2009 + u16::try_from(round as usize / self.provinces.len() % 17).unwrap_or_default();
        let digits =
            RegistrationDigits::allocate(province, 2008, year, serial).expect("there are enough digits");
        RegistrationNumber::new(province, digits)
    }

    /// The change at a position, counted from one.
    pub(super) fn change(&self, position: u64) -> Change {
        let at = position - 1;
        let ordinal = u32::try_from(at / CHANGES).expect("there are fewer people");
        match at % CHANGES {
            0 => Change::VersionChanged(self.version(ordinal)),
            1 => Change::EntryChanged(self.entry(ordinal)),
            2 => Change::DocumentIssued(document(ordinal, wire::DocumentFormat::Ofd)),
            _ => Change::DocumentIssued(document(ordinal, wire::DocumentFormat::Pdf)),
        }
    }

    fn version(&self, ordinal: u32) -> wire::VersionChanged {
        wire::VersionChanged {
            licence_identifier: licence(ordinal).to_string(),
            person: person(ordinal),
            version: 1,
            superseded_at: None,
            superseded_by: String::new(),
            changed_facts: Vec::new(),
            facts: self.facts(ordinal).into_bytes().into(),
            supersession: None,
        }
    }

    fn facts(&self, ordinal: u32) -> String {
        let somebody = Person::of_crowd(ordinal);
        let kind = DocumentKind::CitizenIdentityCard;
        let document = DocumentNumber::parse(kind, &somebody.document_number, date(2026, 5, 1))
            .expect("testkit makes numbers with their check characters");
        let (holder, model) = (&self.model.holder, &self.model);
        let day = document.birth_date().unwrap_or(holder.birth_date);
        let sex = |sex| serde_json::to_string(&sex).unwrap_or_default();
        let replaced = [
            (model.licence_identifier.to_string(), licence(ordinal).to_string()),
            (model.number.to_string(), self.number(ordinal).to_string()),
            (holder.name.expose().to_owned(), somebody.full_name),
            (holder.document.expose().to_owned(), somebody.document_number),
            (holder.birth_date.to_string(), day.to_string()),
            (model.employer.name.clone(), firm(ordinal)),
            (
                format!("\"sex\":{}", sex(holder.sex)),
                format!("\"sex\":{}", sex(document.sex().unwrap_or(holder.sex))),
            ),
        ];
        replaced
            .iter()
            .fold(self.canonical.clone(), |text, (from, to)| text.replace(from, to))
    }

    fn entry(&self, ordinal: u32) -> wire::EntryChanged {
        let somebody = Person::of_crowd(ordinal);
        let specialties = self
            .model
            .specialties
            .iter()
            .map(|known| types::SpecialtyValidity {
                specialty: types::Specialty::from(known.specialty).into(),
                valid_from: Some(known.valid_from.into()),
                valid_to: Some(known.valid_to.into()),
            });
        let number = self.number(ordinal);
        let province = number.prefix().code();
        wire::EntryChanged {
            entry: Some(wire::RegisterEntry {
                person: person(ordinal),
                registration_number: number.to_string(),
                status_code: types::StatusCode::Valid.into(),
                employer_title: firm(ordinal),
                employer_credit_code: self.model.employer.credit_code.as_str().to_owned(),
                specialties: specialties.collect(),
                current_certificate: format!("certificates/{}", licence(ordinal)),
                province: province.to_owned(),
                decided_by: "ministry".to_owned(),
                announced_by: format!("provinces/{province}"),
                announced_at: None,
            }),
            full_name: somebody.full_name,
            document_kind: types::DocumentKind::CitizenIdentityCard.into(),
            document_number: somebody.document_number,
            valid_through_age: Some(date(2055, 3, 7).into()),
            aliases: Vec::new(),
            renewal_pending: false,
            suspended_until: None,
            end_cause: Default::default(),
            status_since: None,
            transition: None,
            other_documents: Vec::new(),
        }
    }
}

fn person(ordinal: u32) -> String {
    format!(
        "persons/{}",
        Uuid::from_u128(0x0197_a000_0000_7000_8000_0000_0000_0000 | u128::from(ordinal))
    )
}

fn licence(ordinal: u32) -> LicenceIdentifier {
    let issuer = CreditCode::parse(CreditCode::SPECIMEN_AUTHORITY).expect("a code");
    let serial = format!("JZ{ordinal:018}");
    LicenceIdentifier::new(LicenceIdentifier::SPECIMEN_TYPE_CODE, &issuer, &serial, 1).expect("an identifier")
}

fn firm(ordinal: u32) -> String {
    format!("江苏太湖第{}水利建设工程有限公司", ordinal % FIRMS)
}

fn document(ordinal: u32, format: wire::DocumentFormat) -> wire::DocumentIssued {
    let digest = |kind: &str| Sha256::digest(format!("{kind} {ordinal}")).to_vec().into();
    wire::DocumentIssued {
        generation: 1,
        licence_identifier: licence(ordinal).to_string(),
        copy_id: String::new(),
        format: format.into(),
        sha256: digest(format.as_str_name()),
        token_hash: digest("token"),
    }
}
