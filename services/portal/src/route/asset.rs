//! The style sheet and the mark, part of the program.

use axum::http::header;
use axum::response::IntoResponse;

const KEEP: &str = "public, max-age=3600";

pub(super) async fn style() -> impl IntoResponse {
    let headers = [
        (header::CONTENT_TYPE, "text/css; charset=utf-8"),
        (header::CACHE_CONTROL, KEEP),
    ];
    (headers, include_str!("../../assets/portal.css"))
}

pub(super) async fn mark() -> impl IntoResponse {
    let headers = [
        (header::CONTENT_TYPE, "image/svg+xml"),
        (header::CACHE_CONTROL, KEEP),
    ];
    (headers, include_str!("../../assets/mark.svg"))
}
