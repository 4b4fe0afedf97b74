//! `registration.v1.QualificationService`

use api::convert::{Malformed, Read as _, read_term};
use api::registration::v1 as wire;
use api::registration::v1::qualification_service_server::QualificationService;
use api::types;
use domain::document_number::DocumentKind;
use domain::specialty::Specialty;
use service_runtime::Scope;
use tonic::{Request, Response, Status};

use super::{Rpc, status};
use crate::command::import_qualifications::{self, Fault, Row};
use crate::query;

#[tonic::async_trait]
impl QualificationService for Rpc {
    async fn import_qualifications(
        &self,
        request: Request<wire::ImportQualificationsRequest>,
    ) -> Result<Response<wire::ImportQualificationsResponse>, Status> {
        let call = self.call("import_qualifications", &request, &request.get_ref().request_id)?;
        let rows = (0..).zip(request.into_inner().rows).map(|(index, row)| {
            read(row).map_err(|error| Fault {
                row: index,
                field: error.field,
                reason: format!("expected {}", error.expected),
            })
        });
        let imported = import_qualifications::import_qualifications(&self.deps, &call, rows.collect()).await;
        let (imported, faults) = imported.map_err(status)?;
        let faults = faults.into_iter().map(|fault| wire::RowFault {
            row: fault.row,
            field: fault.field,
            reason: fault.reason,
        });
        Ok(Response::new(wire::ImportQualificationsResponse {
            imported,
            faults: faults.collect(),
        }))
    }

    async fn list_qualifications(
        &self,
        request: Request<wire::ListQualificationsRequest>,
    ) -> Result<Response<wire::ListQualificationsResponse>, Status> {
        let scope = Scope::of(&request)?;
        let found = query::qualification::own(&self.deps, &scope)
            .await
            .map_err(status)?;
        let qualifications = found.into_iter().map(|one| wire::Qualification {
            qualification_number: one.number,
            specialty: types::v1::Specialty::from(one.specialty).into(),
            issued_on: Some(one.issued_on.into()),
        });
        Ok(Response::new(wire::ListQualificationsResponse {
            qualifications: qualifications.collect(),
        }))
    }
}

fn read(row: wire::QualificationRow) -> Result<Row, Malformed> {
    Ok(Row {
        kind: read_term::<types::v1::DocumentKind, DocumentKind>(row.document_kind, "document_kind")?,
        specialty: read_term::<types::v1::Specialty, Specialty>(row.specialty, "specialty")?,
        issued_on: row.issued_on.read("issued_on")?,
        full_name: row.full_name,
        document: row.document_number,
        number: row.qualification_number,
    })
}
