//! A file as it comes in: one header, then chunks.

use api::verification::v1 as wire;
use api::verification::v1::verify_document_request::Part;
use service_runtime::Refusal;
use tonic::{Status, Streaming};

use super::decode;
use super::status;
use crate::error::{FILE_TOO_LARGE, UPLOAD_MALFORMED};
use crate::query::Asking;
use crate::query::verify_document::{Desk, Input};

/// Receives a whole file; a place at the desk is taken before the first chunk.
pub(super) async fn receive(
    desk: &Desk,
    mut parts: Streaming<wire::VerifyDocumentRequest>,
    asking: Asking,
) -> Result<Input, Status> {
    let Some(Part::Header(header)) = next(&mut parts).await? else {
        return Err(malformed("must begin with a header"));
    };
    let wire::DocumentHeader {
        min_position,
        allow_stale,
        purpose,
    } = header;
    let asking = decode::terms(asking, min_position.as_ref(), allow_stale, purpose)?;
    let place = desk.place().await.map_err(status)?;
    let mut bytes = Vec::new();
    while let Some(part) = next(&mut parts).await? {
        let Part::Chunk(chunk) = part else {
            return Err(malformed("has one header only"));
        };
        if bytes.len() + chunk.len() > desk.largest {
            let most = desk.largest.to_string();
            return Err(FILE_TOO_LARGE.refusal().metadata("largest", most).into_status());
        }
        bytes.extend_from_slice(&chunk);
    }
    if bytes.is_empty() {
        return Err(malformed("has no bytes"));
    }
    Ok(Input { bytes, place, asking })
}

async fn next(parts: &mut Streaming<wire::VerifyDocumentRequest>) -> Result<Option<Part>, Status> {
    match parts.message().await? {
        None => Ok(None),
        Some(wire::VerifyDocumentRequest { part: Some(part) }) => Ok(Some(part)),
        Some(wire::VerifyDocumentRequest { part: None }) => Err(malformed("has an empty part")),
    }
}

fn malformed(problem: &str) -> Status {
    let refusal: Refusal = UPLOAD_MALFORMED.refusal().field("part", problem);
    refusal.into_status()
}
