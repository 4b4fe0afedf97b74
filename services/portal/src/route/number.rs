//! `POST /verify`: by registration number, and by name as well if one is given.

use axum::Form;
use axum::extract::State;
use axum::extract::rejection::FormRejection;
use axum::response::{IntoResponse as _, Response};
use domain::reason::Reason as _;
use domain::registration_number::RegistrationNumber;
use serde::Deserialize;

use crate::app::Deps;
use crate::page::{By, HomePage, Problem, VerdictPage};

/// Names in the register have at most 50 characters; nobody types much more by mistake.
const LONGEST_NAME: usize = 64;

/// The form. No `Debug`: it names a person.
#[derive(Deserialize)]
pub(super) struct Question {
    registration_number: String,
    #[serde(default)]
    full_name: String,
}

pub(super) async fn verify(
    State(deps): State<Deps>,
    question: Result<Form<Question>, FormRejection>,
) -> Result<Response, Problem> {
    let Form(question) = question.map_err(|_| Problem::Unreadable)?;
    let full_name = question.full_name.trim();
    let number = match RegistrationNumber::parse(&question.registration_number) {
        Ok(_) if full_name.chars().count() > LONGEST_NAME => Err("姓名过长。".to_owned()),
        // As typed: an old or moved number is an alias, and the answer says so.
        Ok(_) => Ok(question.registration_number.trim().to_owned()),
        Err(fault) => Err(fault.text().zh),
    };
    match number {
        Ok(number) => {
            let answer = deps.verification.by_number(number, full_name.to_owned()).await?;
            Ok(VerdictPage::new(By::Number, &answer).into_response())
        }
        Err(fault) => Ok(HomePage::refused(
            &question.registration_number,
            full_name,
            fault,
            deps.uploads.largest,
        )
        .into_response()),
    }
}
