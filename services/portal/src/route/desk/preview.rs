//! `POST /my/preview`: a certificate or a copy as pictures of its pages. The read is recorded as a download is.

use api::issuance::v1 as issuance;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse as _, Response};
use tonic::{Status, Streaming};

use super::{Sent, done_or_said, seat};
use crate::app::Deps;
use crate::page::{PreviewPage, Problem};
use crate::peer::desk::refused;
use crate::pictures::Pictures;

pub(crate) async fn show(
    State(deps): State<Deps>,
    headers: HeaderMap,
    form: Sent,
) -> Result<Response, Problem> {
    let (seat, form) = seat(&deps, &headers, form)?;
    let message = issuance::DownloadDocumentRequest {
        name: form.name,
        format: issuance::DocumentFormat::Ofd.into(),
    };
    let file = match seat.desk.download(&seat.session, message).await {
        Ok(stream) => whole(stream, deps.previewer.limits().document)
            .await
            .map_err(refused),
        Err(refused) => Err(refused),
    };
    match file {
        Ok(file) => {
            let pictures = Pictures::of(&deps.previewer, file.as_deref()).await;
            Ok(PreviewPage { pictures }.into_response())
        }
        Err(refused) => Ok(done_or_said(&seat, Err(refused)).await),
    }
}

/// The file; none if it is larger than what is drawn.
async fn whole(
    mut stream: Streaming<issuance::DownloadDocumentResponse>,
    most: usize,
) -> Result<Option<Vec<u8>>, Status> {
    let mut file = Vec::new();
    while let Some(part) = stream.message().await? {
        if file.len().saturating_add(part.chunk.len()) > most {
            return Ok(None);
        }
        file.extend_from_slice(&part.chunk);
    }
    Ok(Some(file))
}
