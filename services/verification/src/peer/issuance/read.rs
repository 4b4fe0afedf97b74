//! Messages of the feed, read strictly: a malformed one stops the feed, since nothing after it could be trusted.

use api::convert::{Malformed, Read as _, read_term};
use api::issuance::v1 as wire;
use api::issuance::v1::watch_changes_response::Change as WireChange;
use api::types::v1 as types;
use domain::calendar::day_of;
use domain::certificate::FactsRecord;
use domain::document_number::{DocumentKind, DocumentNumber};
use domain::ids::PersonId;
use domain::licence_identifier::LicenceIdentifier;
use domain::name::PersonName;
use domain::province::Province;
use domain::registration_number::RegistrationNumber;
use domain::specialty::Specialty;
use domain::standing::Since;
use domain::validity::Validity;
use jiff::Timestamp;
use uuid::Uuid;

use crate::change::{
    Anchor, Change, CopyChange, DocumentChange, EntryChange, Message, ProvinceMark, VersionChange,
};

/// One message.
pub(super) fn message(message: wire::WatchChangesResponse) -> Result<Message, Malformed> {
    let recorded_at = message.recorded_at.read("recorded_at")?;
    let change = match message
        .change
        .ok_or_else(|| Malformed::new("change", "a known change"))?
    {
        WireChange::Heartbeat(_) => None,
        WireChange::EntryChanged(told) => Some(Change::Entry(Box::new(entry(told, recorded_at)?))),
        WireChange::VersionChanged(told) => Some(Change::Version(Box::new(version(told)?))),
        WireChange::CopyChanged(told) => Some(Change::Copy(copy(&told)?)),
        WireChange::DocumentIssued(told) => Some(Change::Document(document(&told)?)),
    };
    let watermarks = message
        .watermarks
        .iter()
        .map(watermark)
        .collect::<Result<_, _>>()?;
    Ok(Message {
        position: message.position,
        recorded_at,
        watermarks,
        change,
        anchor: Anchor(message.anchor.to_vec()),
    })
}

fn watermark(mark: &wire::ProvinceWatermark) -> Result<ProvinceMark, Malformed> {
    let province = mark
        .province
        .strip_prefix("provinces/")
        .and_then(Province::from_code);
    Ok(ProvinceMark {
        province: province.ok_or_else(|| Malformed::new("watermarks.province", "a province"))?,
        sequence: mark.sequence,
        at: mark.time.read("watermarks.time")?,
    })
}

fn entry(change: wire::EntryChanged, recorded_at: Timestamp) -> Result<EntryChange, Malformed> {
    let entry = change.entry.ok_or_else(|| Malformed::new("entry", "an entry"))?;
    let kind: DocumentKind = read_term::<types::DocumentKind, _>(change.document_kind, "document_kind")?;
    let document = DocumentNumber::parse(kind, &change.document_number, day_of(recorded_at));
    let other = |told: &wire::OtherDocument| {
        let kind: DocumentKind = read_term::<types::DocumentKind, _>(told.kind, "other_documents.kind")?;
        DocumentNumber::parse(kind, &told.number, day_of(recorded_at))
            .map_err(|_| Malformed::new("other_documents.number", "a document number"))
    };
    let other_documents = change.other_documents.iter().map(other);
    let other_documents = other_documents.collect::<Result<_, _>>()?;
    let number = |text: &str, field: &str| {
        RegistrationNumber::parse(text).map_err(|_| Malformed::new(field, "a registration number"))
    };
    let aliases = change.aliases.iter().map(|alias| number(alias, "aliases"));
    let current = match entry.current_certificate.as_str() {
        "" => None,
        name => Some(certificate(name, "entry.current_certificate")?),
    };
    Ok(EntryChange {
        person: person(&entry.person, "entry.person")?,
        status: read_term::<types::StatusCode, _>(entry.status_code, "entry.status_code")?,
        number: number(&entry.registration_number, "entry.registration_number")?,
        aliases: aliases.collect::<Result<_, _>>()?,
        employer: entry.employer_title,
        employer_code: entry.employer_credit_code,
        specialties: entry
            .specialties
            .into_iter()
            .map(specialty)
            .collect::<Result<_, _>>()?,
        province: Province::from_code(&entry.province)
            .ok_or_else(|| Malformed::new("entry.province", "two digits of a province"))?,
        current,
        name: PersonName::parse(&change.full_name).map_err(|_| Malformed::new("full_name", "a name"))?,
        document: document.map_err(|_| Malformed::new("document_number", "a document number"))?,
        other_documents,
        last_day_of_age: change.valid_through_age.read("valid_through_age")?,
        renewal_pending: change.renewal_pending,
        suspended_until: match change.suspended_until {
            None => None,
            day => Some(day.read("suspended_until")?),
        },
        since: since(change.status_since, change.end_cause)?,
    })
}

/// Since when an act has suspended or ended it.
fn since(on: Option<types::Date>, cause: i32) -> Result<Option<Since>, Malformed> {
    let Some(on) = on else { return Ok(None) };
    let cause = (cause != 0).then(|| read_term::<types::EndCause, _>(cause, "end_cause"));
    Ok(Some(Since {
        on: Some(on).read("status_since")?,
        cause: cause.transpose()?,
    }))
}

fn version(change: wire::VersionChanged) -> Result<VersionChange, Malformed> {
    let superseded_by = match change.superseded_by.as_str() {
        "" => None,
        by => Some(certificate(by, "superseded_by")?),
    };
    let facts = match &*change.facts {
        [] => None,
        bytes => {
            let facts = FactsRecord::parse(bytes);
            Some(facts.map_err(|_| Malformed::new("facts", "a canonical facts record"))?)
        }
    };
    Ok(VersionChange {
        licence: certificate(&change.licence_identifier, "licence_identifier")?,
        person: person(&change.person, "person")?,
        superseded_at: optional_instant(change.superseded_at, "superseded_at")?,
        superseded_by,
        changed_facts: change.changed_facts,
        supersession: change
            .supersession
            .map(|why| why.read("supersession"))
            .transpose()?,
        facts,
    })
}

fn copy(change: &wire::CopyChanged) -> Result<CopyChange, Malformed> {
    Ok(CopyChange {
        licence: certificate(&change.licence_identifier, "licence_identifier")?,
        copy: copy_id(&change.copy_id)?,
        use_until: change.use_until.read("use_until")?,
        token: optional_digest(&change.token_hash, "token_hash")?,
        revoked_at: optional_instant(change.revoked_at, "revoked_at")?,
    })
}

fn document(change: &wire::DocumentIssued) -> Result<DocumentChange, Malformed> {
    let copy = match change.copy_id.as_str() {
        "" => None,
        id => Some(copy_id(id)?),
    };
    let sha256 = optional_digest(&change.sha256, "sha256")?;
    Ok(DocumentChange {
        licence: certificate(&change.licence_identifier, "licence_identifier")?,
        copy,
        sha256: sha256.ok_or_else(|| Malformed::new("sha256", "a SHA-256"))?,
        token: optional_digest(&change.token_hash, "token_hash")?,
        generation: u16::try_from(change.generation.max(1))
            .map_err(|_| Malformed::new("generation", "a small number"))?,
    })
}

fn specialty(message: types::SpecialtyValidity) -> Result<(Specialty, Validity), Malformed> {
    let specialty = read_term::<types::Specialty, _>(message.specialty, "entry.specialties")?;
    let from = message.valid_from.read("entry.specialties.valid_from")?;
    let to = message.valid_to.read("entry.specialties.valid_to")?;
    Ok((specialty, Validity { from, to }))
}

/// An identifier, bare or as the resource name of a certificate.
fn certificate(text: &str, field: &str) -> Result<LicenceIdentifier, Malformed> {
    let identifier = text.strip_prefix("certificates/").unwrap_or(text);
    LicenceIdentifier::parse(identifier).map_err(|_| Malformed::new(field, "a licence identifier"))
}

fn person(name: &str, field: &str) -> Result<Uuid, Malformed> {
    let person = PersonId::from_resource_name(name).map_err(|_| Malformed::new(field, "persons/{person}"))?;
    Ok(person.as_uuid())
}

fn copy_id(text: &str) -> Result<Uuid, Malformed> {
    Uuid::try_parse(text).map_err(|_| Malformed::new("copy_id", "a copy's id"))
}

fn optional_instant(
    at: Option<pbjson_types::Timestamp>,
    field: &str,
) -> Result<Option<Timestamp>, Malformed> {
    at.map(|at| Some(at).read(field)).transpose()
}

fn optional_digest(bytes: &[u8], field: &str) -> Result<Option<[u8; 32]>, Malformed> {
    match bytes {
        [] => Ok(None),
        bytes => bytes
            .try_into()
            .map(Some)
            .map_err(|_| Malformed::new(field, "a SHA-256")),
    }
}
