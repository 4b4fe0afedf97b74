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
    /// Largest file, in MB.
    megabytes: usize,
}

impl<'a> HomePage<'a> {
    /// Nothing typed yet; `largest` file in bytes.
    pub(crate) fn empty(largest: usize) -> HomePage<'static> {
        HomePage {
            number: "",
            full_name: "",
            fault: None,
            megabytes: largest >> 20,
        }
    }

    /// As typed, with the fault.
    pub(crate) fn refused(number: &'a str, full_name: &'a str, fault: String, largest: usize) -> Self {
        Self {
            number,
            full_name,
            fault: Some(fault),
            megabytes: largest >> 20,
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
