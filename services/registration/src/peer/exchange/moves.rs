//! Calls to the nation's `exchange.v1.MoveService`.

use api::convert::{Read as _, read_term};
use api::exchange::v1 as wire;
use api::exchange::v1::move_service_client::MoveServiceClient;
use domain::ids::{EmployerId, PersonId};
use domain::specialty::Specialty;
use domain::validity::Validity;

use super::{Issuance, relay};
use crate::error::Error;
use crate::store::national_entry::NationalEntry;

impl Issuance {
    /// The entry of a person for one application of this province; none for somebody who is not registered.
    pub(crate) async fn read_register_entry(
        &self,
        application: &str,
        person: PersonId,
    ) -> Result<Option<NationalEntry>, Error> {
        let request = wire::ReadRegisterEntryRequest {
            application: application.to_owned(),
            person: person.resource_name(),
        };
        let answer = MoveServiceClient::new(self.channel.clone())
            .read_register_entry(request)
            .await;
        answer.map_err(relay)?.into_inner().entry.map(entry).transpose()
    }

    /// Has a succession cleared; the inner error is the nation's reason.
    pub(crate) async fn clear_succession(
        &self,
        succession: &str,
        employer: EmployerId,
        successors: &[EmployerId],
    ) -> Result<Result<(), String>, Error> {
        let request = wire::ClearSuccessionRequest {
            succession: succession.to_owned(),
            employer: employer.resource_name(),
            successors: successors.iter().map(|id| id.resource_name()).collect(),
        };
        let answer = MoveServiceClient::new(self.channel.clone())
            .clear_succession(request)
            .await;
        let answer = answer.map_err(relay)?.into_inner();
        Ok(if answer.cleared {
            Ok(())
        } else {
            Err(answer.reason)
        })
    }
}

fn entry(told: wire::NationalEntry) -> Result<NationalEntry, Error> {
    let malformed = || Error::internal("issuance: a register entry cannot be read");
    let mut specialties = Vec::with_capacity(told.specialties.len());
    for known in told.specialties {
        let specialty = read_term::<api::types::v1::Specialty, Specialty>(known.specialty, "specialty");
        let from = known.valid_from.read("valid_from").map_err(|_| malformed())?;
        let to = known.valid_to.read("valid_to").map_err(|_| malformed())?;
        specialties.push((specialty.map_err(|_| malformed())?, Validity { from, to }));
    }
    Ok(NationalEntry {
        province: told.province,
        number: told.registration_number,
        employer: EmployerId::from_resource_name(&told.employer).map_err(|_| malformed())?,
        employer_title: told.employer_title,
        specialties,
    })
}
