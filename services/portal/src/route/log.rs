//! `GET /log/…`: the transparency log for monitors, in the layout of C2SP tlog-tiles.
//!
//! Below the prefix `/log`: `checkpoint`, `tile/<L>/<N>[.p/<W>]`, `tile/entries/<N>[.p/<W>]`; and, of our own, `checkpoints/<size>` with
//! every checkpoint of a larger tree, one after the other, each after its length in two bytes, as entries stand in a bundle.

use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;

use crate::app::Deps;
use crate::page::Problem;
use crate::peer::log::Log;
use crate::peer::verification::Unanswered;

/// "Immutable": a path has the same bytes for ever.
const FOR_EVER: &str = "public, max-age=31536000, immutable";
/// "The checkpoint is mutable, and its headers SHOULD prevent caching beyond a few seconds."
const BRIEFLY: &str = "public, max-age=1";
/// What C2SP names for tiles.
const BYTES: &str = "application/octet-stream";
/// Longest path of a tile in a log of 2^64 entries.
const LONGEST: usize = 64;

pub(super) async fn checkpoint(State(deps): State<Deps>) -> Result<Response, Problem> {
    let note = log(&deps)?.checkpoint().await.map_err(absent)?;
    let headers = [
        (header::CONTENT_TYPE, "text/plain; charset=utf-8"),
        (header::CACHE_CONTROL, BRIEFLY),
    ];
    Ok((headers, note).into_response())
}

pub(super) async fn checkpoints(
    State(deps): State<Deps>,
    Path(after): Path<String>,
) -> Result<Response, Problem> {
    let after: u64 = after.parse().map_err(|_| Problem::PageUnknown)?;
    let notes = log(&deps)?.checkpoints(after).await.map_err(absent)?;
    let mut bytes = Vec::new();
    for note in notes {
        let length = u16::try_from(note.len()).map_err(|_| Problem::Internal)?;
        bytes.extend_from_slice(&length.to_be_bytes());
        bytes.extend_from_slice(note.as_bytes());
    }
    Ok(binary(bytes.into(), BRIEFLY))
}

pub(super) async fn tile(State(deps): State<Deps>, Path(path): Path<String>) -> Result<Response, Problem> {
    if path.len() > LONGEST {
        return Err(Problem::PageUnknown);
    }
    let content = log(&deps)?.tile(format!("tile/{path}")).await.map_err(absent)?;
    Ok(binary(content, FOR_EVER))
}

fn binary(content: Bytes, cache: &'static str) -> Response {
    let headers = [(header::CONTENT_TYPE, BYTES), (header::CACHE_CONTROL, cache)];
    (headers, content).into_response()
}

fn log(deps: &Deps) -> Result<&Log, Problem> {
    deps.log.as_ref().ok_or(Problem::PageUnknown)
}

/// What the log does not have is no page.
fn absent(why: Unanswered) -> Problem {
    match why {
        Unanswered::Rejected => Problem::PageUnknown,
        why => why.into(),
    }
}
