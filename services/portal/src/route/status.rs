//! `GET /status/{number}`: a status list, at the address that certificates and the list itself name (decision 0027). The whole list
//! for everybody: nobody says which certificate they ask about.

use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use service_runtime::clock::Clock as _;

use crate::app::Deps;
use crate::page::Problem;
use crate::peer::status_lists::StatusList;
use crate::peer::verification::Unanswered;

const MEDIA_TYPE: &str = "application/statuslist+jwt";

pub(super) async fn list(
    State(deps): State<Deps>,
    Path(number): Path<String>,
    asked: HeaderMap,
) -> Result<Response, Problem> {
    let lists = deps.status_lists.as_ref().ok_or(Problem::PageUnknown)?;
    let shard: u32 = number.parse().map_err(|_| Problem::PageUnknown)?;
    if shard.to_string() != number {
        return Err(Problem::PageUnknown);
    }
    let list = lists.find(shard).await.map_err(|why| match why {
        Unanswered::Rejected => Problem::PageUnknown,
        why => why.into(),
    })?;
    let left = list.stale_at.as_second() - deps.clock.now().as_second();
    let headers = [
        (header::CONTENT_TYPE, MEDIA_TYPE.to_owned()),
        (header::CACHE_CONTROL, format!("public, max-age={}", left.max(0))),
        (header::ETAG, tag(&list)),
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*".to_owned()),
    ];
    if asked
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .any(|value| matches(value, &tag(&list)))
    {
        return Ok((StatusCode::NOT_MODIFIED, headers).into_response());
    }
    Ok((headers, list.token.clone()).into_response())
}

/// The signature is no other list's.
fn tag(list: &StatusList) -> String {
    let signature = list.token.rsplit('.').next().unwrap_or_default();
    format!("\"{signature}\"")
}

/// Whether an `If-None-Match` names the tag (RFC 9110 §13.1.2).
fn matches(value: &HeaderValue, tag: &str) -> bool {
    let named = value.to_str().unwrap_or_default().split(',').map(str::trim);
    named
        .map(|one| one.strip_prefix("W/").unwrap_or(one))
        .any(|one| one == "*" || one == tag)
}
