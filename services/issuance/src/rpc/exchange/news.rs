//! What provinces are told, on the wire.

use api::convert::instant;
use api::exchange::v1 as wire;
use api::types::v1 as types;
use domain::province::Province;
use wire::pull_changes_response::Event as WireNews;

use crate::query::pull_changes::Told;
use crate::store::exchange::claim::Key;
use crate::store::exchange::downstream::News;

/// A piece of news, or that there is none.
pub(super) fn message(told: Told, province: Province, now: jiff::Timestamp) -> wire::PullChangesResponse {
    let (number, at, event) = match told {
        Told::Heartbeat(number) => (number, now, WireNews::Heartbeat(wire::PullHeartbeat {})),
        Told::News(numbered) => (
            numbered.number,
            numbered.recorded_at,
            news(numbered.news, province),
        ),
    };
    wire::PullChangesResponse {
        number,
        recorded_at: Some(instant(at)),
        event: Some(event),
    }
}

fn news(news: News, province: Province) -> WireNews {
    match news {
        News::CertificateIssued {
            person,
            application,
            licence_identifier,
        } => WireNews::CertificateIssued(wire::CertificateIssued {
            person: person.resource_name(),
            application: Key {
                province,
                application,
            }
            .to_string(),
            licence_identifier: licence_identifier.to_string(),
        }),
        News::MovedAway { person, to } => WireNews::MovedAway(wire::RegistrationMovedAway {
            person: person.resource_name(),
            to_province: to.code().to_owned(),
        }),
        News::MoveBegun { person, to } => WireNews::MoveBegun(wire::MoveBegun {
            person: person.resource_name(),
            to_province: to.code().to_owned(),
        }),
        News::MoveCancelled { person } => WireNews::MoveCancelled(wire::MoveCancelled {
            person: person.resource_name(),
        }),
        News::LapseRefused { person, row, reason } => WireNews::LapseRefused(wire::LapseRefused {
            person: person.resource_name(),
            row: row.to_string(),
            reason,
        }),
        News::NationalActTaken {
            person,
            status,
            cause,
            until,
            at,
        } => WireNews::NationalActTaken(wire::NationalActTaken {
            person: person.resource_name(),
            status_code: types::StatusCode::from(status).into(),
            cause: cause.map_or(0, |cause| types::EndCause::from(cause).into()),
            until: until.map(Into::into),
            at: Some(instant(at)),
        }),
        News::StatusChangedByTime { person, status, day } => {
            WireNews::StatusChangedByTime(wire::StatusChangedByTime {
                person: person.resource_name(),
                status_code: types::StatusCode::from(status).into(),
                day: Some(day.into()),
            })
        }
        News::PersonsLinked { person, survivor, at } => WireNews::PersonsLinked(wire::PersonsLinked {
            person: person.resource_name(),
            survivor: survivor.map(|person| person.resource_name()).unwrap_or_default(),
            at: Some(instant(at)),
        }),
        News::EnvelopeSkipped {
            position,
            reason,
            repair,
        } => WireNews::EnvelopeSkipped(wire::EnvelopeSkipped {
            sequence: position.sequence.cast_unsigned(),
            hash: position.hash.to_vec().into(),
            reason,
            repair: repair.resource_name(),
        }),
        News::ClearanceVoided {
            person: _,
            application,
            clearance,
            repair,
        } => WireNews::ClearanceVoided(wire::ClearanceVoided {
            application: Key {
                province,
                application,
            }
            .to_string(),
            clearance_id: clearance.to_string(),
            repair: repair.resource_name(),
        }),
        News::SuccessionRefused { person, row, reason } => {
            WireNews::SuccessionRefused(wire::SuccessionRefused {
                person: person.resource_name(),
                row: row.to_string(),
                reason,
            })
        }
        News::MigrationRefused { person, row, reason } => {
            WireNews::MigrationRefused(wire::MigrationRefused {
                person: person.resource_name(),
                row: row.to_string(),
                reason,
            })
        }
    }
}
