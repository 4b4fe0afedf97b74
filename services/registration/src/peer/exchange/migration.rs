//! Calls to the nation's `exchange.v1.MigrationService`.

use api::convert::instant;
use api::exchange::v1 as wire;
use api::exchange::v1::migration_service_client::MigrationServiceClient;
use domain::authority::Authority;
use domain::ids::{EmployerId, PersonId};
use domain::register::SpecialtyRegistration;
use domain::registration_number::RegistrationNumber;
use jiff::Timestamp;
use uuid::Uuid;

use super::{Issuance, relay};
use crate::error::Error;

/// A thousand rows with ten specialties each.
const MESSAGE: usize = 4 << 20;

/// One row of an existing register, to be cleared.
pub(crate) struct Item<'a> {
    pub(crate) row: Uuid,
    pub(crate) person: PersonId,
    pub(crate) employer: EmployerId,
    pub(crate) number: RegistrationNumber,
    pub(crate) specialties: &'a [SpecialtyRegistration],
    pub(crate) registered_at: Timestamp,
}

impl Issuance {
    /// Has rows cleared, in order, or only learns what would be; the inner error is the nation's reason.
    pub(crate) async fn clear_migration(
        &self,
        (import, binding): (&str, bool),
        decided_by: Authority,
        items: &[Item<'_>],
    ) -> Result<Vec<Result<(), String>>, Error> {
        let request = wire::ClearMigrationRequest {
            import: import.to_owned(),
            rows: items.iter().map(row).collect(),
            decided_by: decided_by.to_string(),
            validate_only: !binding,
        };
        let answer = MigrationServiceClient::new(self.channel.clone())
            .max_encoding_message_size(MESSAGE)
            .clear_migration(request)
            .await;
        let answers = answer.map_err(relay)?.into_inner().rows;
        if answers.len() != items.len() {
            return Err(Error::internal(
                "issuance: another number of answers than of rows",
            ));
        }
        let read = |one: wire::MigrationClearance| if one.cleared { Ok(()) } else { Err(one.reason) };
        Ok(answers.into_iter().map(read).collect())
    }
}

fn row(item: &Item<'_>) -> wire::MigrationRow {
    let specialties = item.specialties.iter().map(|known| wire::MigratedSpecialty {
        validity: Some(api::types::v1::SpecialtyValidity {
            specialty: api::types::v1::Specialty::from(known.specialty).into(),
            valid_from: Some(known.validity.from.into()),
            valid_to: Some(known.validity.to.into()),
        }),
        qualification_number: known.qualification_number.as_str().to_owned(),
    });
    wire::MigrationRow {
        row: item.row.to_string(),
        person: item.person.resource_name(),
        employer: item.employer.resource_name(),
        registration_number: item.number.to_string(),
        specialties: specialties.collect(),
        registered_at: Some(instant(item.registered_at)),
    }
}
