//! The payload of an envelope.

use api::convert::{Malformed, Read, read_all, read_term};
use api::exchange::v1 as wire;
use api::schema;
use api::types::v1 as types;
use domain::application::ApplicationType;
use domain::authority::Authority;
use domain::cancellation::CancellationTerms;
use domain::ids::{ApplicationId, ClearanceId, EmployerId, LapseId, LapseRowId, PersonId};
use domain::province::{Jurisdiction, Province};
use domain::register::{EndCause, StatusCode};
use domain::registration_number::RegistrationNumber;
use domain::specialty::Specialty;
use domain::validity::Validity;
use uuid::Uuid;
use wire::provincial_event::Event as WireEvent;

use crate::event::{
    Announced, Event, Lapsed, Lapsing, Migrated, Reinstated, RenewalDeemed, Stop, Succeeded, What,
};
use crate::holder::TypeTerms;
use crate::store::exchange::claim::Key;

/// Reads a payload that a province sent.
pub(super) fn read(province: Province, payload: &[u8]) -> Result<Event, Stop> {
    let message = schema::provincial_event(payload).map_err(|_| Stop::UNKNOWN_SCHEMA)?;
    let event = message.event.ok_or(Stop::UNKNOWN_SCHEMA)?;
    let what = match event {
        WireEvent::Announced(announced) => read_announced(province, announced, true).map(What::Announced),
        WireEvent::Completed(completed) => read_announced(province, completed, false).map(What::Announced),
        WireEvent::RenewalAccepted(accepted) => {
            read_renewal(province, &accepted.application, &accepted.person, true)
        }
        WireEvent::RenewalClosed(closed) => {
            read_renewal(province, &closed.application, &closed.person, false)
        }
        WireEvent::RenewalDeemed(deemed) => read_deemed(province, deemed).map(What::RenewalDeemed),
        WireEvent::ClearanceReleased(released) => read_released(province, &released),
        WireEvent::SuccessionApplied(row) => read_succeeded(province, row).map(What::Succeeded),
        WireEvent::RegistrationReinstated(reinstated) => {
            read_reinstated(province, reinstated).map(What::Reinstated)
        }
        WireEvent::LapseApplied(row) => read_lapsed(province, &row).map(What::Lapsed),
        WireEvent::LapseUndone(row) => read_undone(province, &row).map(What::Lapsed),
        WireEvent::RegistrationMigrated(row) => read_migrated(province, &row).map(What::Migrated),
        WireEvent::Watermark(mark) => mark.through.read("through").map(What::Watermark),
    };
    let read = || {
        Ok::<_, Malformed>(Event {
            occurred_at: message.occurred_at.read("occurred_at")?,
            what: what?,
        })
    };
    read().map_err(|fault| {
        tracing::warn!(%province, field = fault.field, "a field of a provincial event is malformed");
        Stop::MALFORMED_EVENT
    })
}

/// A registration that was announced, or a cancellation of the whole that was completed without an announcement.
fn read_announced(
    province: Province,
    wire: wire::AnnouncedRegistration,
    is_announced: bool,
) -> Result<Announced, Malformed> {
    let kind = kind(wire.r#type, "type")?;
    let type_terms = type_terms(kind, wire.cancellation, wire.correction)?;
    let whole = |terms: &CancellationTerms| terms.specialties.is_none();
    if !is_announced && !type_terms.cancellation.as_ref().is_some_and(whole) {
        return Err(Malformed::new(
            "completed",
            "a cancellation of the whole registration",
        ));
    }
    let announcement_number = if is_announced {
        Some(text(wire.announcement_number, "announcement_number")?)
    } else if wire.announcement_number.is_empty() {
        None
    } else {
        return Err(Malformed::new(
            "announcement_number",
            "no number without an announcement",
        ));
    };
    Ok(Announced {
        key: key(province, &wire.application, "application")?,
        clearance: clearance(&wire.clearance_id)?,
        person: person(&wire.person, "person")?,
        employer: employer(&wire.employer, "employer")?,
        kind,
        type_terms,
        application_hash: hash(&wire.application_hash, "application_hash")?,
        number: number(&wire.registration_number, "registration_number")?,
        terms: read_all(wire.specialties.into_iter().map(Term), "specialties")?,
        announcement_number,
        announced_at: wire.announced_at.read("announced_at")?,
        announced_by: authority(&wire.announced_by, "announced_by")?,
        decided_by: authority(&wire.decided_by, "decided_by")?,
    })
}

fn read_renewal(province: Province, application: &str, of: &str, pending: bool) -> Result<What, Malformed> {
    Ok(What::Renewal {
        key: key(province, application, "application")?,
        person: person(of, "person")?,
        pending,
    })
}

fn read_succeeded(province: Province, wire: wire::SuccessionApplied) -> Result<Succeeded, Malformed> {
    Ok(Succeeded {
        province,
        succession: super::moves::succession(province, &wire.succession)?,
        row: Uuid::try_parse(&wire.row).map_err(|_| Malformed::new("row", "a UUID"))?,
        person: person(&wire.person, "person")?,
        successor: employer(&wire.successor, "successor")?,
        announcement_number: text(wire.announcement_number, "announcement_number")?,
        announced_at: wire.announced_at.read("announced_at")?,
        announced_by: authority(&wire.announced_by, "announced_by")?,
        decided_by: authority(&wire.decided_by, "decided_by")?,
    })
}

fn read_reinstated(province: Province, wire: wire::RegistrationReinstated) -> Result<Reinstated, Malformed> {
    Ok(Reinstated {
        key: key(province, &wire.application, "application")?,
        person: person(&wire.person, "person")?,
        document: text(wire.document_number, "document_number")?,
        at: wire.reinstated_at.read("reinstated_at")?,
        announced_by: authority(&wire.announced_by, "announced_by")?,
        decided_by: authority(&wire.decided_by, "decided_by")?,
    })
}

fn read_lapsed(province: Province, wire: &wire::LapseApplied) -> Result<Lapsed, Malformed> {
    let cause: EndCause = read_term::<types::EndCause, _>(wire.cause, "cause")?;
    if cause.status() != StatusCode::Lapsed {
        return Err(Malformed::new("cause", "one of 失效"));
    }
    let of = (!wire.employer.is_empty()).then(|| employer(&wire.employer, "employer"));
    Ok(Lapsed {
        province,
        lapse: lapse(province, &wire.lapse)?,
        row: row(&wire.row, "row")?,
        person: person(&wire.person, "person")?,
        what: Lapsing::Lapse {
            employer: of.transpose()?,
            cause,
            effective_on: wire.effective_on.read("effective_on")?,
        },
        confirmed_at: wire.confirmed_at.read("confirmed_at")?,
        decided_by: own_authority(province, &wire.decided_by)?,
    })
}

fn read_undone(province: Province, wire: &wire::LapseUndone) -> Result<Lapsed, Malformed> {
    Ok(Lapsed {
        province,
        lapse: lapse(province, &wire.lapse)?,
        row: row(&wire.row, "row")?,
        person: person(&wire.person, "person")?,
        what: Lapsing::Undo {
            row: row(&wire.undone_row, "undone_row")?,
        },
        confirmed_at: wire.confirmed_at.read("confirmed_at")?,
        decided_by: own_authority(province, &wire.decided_by)?,
    })
}

/// `provinces/{this}/lapses/{lapse}`
fn lapse(province: Province, name: &str) -> Result<LapseId, Malformed> {
    let own = name.strip_prefix(&format!("provinces/{province}/"));
    let id = own.and_then(|rest| LapseId::from_resource_name(rest).ok());
    id.ok_or_else(|| Malformed::new("lapse", "a lapse of the calling province"))
}

fn row(id: &str, field: &str) -> Result<LapseRowId, Malformed> {
    id.parse().map_err(|_| Malformed::new(field, "a UUID"))
}

/// A province records lapses in its own name and in no other.
fn own_authority(province: Province, name: &str) -> Result<Authority, Malformed> {
    let named = authority(name, "decided_by")?;
    if named == Authority::Province(province) {
        Ok(named)
    } else {
        Err(Malformed::new("decided_by", "the calling province"))
    }
}

fn read_migrated(province: Province, wire: &wire::RegistrationMigrated) -> Result<Migrated, Malformed> {
    Ok(Migrated {
        province,
        import: super::migration::import(province, &wire.import)?,
        row: super::migration::row_id(&wire.row)?,
        person: person(&wire.person, "person")?,
    })
}

fn read_deemed(province: Province, wire: wire::RenewalDeemed) -> Result<RenewalDeemed, Malformed> {
    Ok(RenewalDeemed {
        key: key(province, &wire.application, "application")?,
        person: person(&wire.person, "person")?,
        terms: read_all(wire.specialties.into_iter().map(Term), "specialties")?,
    })
}

fn read_released(province: Province, wire: &wire::ClearanceReleased) -> Result<What, Malformed> {
    let key = key(province, &wire.application, "application")?;
    Ok(What::ClearanceReleased {
        key,
        clearance: clearance(&wire.clearance_id)?,
    })
}

/// What the type says beyond: required where it does, and nowhere else.
pub(super) fn type_terms(
    kind: ApplicationType,
    cancellation: Option<types::CancellationTerms>,
    correction: Option<types::CorrectionTerms>,
) -> Result<TypeTerms, Malformed> {
    let terms = TypeTerms {
        cancellation: cancellation.map(|terms| terms.read("cancellation")).transpose()?,
        correction: correction.map(|terms| terms.read("correction")).transpose()?,
    };
    if terms.fit(kind) {
        Ok(terms)
    } else {
        Err(Malformed::new(
            "type",
            "what the type says beyond, and nothing of another",
        ))
    }
}

/// An application of the province that speaks, and of no other.
pub(super) fn key(province: Province, name: &str, field: &str) -> Result<Key, Malformed> {
    match ApplicationId::from_name_in(name) {
        Ok((Jurisdiction::Province(named), application)) if named == province => Ok(Key {
            province,
            application,
        }),
        _ => Err(Malformed::new(field, "an application of the calling province")),
    }
}

pub(super) fn person(name: &str, field: &str) -> Result<PersonId, Malformed> {
    PersonId::from_resource_name(name).map_err(|_| Malformed::new(field, "persons/{person}"))
}

pub(super) fn employer(name: &str, field: &str) -> Result<EmployerId, Malformed> {
    EmployerId::from_resource_name(name).map_err(|_| Malformed::new(field, "employers/{employer}"))
}

pub(super) fn kind(number: i32, field: &str) -> Result<ApplicationType, Malformed> {
    read_term::<types::ApplicationType, _>(number, field)
}

pub(super) fn authority(name: &str, field: &str) -> Result<Authority, Malformed> {
    name.parse().map_err(|_| Malformed::new(field, "an authority"))
}

pub(super) fn hash(bytes: &[u8], field: &str) -> Result<[u8; 32], Malformed> {
    bytes.try_into().map_err(|_| Malformed::new(field, "32 bytes"))
}

pub(super) fn number(text: &str, field: &str) -> Result<RegistrationNumber, Malformed> {
    RegistrationNumber::parse(text).map_err(|_| Malformed::new(field, "a registration number"))
}

fn clearance(id: &str) -> Result<ClearanceId, Malformed> {
    let id = ClearanceId::from_resource_name(id).or_else(|_| id.parse());
    id.map_err(|_| Malformed::new("clearance_id", "a clearance"))
}

fn text(text: String, field: &str) -> Result<String, Malformed> {
    let plain = !text.trim().is_empty() && text.chars().count() <= 100;
    plain
        .then_some(text)
        .ok_or_else(|| Malformed::new(field, "1 to 100 characters"))
}

/// A specialty with its term.
pub(super) struct Term(pub(super) types::SpecialtyValidity);

impl Read<(Specialty, Validity)> for Term {
    fn read(self, field: &str) -> Result<(Specialty, Validity), Malformed> {
        let specialty = read_term::<types::Specialty, _>(self.0.specialty, &format!("{field}.specialty"))?;
        let from = self.0.valid_from.read(&format!("{field}.valid_from"))?;
        let to = self.0.valid_to.read(&format!("{field}.valid_to"))?;
        if to < from {
            return Err(Malformed::new(field, "a term that ends after it begins"));
        }
        Ok((specialty, Validity { from, to }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The goldens of `api`, byte for byte: what was ever released is not only decoded but understood.
    #[test]
    fn every_released_event_is_understood() {
        let province = Province::from_code("32").expect("Jiangsu");
        let folder = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../crates/api/tests/golden/provincial_event/v1"
        );
        let mut read = 0;
        for entry in std::fs::read_dir(folder).expect("goldens") {
            let path = entry.expect("an entry").path();
            if path.extension().is_some_and(|extension| extension == "hex") {
                let text = std::fs::read_to_string(&path).expect("a golden");
                let payload = hex::decode(text.trim()).expect("hexadecimal");
                assert!(super::read(province, &payload).is_ok(), "{}", path.display());
                read += 1;
            }
        }
        assert!(read >= 13);
    }
}
