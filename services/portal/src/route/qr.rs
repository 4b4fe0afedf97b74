//! `GET /q/{token}`: what the certificate's QR code opens.

use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Response};

use crate::app::Deps;
use crate::page::{By, Problem, VerdictPage};

const LONGEST: usize = 200;

pub(super) async fn verify(
    State(deps): State<Deps>,
    token: Result<Path<String>, axum::extract::rejection::PathRejection>,
) -> Result<Response, Problem> {
    let Path(token) = token.map_err(|_| Problem::CodeUnreadable)?;
    let fits = token.len() <= LONGEST;
    if !fits
        || !token
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
    {
        return Err(Problem::CodeUnreadable);
    }
    let answer = deps.verification.by_qr_token(token).await?;
    Ok(VerdictPage::new(By::Code, &answer).into_response())
}
