//! A specimen constructor, as the register tells of one.

use api::issuance::v1 as wire;
use api::issuance::v1::watch_changes_response::Change;
use api::types::v1 as types;
use certificate_face::specimen;
use domain::certificate::FactsRecord;
use domain::licence_identifier::LicenceIdentifier;
use jiff::Timestamp;
use jiff::civil::{Date, date};
use sha2::{Digest as _, Sha256};

pub(crate) const NAME: &str = "张伟民";
pub(crate) const DOCUMENT: &str = "320205199003070011";
pub(crate) const NUMBER: &str = "苏1322018201901234";
pub(crate) const TOKEN: &str = "AQIDBAUGBwgJCgsMDQ4PEBESExQ";
pub(crate) const COPY_TOKEN: &str = "EBESExQVFhcYGRobHB0eHyAhIiM";
/// The id of [`specimen::use_copy`].
pub(crate) const COPY: &str = "01970000-0000-7000-8000-000000000001";
pub(crate) const PERSON: &str = "persons/0197a000-0000-7000-8000-000000000007";

/// When the tests begin, by the register clock.
pub(crate) fn begun() -> Timestamp {
    "2026-06-01T02:00:00Z".parse().expect("an instant")
}

pub(crate) fn facts() -> FactsRecord {
    specimen::record(NAME, 2)
}

pub(crate) fn licence() -> String {
    facts().licence_identifier.to_string()
}

pub(crate) fn next_licence() -> LicenceIdentifier {
    facts()
        .licence_identifier
        .next_version()
        .expect("there are few versions")
}

pub(crate) fn entry() -> wire::EntryChanged {
    let facts = facts();
    let specialties = facts.specialties.iter().map(|known| types::SpecialtyValidity {
        specialty: types::Specialty::from(known.specialty).into(),
        valid_from: Some(known.valid_from.into()),
        valid_to: Some(known.valid_to.into()),
    });
    wire::EntryChanged {
        entry: Some(wire::RegisterEntry {
            person: PERSON.to_owned(),
            registration_number: facts.number.to_string(),
            status_code: types::StatusCode::Valid.into(),
            employer_title: facts.employer.name.clone(),
            employer_credit_code: facts.employer.credit_code.as_str().to_owned(),
            specialties: specialties.collect(),
            current_certificate: format!("certificates/{}", facts.licence_identifier),
            province: "32".to_owned(),
            decided_by: "ministry".to_owned(),
            announced_by: "provinces/32".to_owned(),
            announced_at: None,
        }),
        full_name: NAME.to_owned(),
        document_kind: types::DocumentKind::CitizenIdentityCard.into(),
        document_number: DOCUMENT.to_owned(),
        valid_through_age: Some(date(2055, 3, 7).into()),
        aliases: vec![facts.number.short()],
        renewal_pending: false,
        suspended_until: None,
        status_since: None,
        end_cause: 0,
        transition: None,
        other_documents: Vec::new(),
    }
}

/// The entry with another status; ended ones have no certificate any more.
pub(crate) fn entry_with(status: types::StatusCode) -> Change {
    let mut changed = entry();
    let entry = changed.entry.as_mut().expect("it has one");
    entry.status_code = status.into();
    if !matches!(status, types::StatusCode::Valid | types::StatusCode::Suspended) {
        entry.current_certificate.clear();
    }
    if status == types::StatusCode::Lapsed {
        // A lapse that somebody recorded has its day; without one it is what the dates make of it.
        changed.status_since = Some(date(2026, 3, 2).into());
        changed.end_cause = types::EndCause::EmployerBankrupt.into();
    }
    Change::EntryChanged(changed)
}

pub(crate) fn version() -> wire::VersionChanged {
    let facts = facts();
    wire::VersionChanged {
        licence_identifier: facts.licence_identifier.to_string(),
        person: PERSON.to_owned(),
        version: facts.version.into(),
        superseded_at: None,
        superseded_by: String::new(),
        changed_facts: Vec::new(),
        supersession: None,
        facts: facts.canonical_bytes().into(),
    }
}

/// The first version, superseded.
pub(crate) fn superseded(at: Timestamp) -> Change {
    Change::VersionChanged(wire::VersionChanged {
        superseded_at: Some(api::convert::instant(at)),
        superseded_by: next_licence().to_string(),
        changed_facts: vec!["employer".to_owned()],
        supersession: None,
        ..version()
    })
}

/// The first version, superseded by the correction of name and photo.
pub(crate) fn corrected(at: Timestamp, changed_on: Option<Date>) -> Change {
    let nature = match changed_on {
        Some(_) => types::CorrectionNature::LegalChange,
        None => types::CorrectionNature::RegisterError,
    };
    Change::VersionChanged(wire::VersionChanged {
        superseded_at: Some(api::convert::instant(at)),
        superseded_by: next_licence().to_string(),
        changed_facts: vec!["holder.name".to_owned(), "photo".to_owned()],
        supersession: Some(types::Supersession {
            reason: types::SupersessionReason::Correction.into(),
            nature: nature.into(),
            changed_on: changed_on.map(Into::into),
        }),
        ..version()
    })
}

pub(crate) fn copy(use_until: Date, revoked_at: Option<Timestamp>) -> Change {
    Change::CopyChanged(wire::CopyChanged {
        licence_identifier: licence(),
        copy_id: COPY.to_owned(),
        use_until: Some(use_until.into()),
        purpose: wire::Purpose::Tender.into(),
        recipient: "无锡市公共资源交易中心".to_owned(),
        token_hash: Default::default(),
        revoked_at: revoked_at.map(api::convert::instant),
    })
}

/// A file exists; `copy_id` is empty for the original.
pub(crate) fn issued(bytes: &[u8], copy_id: &str, token: &str) -> Change {
    let sha256 = |bytes: &[u8]| Sha256::digest(bytes).to_vec().into();
    Change::DocumentIssued(wire::DocumentIssued {
        generation: 1,
        licence_identifier: licence(),
        copy_id: copy_id.to_owned(),
        format: wire::DocumentFormat::Ofd.into(),
        sha256: sha256(bytes),
        token_hash: sha256(token.as_bytes()),
    })
}

/// The original's file was made anew.
pub(crate) fn made_anew(bytes: &[u8]) -> Change {
    match issued(bytes, "", "another token of 160 bits") {
        Change::DocumentIssued(told) => Change::DocumentIssued(wire::DocumentIssued {
            generation: 2,
            ..told
        }),
        other => other,
    }
}

/// Version, entry, original and copy of the constructor.
pub(crate) fn whole() -> Vec<Change> {
    vec![
        Change::VersionChanged(version()),
        Change::EntryChanged(entry()),
        issued(b"an original", "", TOKEN),
        copy(date(2026, 10, 31), None),
        issued(b"a copy", COPY, COPY_TOKEN),
    ]
}
