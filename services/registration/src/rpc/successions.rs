//! `registration.v1.SuccessionService`

use std::collections::BTreeMap;

use api::convert::{Read as _, instant};
use api::registration::v1 as wire;
use api::registration::v1::succession_service_server::SuccessionService;
use domain::ids::SuccessionId;
use domain::succession::{Proposal, SuccessionKind, SuccessionState};
use service_runtime::{Refusal, Scope, page};
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::{PAGE, Rpc, employer, malformed, person, status};
use crate::command::{announce_succession, propose_succession, withdraw_succession};
use crate::error::{BATCH_INVALID, Error};
use crate::query;
use crate::query::succession::View;
use crate::store::succession::{Row, RowState};

/// Most people assigned by name in one proposal.
const MOST_ASSIGNED: usize = 5000;
/// Longest evidence in characters.
const EVIDENCE: usize = 200;

impl Rpc {
    fn succession(&self, field: &str, name: &str) -> Result<SuccessionId, Refusal> {
        self.own_id(field, name, "successions")
            .map(SuccessionId::from_uuid)
    }

    async fn shown_succession(
        &self,
        scope: &Scope,
        result: Result<SuccessionId, Error>,
    ) -> Result<Option<wire::Succession>, Status> {
        let id = result.map_err(status)?;
        let view = query::succession::find(&self.deps, scope, id)
            .await
            .map_err(status)?;
        Ok(Some(self.encoded(&view)))
    }

    fn encoded(&self, view: &View) -> wire::Succession {
        let succession = &view.succession;
        let proposal = &succession.proposal;
        let (state, announced) = match succession.state() {
            SuccessionState::Proposed => (wire::succession::State::Proposed, None),
            SuccessionState::Withdrawn { .. } => (wire::succession::State::Withdrawn, None),
            SuccessionState::Announced { at, number, .. } => {
                (wire::succession::State::Announced, Some((*at, number.clone())))
            }
        };
        let count = |of: RowState| {
            let found = view.counts.iter().find(|(state, _)| *state == of);
            found.map_or(0, |(_, count)| *count)
        };
        wire::Succession {
            name: self.deps.succession_name(succession.id),
            kind: kind(proposal.kind).into(),
            employer: proposal.employer.resource_name(),
            successor: proposal.successor.resource_name(),
            effective_on: Some(proposal.effective_on.into()),
            evidence: proposal.evidence.clone(),
            state: state.into(),
            proposed_at: Some(instant(succession.proposed_at)),
            announced_at: announced.as_ref().map(|(at, _)| instant(*at)),
            announcement_number: announced.map(|(_, number)| number).unwrap_or_default(),
            waiting: count(RowState::Waiting),
            announced: count(RowState::Announced),
            issued: count(RowState::Issued),
            refused: count(RowState::Refused),
            skipped: count(RowState::Skipped),
        }
    }
}

#[tonic::async_trait]
impl SuccessionService for Rpc {
    async fn propose_succession(
        &self,
        request: Request<wire::ProposeSuccessionRequest>,
    ) -> Result<Response<wire::ProposeSuccessionResponse>, Status> {
        let call = self.call("propose_succession", &request, &request.get_ref().request_id)?;
        let proposal = proposal(&request.into_inner())?;
        let done = propose_succession::propose_succession(&self.deps, &call, &proposal).await;
        let succession = self.shown_succession(&call.scope, done).await?;
        Ok(Response::new(wire::ProposeSuccessionResponse { succession }))
    }

    async fn announce_succession(
        &self,
        request: Request<wire::AnnounceSuccessionRequest>,
    ) -> Result<Response<wire::AnnounceSuccessionResponse>, Status> {
        let call = self.call("announce_succession", &request, &request.get_ref().request_id)?;
        let id = self.succession("name", &request.get_ref().name)?;
        let done = announce_succession::announce_succession(&self.deps, &call, id).await;
        let succession = self.shown_succession(&call.scope, done).await?;
        Ok(Response::new(wire::AnnounceSuccessionResponse { succession }))
    }

    async fn withdraw_succession(
        &self,
        request: Request<wire::WithdrawSuccessionRequest>,
    ) -> Result<Response<wire::WithdrawSuccessionResponse>, Status> {
        let call = self.call("withdraw_succession", &request, &request.get_ref().request_id)?;
        let id = self.succession("name", &request.get_ref().name)?;
        let done = withdraw_succession::withdraw_succession(&self.deps, &call, id).await;
        let succession = self.shown_succession(&call.scope, done).await?;
        Ok(Response::new(wire::WithdrawSuccessionResponse { succession }))
    }

    async fn get_succession(
        &self,
        request: Request<wire::GetSuccessionRequest>,
    ) -> Result<Response<wire::GetSuccessionResponse>, Status> {
        let scope = Scope::of(&request)?;
        let id = self.succession("name", &request.get_ref().name)?;
        let succession = self.shown_succession(&scope, Ok(id)).await?;
        Ok(Response::new(wire::GetSuccessionResponse { succession }))
    }

    async fn list_succession_rows(
        &self,
        request: Request<wire::ListSuccessionRowsRequest>,
    ) -> Result<Response<wire::ListSuccessionRowsResponse>, Status> {
        let scope = Scope::of(&request)?;
        let message = request.into_inner();
        let id = self.succession("succession", &message.succession)?;
        let size = page::size(message.page_size, PAGE.0, PAGE.1)?;
        let after: Option<Uuid> = page::cursor(&message.succession, &message.page_token)?;
        let found = query::succession::rows(&self.deps, &scope, id, after, size)
            .await
            .map_err(status)?;
        let last = found.last().filter(|_| found.len() == size as usize);
        let next = last.map(|row| page::token(&message.succession, &row.id));
        Ok(Response::new(wire::ListSuccessionRowsResponse {
            next_page_token: next.transpose()?.unwrap_or_default(),
            rows: found.into_iter().map(row).collect(),
        }))
    }
}

fn proposal(message: &wire::ProposeSuccessionRequest) -> Result<Proposal, Refusal> {
    if message.assignments.len() > MOST_ASSIGNED {
        return Err(BATCH_INVALID.refusal());
    }
    let mut assignments = BTreeMap::new();
    for (index, assigned) in message.assignments.iter().enumerate() {
        let field = format!("assignments[{index}]");
        let of = person(&format!("{field}.person"), &assigned.person)?;
        let to = employer(&format!("{field}.successor"), &assigned.successor)?;
        if assignments.insert(of, to).is_some() {
            return Err(BATCH_INVALID.refusal());
        }
    }
    if message.evidence.chars().count() > EVIDENCE {
        return Err(Refusal::invalid("evidence", "must have at most 200 characters"));
    }
    let kind = match message.kind() {
        wire::SuccessionKind::Renaming => SuccessionKind::Renaming,
        wire::SuccessionKind::Merger => SuccessionKind::Merger,
        wire::SuccessionKind::Split => SuccessionKind::Split,
        wire::SuccessionKind::Unspecified => return Err(Refusal::invalid("kind", "expected a known value")),
    };
    Ok(Proposal {
        kind,
        employer: employer("employer", &message.employer)?,
        successor: employer("successor", &message.successor)?,
        assignments,
        effective_on: message.effective_on.read("effective_on").map_err(malformed)?,
        evidence: message.evidence.trim().to_owned(),
    })
}

fn kind(kind: SuccessionKind) -> wire::SuccessionKind {
    match kind {
        SuccessionKind::Renaming => wire::SuccessionKind::Renaming,
        SuccessionKind::Merger => wire::SuccessionKind::Merger,
        SuccessionKind::Split => wire::SuccessionKind::Split,
    }
}

fn row(row: Row) -> wire::SuccessionRow {
    let state = match row.state {
        RowState::Waiting => wire::succession_row::State::Waiting,
        RowState::Announced => wire::succession_row::State::Announced,
        RowState::Issued => wire::succession_row::State::Issued,
        RowState::Refused => wire::succession_row::State::Refused,
        RowState::Skipped => wire::succession_row::State::Skipped,
    };
    wire::SuccessionRow {
        person: row.person.resource_name(),
        successor: row.successor.resource_name(),
        state: state.into(),
        reason: row.reason.unwrap_or_default(),
        licence_identifier: row.licence_identifier.unwrap_or_default(),
    }
}
