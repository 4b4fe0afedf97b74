//! `exchange.v1.MigrationService`

use api::convert::{Malformed, Read as _};
use api::exchange::v1 as wire;
use api::exchange::v1::migration_service_server::MigrationService;
use domain::ids::ImportId;
use domain::province::Province;
use domain::qualification::QualificationNumber;
use domain::register::SpecialtyRegistration;
use service_runtime::Caller;
use tonic::{Request, Response, Status, async_trait};
use uuid::Uuid;

use super::provincial_event::{Term, authority, employer, number, person};
use super::{Rpc, malformed, status};
use crate::command::clear_migration::{self, Row, clear_migration};
use crate::error::BATCH_TOO_LARGE;

/// Most rows of one call.
const MOST: usize = 1_000;

#[async_trait]
impl MigrationService for Rpc {
    async fn clear_migration(
        &self,
        request: Request<wire::ClearMigrationRequest>,
    ) -> Result<Response<wire::ClearMigrationResponse>, Status> {
        let province = self.province(&request)?;
        let actor = Caller::of(&request)?.name();
        let request = request.into_inner();
        if request.rows.len() > MOST {
            return Err(BATCH_TOO_LARGE.refusal().into_status());
        }
        let rows = request.rows.iter().map(row).collect::<Result<_, _>>();
        let input = clear_migration::Input {
            actor,
            province,
            import: import(province, &request.import).map_err(malformed)?,
            decided_by: authority(&request.decided_by, "decided_by").map_err(malformed)?,
            validate_only: request.validate_only,
            rows: rows.map_err(malformed)?,
        };
        let answers = clear_migration(&self.deps, &input).await.map_err(status)?;
        let rows = answers.into_iter().map(|answer| wire::MigrationClearance {
            cleared: answer.is_ok(),
            reason: answer.err().unwrap_or_default().to_owned(),
        });
        Ok(Response::new(wire::ClearMigrationResponse {
            rows: rows.collect(),
        }))
    }
}

/// An import of the province that speaks, and of no other.
pub(super) fn import(province: Province, name: &str) -> Result<ImportId, Malformed> {
    name.strip_prefix(&format!("provinces/{province}/imports/"))
        .and_then(|id| Uuid::try_parse(id).ok())
        .map(ImportId::from_uuid)
        .ok_or_else(|| Malformed::new("import", "an import of the calling province"))
}

pub(super) fn row_id(row: &str) -> Result<Uuid, Malformed> {
    Uuid::try_parse(row).map_err(|_| Malformed::new("row", "a UUID"))
}

fn row(wire: &wire::MigrationRow) -> Result<Row, Malformed> {
    Ok(Row {
        id: row_id(&wire.row)?,
        person: person(&wire.person, "person")?,
        employer: employer(&wire.employer, "employer")?,
        number: number(&wire.registration_number, "registration_number")?,
        specialties: wire.specialties.iter().map(specialty).collect::<Result<_, _>>()?,
        registered_at: wire.registered_at.read("registered_at")?,
    })
}

fn specialty(wire: &wire::MigratedSpecialty) -> Result<SpecialtyRegistration, Malformed> {
    let validity = wire
        .validity
        .ok_or_else(|| Malformed::new("specialties.validity", "a term"))?;
    let (specialty, validity) = Term(validity).read("specialties")?;
    let number = QualificationNumber::parse(&wire.qualification_number);
    Ok(SpecialtyRegistration {
        specialty,
        validity,
        qualification_number: number
            .map_err(|_| Malformed::new("specialties.qualification_number", "a qualification number"))?,
    })
}
