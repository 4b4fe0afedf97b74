//! `GET /announcements…`: announcements (公告) for everybody, and the files with which anyone can check them.

use axum::extract::{Path, Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use domain::province::Province;
use serde::Deserialize;

use crate::app::Deps;
use crate::page::{AnnouncementPage, AnnouncementsPage, Problem};
use crate::peer::announcements::Download;
use crate::peer::verification::Unanswered;

use api::registration::v1::download_announcement_request::Format;

/// Longest number in an address, as `ministry-2026-12345`.
const LONGEST: usize = 40;

/// Where in a list.
#[derive(Deserialize)]
pub(super) struct Place {
    #[serde(default)]
    page: String,
}

pub(super) async fn provinces(State(deps): State<Deps>) -> Response {
    AnnouncementsPage::provinces(deps.announcements.provinces().collect()).into_response()
}

pub(super) async fn list(
    State(deps): State<Deps>,
    Path(province): Path<String>,
    Query(place): Query<Place>,
) -> Result<Response, Problem> {
    let province = read_province(&province)?;
    let (announcements, next) = deps
        .announcements
        .list(province, place.page)
        .await
        .map_err(absent)?;
    Ok(AnnouncementsPage::of(province, announcements, next).into_response())
}

pub(super) async fn show(
    State(deps): State<Deps>,
    Path((province, number)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let (province, number) = read(&province, &number)?;
    let announcement = deps.announcements.find(province, number).await.map_err(absent)?;
    let page = AnnouncementPage::new(province, announcement).ok_or(Problem::Internal)?;
    Ok(page.into_response())
}

/// `list.json` or `list.csv`
pub(super) async fn file(
    State(deps): State<Deps>,
    Path((province, number, file)): Path<(String, String, String)>,
) -> Result<Response, Problem> {
    let (province, number) = read(&province, &number)?;
    let format = match file.as_str() {
        "list.json" => Format::Json,
        "list.csv" => Format::Csv,
        _ => return Err(Problem::PageUnknown),
    };
    let download = deps
        .announcements
        .download(province, number, format)
        .await
        .map_err(absent)?;
    Ok(attachment(download))
}

/// The proof of one row.
pub(super) async fn proof(
    State(deps): State<Deps>,
    Path((province, number, row)): Path<(String, String, String)>,
) -> Result<Response, Problem> {
    let (province, number) = read(&province, &number)?;
    let row: i32 = row.parse().map_err(|_| Problem::PageUnknown)?;
    let content = deps
        .announcements
        .prove(province, number, row)
        .await
        .map_err(absent)?;
    Ok(attachment(Download {
        content,
        media_type: "application/json".to_owned(),
        file_name: format!("announcement-{province}-{number}-row-{row}.json"),
    }))
}

/// The public keys as PEM, the newest first.
pub(super) async fn keys(
    State(deps): State<Deps>,
    Path(province): Path<String>,
) -> Result<Response, Problem> {
    let province = read_province(&province)?;
    let keys = deps.announcements.keys(province).await.map_err(absent)?;
    let pem: String = keys.iter().map(|key| pem(key)).collect();
    Ok(attachment(Download {
        content: Bytes::from(pem),
        media_type: "application/x-pem-file".to_owned(),
        file_name: format!("announcement-keys-{province}.pem"),
    }))
}

fn pem(spki: &[u8]) -> String {
    use base64::Engine as _;
    let body = base64::engine::general_purpose::STANDARD.encode(spki);
    format!("-----BEGIN PUBLIC KEY-----\n{body}\n-----END PUBLIC KEY-----\n")
}

fn attachment(download: Download) -> Response {
    let headers = [
        (header::CONTENT_TYPE, download.media_type),
        (
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"{}\"", download.file_name),
        ),
    ];
    (headers, download.content).into_response()
}

fn read_province(code: &str) -> Result<Province, Problem> {
    Province::from_code(code).ok_or(Problem::PageUnknown)
}

fn read<'a>(province: &str, number: &'a str) -> Result<(Province, &'a str), Problem> {
    let plain = number
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if number.len() > LONGEST || !plain {
        return Err(Problem::PageUnknown);
    }
    Ok((read_province(province)?, number))
}

/// What the province does not have is no page; everything else is said as of every question.
fn absent(why: Unanswered) -> Problem {
    match why {
        Unanswered::Rejected => Problem::PageUnknown,
        why => why.into(),
    }
}
