//! `GET /`: the forms.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};

use crate::app::Deps;
use crate::page::HomePage;

pub(super) async fn show(State(deps): State<Deps>) -> Response {
    HomePage::empty(deps.uploads.largest).into_response()
}

/// Somebody who reloads the address of a result gets the forms: what was asked is not in the address.
pub(super) async fn redirect() -> impl IntoResponse {
    Redirect::to("/")
}
