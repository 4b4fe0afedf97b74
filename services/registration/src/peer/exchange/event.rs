//! Payloads of the outbox: `exchange.v1.ProvincialEvent`, person ids only.

use api::convert::instant;
use api::exchange::v1 as wire;
use api::exchange::v1::provincial_event::Event;
use domain::application::ApplicationType;
use domain::cancellation::CancellationTerms;
use domain::correction::CorrectionTerms;
use domain::ids::{ApplicationId, ClearanceId, EmployerId, LapseRowId, PersonId};
use domain::register::EndCause;
use domain::specialty::Specialty;
use domain::validity::Validity;
use jiff::Timestamp;
use jiff::civil::Date;
use prost::Message as _;
use uuid::Uuid;

use super::validities;

/// Version of the envelope's encoding.
pub(crate) const FORMAT: i32 = 1;
/// Version of the events' schema.
const SCHEMA: u32 = api::schema::PROVINCIAL_EVENT;

/// What is announced of one application.
pub(crate) struct Announced<'a> {
    pub(crate) application: &'a str,
    pub(crate) clearance: ClearanceId,
    pub(crate) person: PersonId,
    pub(crate) employer: EmployerId,
    pub(crate) kind: ApplicationType,
    pub(crate) hash: &'a [u8],
    pub(crate) number: &'a str,
    pub(crate) terms: &'a [(Specialty, Validity)],
    pub(crate) cancellation: Option<CancellationTerms>,
    pub(crate) correction: Option<&'a CorrectionTerms>,
    /// Empty where nothing is announced.
    pub(crate) announcement_number: &'a str,
    pub(crate) at: Timestamp,
    pub(crate) announced_by: &'a str,
    pub(crate) decided_by: &'a str,
}

/// The application that an event of ours announces or completes; none for others.
pub(crate) fn announced_application(payload: &[u8]) -> Option<ApplicationId> {
    let named = match wire::ProvincialEvent::decode(payload).ok()?.event? {
        Event::Announced(row) | Event::Completed(row) => row.application,
        _ => return None,
    };
    ApplicationId::from_name_in(&named).ok().map(|(_, id)| id)
}

/// The person is registered from here on.
pub(crate) fn announced(event: &Announced<'_>) -> Vec<u8> {
    encode(event.at, Event::Announced(registration(event)))
}

/// A cancellation took effect without an announcement.
pub(crate) fn completed(event: &Announced<'_>) -> Vec<u8> {
    encode(event.at, Event::Completed(registration(event)))
}

fn registration(event: &Announced<'_>) -> wire::AnnouncedRegistration {
    wire::AnnouncedRegistration {
        application: event.application.to_owned(),
        clearance_id: event.clearance.to_string(),
        person: event.person.resource_name(),
        employer: event.employer.resource_name(),
        r#type: api::types::v1::ApplicationType::from(event.kind).into(),
        application_hash: event.hash.to_vec().into(),
        registration_number: event.number.to_owned(),
        specialties: validities(event.terms),
        announcement_number: event.announcement_number.to_owned(),
        announced_at: Some(instant(event.at)),
        announced_by: event.announced_by.to_owned(),
        decided_by: event.decided_by.to_owned(),
        cancellation: event.cancellation.as_ref().map(Into::into),
        correction: event.correction.map(Into::into),
    }
}

/// A timely renewal is pending.
pub(crate) fn renewal_accepted(application: &str, person: &str, at: Timestamp) -> Vec<u8> {
    let accepted = wire::RenewalAccepted {
        application: application.to_owned(),
        person: person.to_owned(),
    };
    encode(at, Event::RenewalAccepted(accepted))
}

/// It ended without an announcement.
pub(crate) fn renewal_closed(application: &str, person: &str, outcome: &str, at: Timestamp) -> Vec<u8> {
    let closed = wire::RenewalClosed {
        application: application.to_owned(),
        person: person.to_owned(),
        outcome: outcome.to_owned(),
    };
    encode(at, Event::RenewalClosed(closed))
}

/// Undecided at the end of the term, a renewal counts as granted: the terms that it gives.
pub(crate) fn renewal_deemed(
    application: &str,
    person: &str,
    terms: &[(Specialty, Validity)],
    at: Timestamp,
) -> Vec<u8> {
    let deemed = wire::RenewalDeemed {
        application: application.to_owned(),
        person: person.to_owned(),
        specialties: validities(terms),
    };
    encode(at, Event::RenewalDeemed(deemed))
}

/// A cancellation that is undone.
pub(crate) struct Reinstated<'a> {
    /// The application whose effect is undone.
    pub(crate) application: &'a str,
    pub(crate) person: PersonId,
    pub(crate) document: &'a str,
    pub(crate) at: Timestamp,
    pub(crate) announced_by: &'a str,
    pub(crate) decided_by: &'a str,
}

/// A registration stands again.
pub(crate) fn reinstated(event: &Reinstated<'_>) -> Vec<u8> {
    let reinstated = wire::RegistrationReinstated {
        application: event.application.to_owned(),
        person: event.person.resource_name(),
        document_number: event.document.to_owned(),
        reinstated_at: Some(instant(event.at)),
        announced_by: event.announced_by.to_owned(),
        decided_by: event.decided_by.to_owned(),
    };
    encode(event.at, Event::RegistrationReinstated(reinstated))
}

/// The province will not use a clearance.
pub(crate) fn clearance_released(
    application: &str,
    clearance: ClearanceId,
    reason: &str,
    at: Timestamp,
) -> Vec<u8> {
    let released = wire::ClearanceReleased {
        application: application.to_owned(),
        clearance_id: clearance.to_string(),
        reason: reason.to_owned(),
    };
    encode(at, Event::ClearanceReleased(released))
}

/// One person's row of a succession of an employer.
pub(crate) struct SucceededRow<'a> {
    pub(crate) succession: &'a str,
    pub(crate) row: Uuid,
    pub(crate) person: PersonId,
    pub(crate) successor: EmployerId,
    pub(crate) announcement_number: &'a str,
    pub(crate) announced_at: Timestamp,
    /// Who announced, and decided.
    pub(crate) announced_by: &'a str,
}

/// The person goes on with the successor of the employer.
pub(crate) fn succeeded(row: &SucceededRow<'_>, at: Timestamp) -> Vec<u8> {
    let applied = wire::SuccessionApplied {
        succession: row.succession.to_owned(),
        row: row.row.to_string(),
        person: row.person.resource_name(),
        successor: row.successor.resource_name(),
        announcement_number: row.announcement_number.to_owned(),
        announced_at: Some(instant(row.announced_at)),
        announced_by: row.announced_by.to_owned(),
        decided_by: row.announced_by.to_owned(),
    };
    encode(at, Event::SuccessionApplied(applied))
}

/// One person's row of a lapse.
pub(crate) struct LapsedRow<'a> {
    pub(crate) lapse: &'a str,
    pub(crate) row: LapseRowId,
    pub(crate) person: PersonId,
    /// With whom the person must still be registered.
    pub(crate) employer: Option<EmployerId>,
    pub(crate) cause: EndCause,
    pub(crate) effective_on: Date,
    pub(crate) confirmed_at: Timestamp,
    pub(crate) decided_by: &'a str,
}

/// The registration has lapsed.
pub(crate) fn lapsed(row: &LapsedRow<'_>, at: Timestamp) -> Vec<u8> {
    let applied = wire::LapseApplied {
        lapse: row.lapse.to_owned(),
        row: row.row.to_string(),
        person: row.person.resource_name(),
        employer: row.employer.map(EmployerId::resource_name).unwrap_or_default(),
        cause: api::types::v1::EndCause::from(row.cause).into(),
        effective_on: Some(row.effective_on.into()),
        confirmed_at: Some(instant(row.confirmed_at)),
        decided_by: row.decided_by.to_owned(),
    };
    encode(at, Event::LapseApplied(applied))
}

/// One person's row of undoing a lapse.
pub(crate) struct UndoneRow<'a> {
    pub(crate) lapse: &'a str,
    pub(crate) row: LapseRowId,
    pub(crate) person: PersonId,
    pub(crate) undone: LapseRowId,
    pub(crate) confirmed_at: Timestamp,
    pub(crate) decided_by: &'a str,
}

/// The lapse was wrong: the registration stands as before.
pub(crate) fn lapse_undone(row: &UndoneRow<'_>, at: Timestamp) -> Vec<u8> {
    let undone = wire::LapseUndone {
        lapse: row.lapse.to_owned(),
        row: row.row.to_string(),
        person: row.person.resource_name(),
        undone_row: row.undone.to_string(),
        confirmed_at: Some(instant(row.confirmed_at)),
        decided_by: row.decided_by.to_owned(),
    };
    encode(at, Event::LapseUndone(undone))
}

/// One person of an existing register, as cleared.
pub(crate) fn migrated(import: &str, row: Uuid, person: PersonId, at: Timestamp) -> Vec<u8> {
    let migrated = wire::RegistrationMigrated {
        import: import.to_owned(),
        row: row.to_string(),
        person: person.resource_name(),
    };
    encode(at, Event::RegistrationMigrated(migrated))
}

fn encode(at: Timestamp, event: Event) -> Vec<u8> {
    let event = wire::ProvincialEvent {
        schema_version: SCHEMA,
        occurred_at: Some(instant(at)),
        event: Some(event),
    };
    event.encode_to_vec()
}
