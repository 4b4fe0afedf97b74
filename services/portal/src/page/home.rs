//! The two forms.

use askama::Template;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::html;

/// The forms, perhaps with what was typed and why it was not accepted.
#[derive(Template)]
#[template(path = "home.html")]
pub(crate) struct HomePage<'a> {
    number: &'a str,
    full_name: &'a str,
    fault: Option<String>,
}

impl<'a> HomePage<'a> {
    /// Nothing typed yet.
    pub(crate) fn empty() -> HomePage<'static> {
        HomePage {
            number: "",
            full_name: "",
            fault: None,
        }
    }

    /// As typed, with the fault.
    pub(crate) fn refused(number: &'a str, full_name: &'a str, fault: String) -> Self {
        Self {
            number,
            full_name,
            fault: Some(fault),
        }
    }
}

impl IntoResponse for HomePage<'_> {
    fn into_response(self) -> Response {
        let status = match self.fault {
            Some(_) => StatusCode::BAD_REQUEST,
            None => StatusCode::OK,
        };
        html(status, &self)
    }
}
