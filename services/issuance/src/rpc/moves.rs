//! `exchange.v1.MoveService`

use api::convert::{Malformed, instant};
use api::exchange::v1 as wire;
use api::exchange::v1::move_service_server::MoveService;
use api::types::v1 as types;
use domain::ids::SuccessionId;
use domain::province::Province;
use service_runtime::Caller;
use tonic::{Request, Response, Status, async_trait};
use uuid::Uuid;

use super::provincial_event::{employer, key, person};
use super::{Rpc, malformed, status};
use crate::change::EntrySnapshot;
use crate::command::certify::LEAP_DAY;
use crate::command::clear_succession::{self, clear_succession};
use crate::command::read_register_entry::read_register_entry;
use crate::error::BATCH_TOO_LARGE;

/// Most successors of one succession.
const MOST_SUCCESSORS: usize = 50;

#[async_trait]
impl MoveService for Rpc {
    async fn read_register_entry(
        &self,
        request: Request<wire::ReadRegisterEntryRequest>,
    ) -> Result<Response<wire::ReadRegisterEntryResponse>, Status> {
        let province = self.province(&request)?;
        let actor = Caller::of(&request)?.name();
        let request = request.into_inner();
        let key = key(province, &request.application, "application").map_err(malformed)?;
        let person = person(&request.person, "person").map_err(malformed)?;
        let found = read_register_entry(&self.deps, &actor, key, person)
            .await
            .map_err(status)?;
        let today = self.deps.clock.today();
        Ok(Response::new(wire::ReadRegisterEntryResponse {
            entry: found.map(|found| entry(&found, today)),
        }))
    }

    async fn clear_succession(
        &self,
        request: Request<wire::ClearSuccessionRequest>,
    ) -> Result<Response<wire::ClearSuccessionResponse>, Status> {
        let province = self.province(&request)?;
        let actor = Caller::of(&request)?.name();
        let request = request.into_inner();
        if request.successors.is_empty() || request.successors.len() > MOST_SUCCESSORS {
            return Err(BATCH_TOO_LARGE.refusal().into_status());
        }
        let mut successors = Vec::with_capacity(request.successors.len());
        for (index, name) in request.successors.iter().enumerate() {
            successors.push(employer(name, &format!("successors[{index}]")).map_err(malformed)?);
        }
        successors.sort_unstable();
        successors.dedup();
        let input = clear_succession::Input {
            actor,
            province,
            succession: succession(province, &request.succession).map_err(malformed)?,
            employer: employer(&request.employer, "employer").map_err(malformed)?,
            successors,
        };
        let cleared = clear_succession(&self.deps, &input).await.map_err(status)?;
        Ok(Response::new(match cleared {
            Ok(successors) => wire::ClearSuccessionResponse {
                cleared: true,
                reason: String::new(),
                successors: successors
                    .into_iter()
                    .map(|known| wire::SuccessorFacts {
                        employer: known.id.resource_name(),
                        title: known.name,
                        credit_code: known.credit_code.as_str().to_owned(),
                    })
                    .collect(),
            },
            Err(reason) => wire::ClearSuccessionResponse {
                reason: reason.to_owned(),
                ..Default::default()
            },
        }))
    }
}

/// A succession of the province that speaks, and of no other.
pub(super) fn succession(province: Province, name: &str) -> Result<SuccessionId, Malformed> {
    let prefix = format!("provinces/{province}/successions/");
    name.strip_prefix(&prefix)
        .and_then(|id| Uuid::try_parse(id).ok())
        .map(SuccessionId::from_uuid)
        .ok_or_else(|| Malformed::new("succession", "a succession of the calling province"))
}

fn entry(snapshot: &EntrySnapshot, today: jiff::civil::Date) -> wire::NationalEntry {
    let entry = &snapshot.entry;
    let specialties = entry.specialties.iter().map(|known| types::SpecialtyValidity {
        specialty: types::Specialty::from(known.specialty).into(),
        valid_from: Some(known.validity.from.into()),
        valid_to: Some(known.validity.to.into()),
    });
    wire::NationalEntry {
        registration_number: entry.number.to_string(),
        province: snapshot.province.code().to_owned(),
        employer: entry.employer.id.resource_name(),
        employer_title: entry.employer.name.clone(),
        employer_credit_code: entry.employer.credit_code.as_str().to_owned(),
        specialties: specialties.collect(),
        status_code: types::StatusCode::from(entry.status(today, LEAP_DAY)).into(),
        renewal_pending: entry.renewal_pending,
        since: Some(instant(entry.since)),
    }
}
