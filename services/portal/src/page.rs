//! Pages: what people read. Templates escape every value; nothing here writes HTML.

mod announcement;
mod desk;
mod home;
mod problem;
mod terms;
mod verdict;

use askama::Template;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::guard;

pub(crate) use announcement::{AnnouncementPage, AnnouncementsPage};
pub(crate) use desk::{DeskPage, PackagePage, PreviewPage, SignInPage};
pub(crate) use home::HomePage;
pub(crate) use problem::Problem;
pub(crate) use verdict::{By, VerdictPage};

/// A page with its status.
fn html(status: StatusCode, page: &impl Template) -> Response {
    match page.render() {
        Ok(text) => (status, [(header::CONTENT_TYPE, "text/html; charset=utf-8")], text).into_response(),
        Err(error) => {
            tracing::error!(%error, "a page cannot be written");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// A page that carries pictures in itself.
fn with_pictures(page: &impl Template) -> Response {
    let mut response = html(StatusCode::OK, page);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, guard::PICTURES_POLICY);
    response
}
