//! Addresses of the portal.

mod announcement;
mod asset;
mod desk;
mod home;
mod log;
mod number;
mod qr;
mod status;
mod upload;

use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{MethodRouter, get, post};
use tokio_util::sync::CancellationToken;
use tower_http::catch_panic::CatchPanicLayer;

use crate::app::Deps;
use crate::guard;
use crate::page::Problem;

/// Largest body of a form without a file.
const FORM: usize = 16 << 10;
/// A file that is too large is read up to here, so that the browser gets to the page that says so.
const POLITENESS: usize = 2;

/// Every page with what surrounds it. `/healthz` turns when `draining` is cancelled.
pub(crate) fn all(deps: Deps, draining: CancellationToken) -> Router {
    let usual = |pages: MethodRouter<Deps>| within(pages, deps.limits.deadline);
    let health = move || async move {
        match draining.is_cancelled() {
            false => (StatusCode::OK, "ok\n"),
            true => (StatusCode::SERVICE_UNAVAILABLE, "draining\n"),
        }
    };
    let pages = Router::new()
        .route("/", get(home::show))
        .route("/q/{token}", usual(get(qr::verify)))
        .route("/verify", usual(post(number::verify).get(home::redirect)))
        .route("/verify/file", upload(&deps))
        .route("/announcements", get(announcement::provinces))
        .route("/announcements/{province}", usual(get(announcement::list)))
        .route("/announcements/{province}/keys", usual(get(announcement::keys)))
        .route(
            "/announcements/{province}/{number}",
            usual(get(announcement::show)),
        )
        .route(
            "/announcements/{province}/{number}/{file}",
            usual(get(announcement::file)),
        )
        .route(
            "/announcements/{province}/{number}/rows/{row}",
            usual(get(announcement::proof)),
        )
        .route("/status/{number}", usual(get(status::list)))
        .route("/log/checkpoint", usual(get(log::checkpoint)))
        .route("/log/checkpoints/{after}", usual(get(log::checkpoints)))
        .route("/log/tile/{*path}", usual(get(log::tile)))
        .merge(desk(&deps))
        .route("/portal.css", get(asset::style))
        .route("/mark.svg", get(asset::mark))
        .fallback(async || Problem::PageUnknown)
        .method_not_allowed_fallback(async || Problem::MethodUnknown)
        .layer(CatchPanicLayer::custom(guard::panicked))
        .layer(from_fn_with_state(deps.clone(), guard::in_flight))
        .layer(DefaultBodyLimit::max(FORM))
        .layer(from_fn(guard::headers))
        .layer(from_fn(guard::log));
    // Asked by probes many times a minute: not in the access log, not behind the limits.
    pages
        .route("/healthz", get(health).layer(from_fn(guard::headers)))
        .with_state(deps)
}

/// The desk. What makes documents is as patient as an upload.
fn desk(deps: &Deps) -> Router<Deps> {
    let usual = |pages: MethodRouter<Deps>| within(pages, deps.limits.deadline);
    let patient = |pages: MethodRouter<Deps>| within(pages, deps.uploads.timeout);
    Router::new()
        .route("/my", usual(get(desk::show)))
        .route("/my/sign-in", usual(post(desk::sign_in)))
        .route("/my/sign-out", usual(post(desk::sign_out)))
        .route("/my/step-up", usual(post(desk::step_up)))
        .route("/my/copies", patient(post(desk::create)))
        .route("/my/copies/revoke", usual(post(desk::revoke)))
        .route("/my/copies/file", patient(post(desk::file)))
        .route("/my/copies/proof", usual(post(desk::proof)))
        .route("/my/preview", patient(post(desk::preview)))
        .route("/my/consents", usual(post(desk::grant)))
        .route("/my/consents/revoke", usual(post(desk::withdraw)))
        .route("/my/requests", patient(post(desk::answer)))
        .route("/my/packages", patient(post(desk::package)))
        .route("/my/packages/file", patient(post(desk::package_file)))
}

fn upload(deps: &Deps) -> MethodRouter<Deps> {
    let most = deps
        .uploads
        .largest
        .saturating_mul(POLITENESS)
        .saturating_add(FORM);
    let page = post(upload::verify).get(home::redirect);
    within(page, deps.uploads.timeout).layer(DefaultBodyLimit::max(most))
}

fn within(pages: MethodRouter<Deps>, limit: Duration) -> MethodRouter<Deps> {
    pages.layer(from_fn_with_state(limit, guard::within))
}
