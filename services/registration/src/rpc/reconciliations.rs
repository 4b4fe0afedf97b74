//! `registration.v1.ReconciliationService`

use api::convert::instant;
use api::registration::v1 as wire;
use api::registration::v1::reconciliation_service_server::ReconciliationService;
use api::types::v1 as types;
use domain::register::StatusCode;
use register_tree::{Row, Standing};
use service_runtime::{Refusal, Scope, page};
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::{PAGE, Rpc, status};
use crate::command::reconcile_register::reconcile_register;
use crate::command::repair_registration::{confirm_repair, propose_repair};
use crate::error::Error;
use crate::query;
use crate::store::reconciliation::{Differing, Reconciliation, RowState, State};

/// Longest statement in characters.
const STATEMENT: usize = 500;
/// Pages are of one list.
const LIST: &str = "reconciliations";

impl Rpc {
    async fn shown_reconciliation(
        &self,
        scope: &Scope,
        result: Result<Uuid, Error>,
    ) -> Result<Option<wire::Reconciliation>, Status> {
        let id = result.map_err(status)?;
        let found = query::reconciliation::find(&self.deps, scope, id).await;
        let (found, rows) = found.map_err(status)?;
        let rows = rows.iter().map(|row| self.differing(row)).collect();
        Ok(Some(wire::Reconciliation {
            rows,
            ..self.reconciliation(found)
        }))
    }

    async fn shown_difference(
        &self,
        scope: &Scope,
        result: Result<Uuid, Error>,
    ) -> Result<Option<wire::DifferingRow>, Status> {
        let id = result.map_err(status)?;
        let found = query::reconciliation::row(&self.deps, scope, id).await;
        Ok(Some(self.differing(&found.map_err(status)?)))
    }

    fn reconciliation(&self, found: Reconciliation) -> wire::Reconciliation {
        use wire::reconciliation::State as Wire;
        let state = match found.state {
            State::Waiting => Wire::Waiting,
            State::Equal => Wire::Equal,
            State::Different => Wire::Different,
            State::Unsettled => Wire::Unsettled,
        };
        let (signature, receipted_at) = found.receipt.unzip();
        wire::Reconciliation {
            name: self.deps.reconciliation_name(found.id),
            state: state.into(),
            requested_at: Some(instant(found.requested_at)),
            compared_at: found.compared_at.map(instant),
            sequence: found.pair.map_or(0, |pair| pair.sequence),
            number: found.pair.map_or(0, |pair| pair.number),
            root: found.root.unwrap_or_default().into(),
            receipt_signature: signature.unwrap_or_default().into(),
            receipted_at: receipted_at.map(instant),
            rows: Vec::new(),
            more_rows: found.more_rows,
        }
    }

    fn differing(&self, row: &Differing) -> wire::DifferingRow {
        use wire::differing_row::State as Wire;
        let state = match row.state {
            RowState::Open => Wire::Open,
            RowState::Proposed => Wire::Proposed,
            RowState::Repaired => Wire::Repaired,
        };
        wire::DifferingRow {
            name: self.deps.reconciliation_row_name(row.id),
            state: state.into(),
            here: row.here.as_ref().map(mirrored),
            there: row.there.as_ref().map(mirrored),
        }
    }
}

#[tonic::async_trait]
impl ReconciliationService for Rpc {
    async fn reconcile_register(
        &self,
        request: Request<wire::ReconcileRegisterRequest>,
    ) -> Result<Response<wire::ReconcileRegisterResponse>, Status> {
        let call = self.call("reconcile_register", &request, &request.get_ref().request_id)?;
        let done = reconcile_register(&self.deps, &call, request.get_ref().from_rows).await;
        let reconciliation = self.shown_reconciliation(&call.scope, done).await?;
        Ok(Response::new(wire::ReconcileRegisterResponse { reconciliation }))
    }

    async fn get_reconciliation(
        &self,
        request: Request<wire::GetReconciliationRequest>,
    ) -> Result<Response<wire::GetReconciliationResponse>, Status> {
        let scope = Scope::of(&request)?;
        let id = self.own_id("name", &request.get_ref().name, "reconciliations")?;
        let reconciliation = self.shown_reconciliation(&scope, Ok(id)).await?;
        Ok(Response::new(wire::GetReconciliationResponse { reconciliation }))
    }

    async fn list_reconciliations(
        &self,
        request: Request<wire::ListReconciliationsRequest>,
    ) -> Result<Response<wire::ListReconciliationsResponse>, Status> {
        let scope = Scope::of(&request)?;
        let message = request.into_inner();
        let size = page::size(message.page_size, PAGE.0, PAGE.1)?;
        let before: Option<Uuid> = page::cursor(&LIST, &message.page_token)?;
        let found = query::reconciliation::list(&self.deps, &scope, before, size).await;
        let found = found.map_err(status)?;
        let last = found.last().filter(|_| found.len() == size as usize);
        let next = last.map(|one| page::token(&LIST, &one.id)).transpose()?;
        Ok(Response::new(wire::ListReconciliationsResponse {
            reconciliations: found.into_iter().map(|one| self.reconciliation(one)).collect(),
            next_page_token: next.unwrap_or_default(),
        }))
    }

    async fn propose_repair(
        &self,
        request: Request<wire::ProposeRepairRequest>,
    ) -> Result<Response<wire::ProposeRepairResponse>, Status> {
        let call = self.call("propose_repair", &request, &request.get_ref().request_id)?;
        let message = request.get_ref();
        let statement = message.statement.trim();
        if statement.is_empty() || statement.chars().count() > STATEMENT {
            return Err(Refusal::invalid("statement", "must have 1 to 500 characters").into());
        }
        let id = self.own_id("name", &message.name, "reconciliationRows")?;
        let done = propose_repair(&self.deps, &call, id, statement).await;
        let row = self.shown_difference(&call.scope, done).await?;
        Ok(Response::new(wire::ProposeRepairResponse { row }))
    }

    async fn confirm_repair(
        &self,
        request: Request<wire::ConfirmRepairRequest>,
    ) -> Result<Response<wire::ConfirmRepairResponse>, Status> {
        let call = self.call("confirm_repair", &request, &request.get_ref().request_id)?;
        let id = self.own_id("name", &request.get_ref().name, "reconciliationRows")?;
        let done = confirm_repair(&self.deps, &call, id).await;
        let row = self.shown_difference(&call.scope, done).await?;
        Ok(Response::new(wire::ConfirmRepairResponse { row }))
    }
}

fn mirrored(row: &Row) -> wire::MirroredRegistration {
    let specialties = row
        .specialties
        .iter()
        .map(|(specialty, term)| types::SpecialtyValidity {
            specialty: types::Specialty::from(*specialty).into(),
            valid_from: Some(term.from.into()),
            valid_to: Some(term.to.into()),
        });
    let (status, cause, until) = match row.standing {
        Standing::InForce => (StatusCode::Valid, None, None),
        Standing::Suspended { until } => (StatusCode::Suspended, None, until),
        Standing::Ended { cause } => (cause.status(), Some(cause), None),
    };
    wire::MirroredRegistration {
        registration_number: row.number.to_string(),
        person: row.person.resource_name(),
        employer: row.employer.resource_name(),
        specialties: specialties.collect(),
        status_code: types::StatusCode::from(status).into(),
        end_cause: cause.map_or(0, |cause| types::EndCause::from(cause).into()),
        suspended_until: until.map(Into::into),
    }
}
