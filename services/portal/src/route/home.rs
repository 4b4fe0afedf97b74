//! `GET /`: the forms.

use axum::response::{IntoResponse, Redirect, Response};

use crate::page::HomePage;

pub(super) async fn show() -> Response {
    HomePage::empty().into_response()
}

/// Somebody who reloads the address of a result gets the forms: what was asked is not in the address.
pub(super) async fn redirect() -> impl IntoResponse {
    Redirect::to("/")
}
