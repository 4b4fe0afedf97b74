//! `registration.v1.ImportService`

use std::pin::Pin;

use api::convert::instant;
use api::registration::v1 as wire;
use api::registration::v1::create_import_request::Part;
use api::registration::v1::import_service_server::ImportService;
use bytes::Bytes;
use domain::ids::ImportId;
use domain::import::{ImportKind, ImportState};
use futures_util::stream;
use prost::Message as _;
use service_runtime::{Caller, Refusal, Scope, page};
use tokio_stream::{Stream, StreamExt as _};
use tonic::{Request, Response, Status, Streaming};
use uuid::Uuid;

use super::encode::text;
use super::{PAGE, Rpc, status};
use crate::command::{cancel_import, create_import, start_import};
use crate::error::Error;
use crate::importing::Outcome;
use crate::query;
use crate::store::import::{Listed, Stored};

/// Longest name of a file.
const FILE_NAME: usize = 200;

impl Rpc {
    async fn shown_import(
        &self,
        scope: &Scope,
        done: Result<ImportId, Error>,
    ) -> Result<Option<wire::Import>, Status> {
        let id = done.map_err(status)?;
        let found = query::import::find(&self.deps, scope, id).await.map_err(status)?;
        Ok(Some(self.import(found)))
    }

    fn import_id(&self, field: &str, name: &str) -> Result<ImportId, Refusal> {
        self.own_id(field, name, "imports").map(ImportId::from_uuid)
    }

    fn import(&self, stored: Stored) -> wire::Import {
        let import = &stored.import;
        let state = match import.state {
            ImportState::Checking => wire::import::State::Checking,
            ImportState::Checked => wire::import::State::Checked,
            ImportState::Running { .. } => wire::import::State::Running,
            ImportState::Completed { .. } => wire::import::State::Completed,
            ImportState::Cancelled { .. } => wire::import::State::Cancelled,
        };
        let same = stored.same_file_as.map(|id| self.deps.import_name(id));
        wire::Import {
            name: self.deps.import_name(import.id),
            kind: told(import.kind).into(),
            state: state.into(),
            file_name: stored.file_name,
            digest: hex::encode(&stored.digest),
            size_bytes: stored.size,
            rows: stored.rows,
            rows_done: stored.progress.done,
            rows_written: stored.progress.written,
            rows_unchanged: stored.progress.unchanged,
            rows_failed: stored.progress.failed,
            rows_not_asked: stored.progress.not_asked,
            ignored_columns: stored.ignored,
            uploaded_at: Some(instant(import.uploaded_at)),
            started_at: stored.started_at.map(instant),
            ended_at: stored.ended_at.map(instant),
            same_file_as: same.unwrap_or_default(),
        }
    }
}

#[tonic::async_trait]
impl ImportService for Rpc {
    type DownloadFailedRowsStream =
        Pin<Box<dyn Stream<Item = Result<wire::DownloadFailedRowsResponse, Status>> + Send>>;

    async fn create_import(
        &self,
        request: Request<Streaming<wire::CreateImportRequest>>,
    ) -> Result<Response<wire::CreateImportResponse>, Status> {
        let caller = Caller::of(&request)?.clone();
        let mut stream = request.into_inner();
        let Some(Part::Header(header)) = stream.message().await?.and_then(|first| first.part) else {
            return Err(Refusal::invalid("header", "the first message is the header").into());
        };
        let digest = hex::decode(&header.digest)
            .ok()
            .filter(|digest| digest.len() == 32);
        let input = create_import::Input {
            kind: kind(header.kind())?,
            file_name: file_name(&header.file_name)?,
            digest: digest.ok_or_else(|| Refusal::invalid("header.digest", "must be SM3 in hexadecimal"))?,
        };
        let body = self.deps.sealing.body_digest(&header.encode_to_vec());
        let call = self.call_over("create_import", &caller, &header.request_id, body)?;
        let done = create_import::create_import(&self.deps, &call, &input, chunks(stream)).await;
        let import = self.shown_import(&call.scope, done).await?;
        Ok(Response::new(wire::CreateImportResponse { import }))
    }

    async fn start_import(
        &self,
        request: Request<wire::StartImportRequest>,
    ) -> Result<Response<wire::StartImportResponse>, Status> {
        let call = self.call("start_import", &request, &request.get_ref().request_id)?;
        let id = self.import_id("name", &request.get_ref().name)?;
        let done = start_import::start_import(&self.deps, &call, id).await;
        let import = self.shown_import(&call.scope, done).await?;
        Ok(Response::new(wire::StartImportResponse { import }))
    }

    async fn get_import(
        &self,
        request: Request<wire::GetImportRequest>,
    ) -> Result<Response<wire::GetImportResponse>, Status> {
        let scope = Scope::of(&request)?;
        let id = self.import_id("name", &request.get_ref().name)?;
        let import = self.shown_import(&scope, Ok(id)).await?;
        Ok(Response::new(wire::GetImportResponse { import }))
    }

    async fn list_imports(
        &self,
        request: Request<wire::ListImportsRequest>,
    ) -> Result<Response<wire::ListImportsResponse>, Status> {
        let scope = Scope::of(&request)?;
        let message = request.into_inner();
        let size = page::size(message.page_size, PAGE.0, PAGE.1)?;
        let before: Option<Uuid> = page::cursor(&"imports", &message.page_token)?;
        let found = query::import::list(&self.deps, &scope, before, size)
            .await
            .map_err(status)?;
        let last = found.last().filter(|_| found.len() == size as usize);
        let next = last.map(|stored| page::token(&"imports", &stored.import.id.as_uuid()));
        Ok(Response::new(wire::ListImportsResponse {
            next_page_token: next.transpose()?.unwrap_or_default(),
            imports: found.into_iter().map(|stored| self.import(stored)).collect(),
        }))
    }

    async fn list_failed_rows(
        &self,
        request: Request<wire::ListFailedRowsRequest>,
    ) -> Result<Response<wire::ListFailedRowsResponse>, Status> {
        let scope = Scope::of(&request)?;
        let message = request.into_inner();
        let id = self.import_id("import", &message.import)?;
        let size = page::size(message.page_size, PAGE.0, PAGE.1)?;
        let after: Option<(i32, i32)> = page::cursor(&message.import, &message.page_token)?;
        let found = query::import::notes(&self.deps, &scope, id, after.unwrap_or_default(), size)
            .await
            .map_err(status)?;
        let last = found.last().filter(|_| found.len() == size as usize);
        let next = last.map(|note| page::token(&message.import, &note.place));
        Ok(Response::new(wire::ListFailedRowsResponse {
            next_page_token: next.transpose()?.unwrap_or_default(),
            rows: found.into_iter().map(report).collect(),
        }))
    }

    async fn download_failed_rows(
        &self,
        request: Request<wire::DownloadFailedRowsRequest>,
    ) -> Result<Response<Self::DownloadFailedRowsStream>, Status> {
        let call = self.call("download_failed_rows", &request, &Uuid::new_v4().to_string())?;
        let id = self.import_id("import", &request.get_ref().import)?;
        let deps = std::sync::Arc::clone(&self.deps);
        let file = query::import::failed_rows(deps, &call, id)
            .await
            .map_err(status)?;
        let chunks = file.map(|piece| match piece {
            Ok(piece) => Ok(wire::DownloadFailedRowsResponse {
                chunk: Bytes::from(piece),
            }),
            Err(error) => Err(status(error)),
        });
        Ok(Response::new(Box::pin(chunks)))
    }

    async fn cancel_import(
        &self,
        request: Request<wire::CancelImportRequest>,
    ) -> Result<Response<wire::CancelImportResponse>, Status> {
        let call = self.call("cancel_import", &request, &request.get_ref().request_id)?;
        let id = self.import_id("name", &request.get_ref().name)?;
        let done = cancel_import::cancel_import(&self.deps, &call, id).await;
        let import = self.shown_import(&call.scope, done).await?;
        Ok(Response::new(wire::CancelImportResponse { import }))
    }
}

/// The bytes of an upload; anything else than a chunk ends it.
fn chunks(stream: Streaming<wire::CreateImportRequest>) -> impl Stream<Item = Result<Bytes, Error>> + Send {
    stream::try_unfold(stream, async |mut stream| {
        let broken = |_| Error::from(Refusal::invalid("chunk", "the upload broke off"));
        match stream.message().await.map_err(broken)? {
            None => Ok(None),
            Some(wire::CreateImportRequest {
                part: Some(Part::Chunk(chunk)),
            }) => Ok(Some((chunk, stream))),
            Some(_) => Err(Refusal::invalid("chunk", "only chunks follow the header").into()),
        }
    })
}

fn kind(kind: wire::ImportKind) -> Result<ImportKind, Refusal> {
    Ok(match kind {
        wire::ImportKind::Qualifications => ImportKind::Qualifications,
        wire::ImportKind::Employers => ImportKind::Employers,
        wire::ImportKind::Facts => ImportKind::Facts,
        wire::ImportKind::Register => ImportKind::Register,
        wire::ImportKind::Unspecified => return Err(Refusal::invalid("header.kind", "expected a kind")),
    })
}

fn told(kind: ImportKind) -> wire::ImportKind {
    match kind {
        ImportKind::Qualifications => wire::ImportKind::Qualifications,
        ImportKind::Employers => wire::ImportKind::Employers,
        ImportKind::Facts => wire::ImportKind::Facts,
        ImportKind::Register => wire::ImportKind::Register,
    }
}

/// The last part of a path, as a browser or another system sends it.
fn file_name(name: &str) -> Result<String, Refusal> {
    let name = name.rsplit(['/', '\\']).next().unwrap_or_default().trim();
    if name.is_empty() || name.chars().count() > FILE_NAME || name.chars().any(char::is_control) {
        return Err(Refusal::invalid("header.file_name", "1 to 200 characters"));
    }
    Ok(name.to_owned())
}

fn report(note: Listed) -> wire::RowReport {
    let outcome = match note.outcome {
        Outcome::Failed => wire::row_report::Outcome::Failed,
        Outcome::Unchanged => wire::row_report::Outcome::Unchanged,
    };
    wire::RowReport {
        row: note.place.0,
        outcome: outcome.into(),
        column: note
            .column
            .map(|column| column.code())
            .unwrap_or_default()
            .to_owned(),
        column_title: note
            .column
            .map(|column| column.name())
            .unwrap_or_default()
            .to_owned(),
        reason: note.reason,
        text: Some(text(&note.text)),
    }
}
