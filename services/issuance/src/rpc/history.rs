//! `issuance.v1.RegisterService/ReadHistory` on the wire.

use api::convert::{Read as _, instant};
use api::issuance::v1 as wire;
use api::types::v1 as types;
use domain::ids::PersonId;
use domain::standing::SpecialtyStanding;
use jiff::Timestamp;
use service_runtime::Refusal;
use tonic::Status;

use crate::query::read_history::{Act, History, Then};

/// Whose registration, at which instant, as known at which.
pub(super) fn asked(request: &wire::ReadHistoryRequest) -> Result<(PersonId, Timestamp, Timestamp), Status> {
    let person = PersonId::from_resource_name(&request.person)
        .map_err(|_| Refusal::invalid("person", "must be persons/{person}").into_status())?;
    let read = |at: Option<pbjson_types::Timestamp>, field: &str| {
        at.read(field)
            .map_err(|_| Refusal::invalid(field, "must be an instant").into_status())
    };
    Ok((
        person,
        read(request.at, "at")?,
        read(request.known_at, "known_at")?,
    ))
}

pub(super) fn answer(history: History) -> wire::ReadHistoryResponse {
    wire::ReadHistoryResponse {
        entry: history.then.map(then),
        began_at: history.began_at.map(instant),
    }
}

fn then(then: Then) -> wire::HistoricEntry {
    let Then {
        entry,
        standing,
        province,
        licence_identifier,
        acts,
    } = then;
    let since = standing.since;
    wire::HistoricEntry {
        registration_number: entry.number.to_string(),
        status_code: types::StatusCode::from(standing.status).into(),
        employer_title: entry.employer.name,
        province: province.code().to_owned(),
        specialties: standing.specialties.into_iter().map(specialty).collect(),
        renewal_pending: standing.renewal_pending,
        status_since: since.map(|since| since.on.into()),
        end_cause: since
            .and_then(|since| since.cause)
            .map_or(0, |cause| types::EndCause::from(cause).into()),
        licence_identifier: licence_identifier.unwrap_or_default(),
        acts: acts.into_iter().map(act).collect(),
    }
}

fn specialty(known: SpecialtyStanding) -> wire::HistoricSpecialty {
    wire::HistoricSpecialty {
        validity: Some(types::SpecialtyValidity {
            specialty: types::Specialty::from(known.specialty).into(),
            valid_from: Some(known.validity.from.into()),
            valid_to: Some(known.validity.to.into()),
        }),
        effective_end: Some(known.effective_end.into()),
        living: known.living,
    }
}

fn act(act: Act) -> wire::HistoricAct {
    wire::HistoricAct {
        act: act.id.resource_name(),
        kind: act.kind,
        at: Some(instant(act.at)),
        recorded_at: Some(instant(act.recorded_at)),
        position: act.position.unwrap_or_default(),
        leaf_index: act.leaf,
    }
}
