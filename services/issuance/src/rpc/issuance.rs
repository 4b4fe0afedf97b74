//! `issuance.v1.IssuanceService` on the wire, for national officers.

use std::sync::Arc;

use api::convert::instant;
use api::issuance::v1 as wire;
use api::issuance::v1::issuance_service_server::IssuanceService;
use api::types::v1 as types;
use domain::bulk_issue::{BulkPurpose, BulkSelection, BulkState};
use domain::province::Province;
use domain::reason::BilingualText;
use service_runtime::{Caller, Refusal};
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::certificate::{status, taken, write};
use super::national_acts::officer;
use crate::command::move_bulk::{self, pause_bulk, resume_bulk};
use crate::command::start_bulk::{self, start_bulk};
use crate::issuing::Issuing;
use crate::query::store_check::get_store_check;
use crate::query::{bulks, issuances};
use crate::store::issuing::job::{IssuanceRow, IssuanceState};

/// Writes: method, and verb of the audit.
const START: (&str, &str) = ("StartBulk", "start_bulk");
const PAUSE: (&str, &str) = ("PauseBulk", "pause_bulk");
const RESUME: (&str, &str) = ("ResumeBulk", "resume_bulk");

/// Differences that are shown with a comparison.
const SHOWN: usize = 100;

/// The service's face.
pub(crate) struct IssuanceRpc {
    pub(crate) issuing: Arc<Issuing>,
}

impl IssuanceRpc {
    async fn shown(&self, caller: &Caller, id: Uuid) -> Result<Option<wire::Bulk>, Status> {
        let view = bulks::get_bulk(&self.issuing, caller.scope(), id).await;
        Ok(Some(bulk(view.map_err(status)?)))
    }
}

#[tonic::async_trait]
impl IssuanceService for IssuanceRpc {
    async fn get_issuance(
        &self,
        request: Request<wire::GetIssuanceRequest>,
    ) -> Result<Response<wire::GetIssuanceResponse>, Status> {
        let (caller, _, request) = taken(request)?;
        let id = named(&request.name, "issuances/", "name")?;
        let row = issuances::get_issuance(&self.issuing, caller.scope(), id)
            .await
            .map_err(status)?;
        Ok(Response::new(wire::GetIssuanceResponse {
            issuance: Some(issuance(row)),
        }))
    }

    async fn list_issuances(
        &self,
        request: Request<wire::ListIssuancesRequest>,
    ) -> Result<Response<wire::ListIssuancesResponse>, Status> {
        let (caller, _, request) = taken(request)?;
        let state = state(request.state());
        let (size, token) = (request.page_size, request.page_token.as_str());
        let page = issuances::list_issuances(&self.issuing, caller.scope(), (state, None), size, token).await;
        let page = page.map_err(status)?;
        Ok(Response::new(wire::ListIssuancesResponse {
            issuances: page.issuances.into_iter().map(issuance).collect(),
            next_page_token: page.next,
        }))
    }

    async fn start_bulk(
        &self,
        request: Request<wire::StartBulkRequest>,
    ) -> Result<Response<wire::StartBulkResponse>, Status> {
        let (caller, _, request) = taken(request)?;
        let input = start_bulk::Input {
            write: write(&self.issuing, &caller, &request.request_id, &request, START)?,
            officer: officer(&caller)?,
            purpose: match request.purpose() {
                wire::bulk::Purpose::Issue => BulkPurpose::Issue,
                wire::bulk::Purpose::Reissue => BulkPurpose::Reissue,
                wire::bulk::Purpose::Unspecified => {
                    return Err(Refusal::invalid("purpose", "must be a known purpose").into_status());
                }
            },
            selection: selection(request.selection)?,
            ground: request.ground,
        };
        let id = start_bulk(&self.issuing, &input).await.map_err(status)?;
        let bulk = self.shown(&caller, id).await?;
        Ok(Response::new(wire::StartBulkResponse { bulk }))
    }

    async fn pause_bulk(
        &self,
        request: Request<wire::PauseBulkRequest>,
    ) -> Result<Response<wire::PauseBulkResponse>, Status> {
        let (caller, _, request) = taken(request)?;
        let input = move_bulk::Input {
            write: write(&self.issuing, &caller, &request.request_id, &request, PAUSE)?,
            officer: officer(&caller)?,
            bulk: named(&request.name, "bulks/", "name")?,
        };
        pause_bulk(&self.issuing, &input).await.map_err(status)?;
        let bulk = self.shown(&caller, input.bulk).await?;
        Ok(Response::new(wire::PauseBulkResponse { bulk }))
    }

    async fn resume_bulk(
        &self,
        request: Request<wire::ResumeBulkRequest>,
    ) -> Result<Response<wire::ResumeBulkResponse>, Status> {
        let (caller, _, request) = taken(request)?;
        let input = move_bulk::Input {
            write: write(&self.issuing, &caller, &request.request_id, &request, RESUME)?,
            officer: officer(&caller)?,
            bulk: named(&request.name, "bulks/", "name")?,
        };
        resume_bulk(&self.issuing, &input).await.map_err(status)?;
        let bulk = self.shown(&caller, input.bulk).await?;
        Ok(Response::new(wire::ResumeBulkResponse { bulk }))
    }

    async fn get_bulk(
        &self,
        request: Request<wire::GetBulkRequest>,
    ) -> Result<Response<wire::GetBulkResponse>, Status> {
        let (caller, _, request) = taken(request)?;
        let id = named(&request.name, "bulks/", "name")?;
        let bulk = self.shown(&caller, id).await?;
        Ok(Response::new(wire::GetBulkResponse { bulk }))
    }

    async fn get_store_check(
        &self,
        request: Request<wire::GetStoreCheckRequest>,
    ) -> Result<Response<wire::GetStoreCheckResponse>, Status> {
        let (caller, ..) = taken(request)?;
        let found = get_store_check(&self.issuing, caller.scope()).await;
        let (run, found) = found.map_err(status)?;
        let shown = found
            .into_iter()
            .take(SHOWN)
            .map(|(what, subject)| wire::StoreDifference {
                code: what.code().to_owned(),
                subject,
                text: Some(text(what.text())),
                advice: Some(text(what.advice())),
            });
        Ok(Response::new(wire::GetStoreCheckResponse {
            check: Some(wire::StoreCheck {
                name: format!("storeChecks/{}", run.id),
                started_by: run.started_by,
                started_at: Some(instant(run.started_at)),
                finished_at: Some(instant(run.finished_at)),
                versions: run.versions,
                documents: run.documents,
                acts: run.acts,
                leaves: run.leaves,
                differences: run.differences,
                first_differences: shown.collect(),
            }),
        }))
    }

    async fn list_bulk_rows(
        &self,
        request: Request<wire::ListBulkRowsRequest>,
    ) -> Result<Response<wire::ListBulkRowsResponse>, Status> {
        let (caller, _, request) = taken(request)?;
        let of = (
            named(&request.parent, "bulks/", "parent")?,
            state(request.state()),
        );
        let (size, token) = (request.page_size, request.page_token.as_str());
        let page = bulks::list_bulk_rows(&self.issuing, caller.scope(), of, size, token).await;
        let page = page.map_err(status)?;
        Ok(Response::new(wire::ListBulkRowsResponse {
            issuances: page.issuances.into_iter().map(issuance).collect(),
            next_page_token: page.next,
        }))
    }
}

fn text(text: BilingualText) -> types::BilingualText {
    types::BilingualText {
        zh: text.zh,
        en: text.en,
    }
}

fn named(name: &str, collection: &str, field: &'static str) -> Result<Uuid, Status> {
    let id = name
        .strip_prefix(collection)
        .and_then(|id| Uuid::try_parse(id).ok());
    id.ok_or_else(|| Refusal::invalid(field, format!("must be {collection} and a UUID")).into_status())
}

fn selection(asked: Option<wire::start_bulk_request::Selection>) -> Result<BulkSelection, Status> {
    use wire::start_bulk_request::Selection;
    Ok(match asked {
        Some(Selection::Province(name)) => {
            let province = name.strip_prefix("provinces/").and_then(Province::from_code);
            BulkSelection::Province(
                province.ok_or_else(|| {
                    Refusal::invalid("province", "must be provinces/{province}").into_status()
                })?,
            )
        }
        Some(Selection::Import(name)) => BulkSelection::Import(named(&name, "imports/", "import")?),
        Some(Selection::Seal(name)) if name.starts_with("seals/") => BulkSelection::Seal(name),
        Some(Selection::Seal(_)) => {
            return Err(Refusal::invalid("seal", "must be seals/{seal}").into_status());
        }
        Some(Selection::List(list)) => {
            let mut list = list.licence_identifiers;
            list.sort_unstable();
            list.dedup();
            BulkSelection::List(list)
        }
        None => return Err(Refusal::invalid("selection", "is required").into_status()),
    })
}

const fn state(asked: wire::issuance::State) -> Option<IssuanceState> {
    match asked {
        wire::issuance::State::Unspecified => None,
        wire::issuance::State::Waiting => Some(IssuanceState::Waiting),
        wire::issuance::State::Intended => Some(IssuanceState::Intended),
        wire::issuance::State::Issued => Some(IssuanceState::Issued),
        wire::issuance::State::Stopped => Some(IssuanceState::Stopped),
    }
}

fn bulk(view: bulks::View) -> wire::Bulk {
    use wire::bulk::{Purpose, Selection, State};
    let bulks::View {
        bulk,
        counts,
        rows_per_second,
        first_stopped,
    } = view;
    wire::Bulk {
        name: format!("bulks/{}", bulk.id),
        purpose: match bulk.purpose {
            BulkPurpose::Issue => Purpose::Issue,
            BulkPurpose::Reissue => Purpose::Reissue,
        }
        .into(),
        selection: Some(match bulk.selection.as_str() {
            "province" => Selection::Province(format!("provinces/{}", bulk.target)),
            "import" => Selection::Import(format!("imports/{}", bulk.target)),
            "seal" => Selection::Seal(bulk.target),
            _ => Selection::List(wire::BulkList::default()),
        }),
        ground: bulk.ground,
        state: match bulk.state {
            BulkState::Running => State::Running,
            BulkState::Paused => State::Paused,
            BulkState::Done => State::Done,
        }
        .into(),
        rows: bulk.rows,
        waiting: counts.waiting,
        issued: counts.issued,
        stopped: counts.stopped,
        rows_per_second,
        first_stopped: first_stopped.into_iter().map(issuance).collect(),
        started_at: Some(instant(bulk.started_at)),
        done_at: bulk.done_at.map(instant),
    }
}

fn issuance(row: IssuanceRow) -> wire::Issuance {
    let state = match row.state {
        IssuanceState::Waiting => wire::issuance::State::Waiting,
        IssuanceState::Intended => wire::issuance::State::Intended,
        IssuanceState::Issued => wire::issuance::State::Issued,
        IssuanceState::Stopped => wire::issuance::State::Stopped,
    };
    wire::Issuance {
        name: format!("issuances/{}", row.id),
        licence_identifier: row.licence_identifier,
        copy_id: row.copy.map(|copy| copy.to_string()).unwrap_or_default(),
        state: state.into(),
        reason: row.reason.unwrap_or_default(),
        attempts: row.attempts,
        updated_at: Some(instant(row.updated_at)),
        generation: row.generation.cast_unsigned().into(),
        bulk: row.bulk.map(|bulk| format!("bulks/{bulk}")).unwrap_or_default(),
    }
}
