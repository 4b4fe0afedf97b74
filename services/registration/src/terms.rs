//! What an application will make of a registration: the term of every specialty, and the hash that binds it.

use domain::application::ApplicationType;
use domain::policy::{InitialStart, PolicyProfile};
use domain::specialty::Specialty;
use domain::validity::Validity;
use jiff::civil::Date;
use serde_json::json;

use crate::error::Error;
use crate::store::application::Record;
use crate::store::registered::Registered;

/// Specialties with their terms.
pub(crate) type Terms = Vec<(Specialty, Validity)>;

/// A qualification that an application rests on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct QualificationReference {
    pub(crate) specialty: Specialty,
    pub(crate) number: String,
    pub(crate) issued_on: Date,
}

/// Every specialty of the registration once `record` is announced on `announced_on`, decided on `decided_on`.
///
/// A renewal granted in time goes on from its old term without a gap: it keeps the old beginning, so that the person
/// stays registered on the days until the old end. Granted later it begins the day after the old end (153号 art 12).
pub(crate) fn after(
    record: &Record,
    registered: Option<&Registered>,
    policy: &PolicyProfile,
    decided_on: Date,
    announced_on: Date,
) -> Terms {
    let asked = &record.application.specialties;
    let mut terms: Terms = match record.kind() {
        ApplicationType::Initial | ApplicationType::Reregistration => Vec::new(),
        _ => registered
            .map(|known| known.specialties.clone())
            .unwrap_or_default(),
    };
    let start = match policy.initial_start {
        InitialStart::Announcement => announced_on,
        InitialStart::Decision => decided_on,
    };
    match record.kind() {
        ApplicationType::Initial | ApplicationType::Reregistration | ApplicationType::Addition => {
            terms.retain(|(specialty, _)| !asked.contains(specialty));
            terms.extend(
                asked
                    .iter()
                    .map(|specialty| (*specialty, Validity::initial(start, policy.leap_day))),
            );
        }
        ApplicationType::Renewal => {
            for (_, term) in terms
                .iter_mut()
                .filter(|(specialty, _)| asked.contains(specialty))
            {
                let next = Validity::renewal(term.to, policy.leap_day);
                let from = if term.is_over(announced_on) {
                    next.from
                } else {
                    term.from
                };
                *term = Validity { from, to: next.to };
            }
        }
        // What is left of it.
        ApplicationType::Cancellation => {
            let whole = record
                .application
                .cancellation()
                .is_none_or(|details| details.whole);
            terms.retain(|(specialty, _)| !whole && !asked.contains(specialty));
        }
        ApplicationType::Change | ApplicationType::Correction | ApplicationType::SealReissue => {}
    }
    terms.sort_by_key(|(specialty, _)| *specialty);
    terms
}

/// What the nation is told of `terms`: a renewal names only what it renews (153号 art 12), every other type the whole.
pub(crate) fn told(record: &Record, mut terms: Terms) -> Terms {
    if record.kind() == ApplicationType::Renewal {
        let asked = &record.application.specialties;
        terms.retain(|(specialty, _)| asked.contains(specialty));
    }
    terms
}

/// SHA-256 over the canonical JSON (RFC 8785) of what the nation is asked to clear.
pub(crate) fn hash(
    record: &Record,
    name: &str,
    terms: &Terms,
    qualifications: &[QualificationReference],
) -> Result<[u8; 32], Error> {
    let application = &record.application;
    let specialties: Vec<_> = terms
        .iter()
        .map(|(specialty, term)| json!({ "specialty": specialty.code(), "valid_from": term.from, "valid_to": term.to }))
        .collect();
    let qualifications: Vec<_> = qualifications
        .iter()
        .map(|one| json!({ "specialty": one.specialty.code(), "number": one.number, "issued_on": one.issued_on }))
        .collect();
    let mut facts = json!({
        "application": name,
        "person": application.person.resource_name(),
        "employer": application.employer.resource_name(),
        "type": application.kind.code(),
        "specialties": specialties,
        "qualifications": qualifications,
    });
    if let Some(terms) = application.cancellation_terms() {
        facts["cancellation"] = json!(terms);
    }
    if let Some(terms) = application.correction_terms() {
        facts["correction"] = json!(terms);
    }
    let canonical = serde_jcs::to_vec(&facts).map_err(Error::internal)?;
    Ok(postgres::hash::sha256(&canonical))
}

#[cfg(test)]
mod tests;
