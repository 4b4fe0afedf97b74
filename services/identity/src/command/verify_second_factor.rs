//! Completes a sign-in: the second factor.

use postgres::Tx;
use postgres::requests::Begun;
use serde_json::json;
use service_runtime::error::NOT_FOUND;
use tracing::instrument;
use uuid::Uuid;

use super::session_tokens::{
    NextSecret, after, basis, carrier, prove_second_factor, require_account, require_living,
};
use super::{Write, attempt::charge};
use crate::deps::Deps;
use crate::error::{ANSWER_NOT_REPEATED, Error};
use crate::store::attempt::{self, Guess};
use crate::store::session::{self, Session, SessionState};
use crate::tokens::{Tokens, check_audiences};

/// The code, and for whom the tokens are meant.
pub(crate) struct Input {
    /// The write.
    pub(crate) write: Write,
    /// The session that awaits it.
    pub(crate) session: Uuid,
    /// The code.
    pub(crate) code: String,
    /// Audiences asked for.
    pub(crate) audiences: Vec<String>,
}

/// Not repeatable: its answer holds secrets and its code is spent, so a repetition is refused with
/// `ANSWER_NOT_REPEATED` and the person signs in again.
///
/// # Errors
/// `SECOND_FACTOR_INVALID`, `SECOND_FACTOR_USED`, `SESSION_ENDED`, `ATTEMPTS_LOCKED`, `AUDIENCE_UNKNOWN`.
#[instrument(name = "verify_second_factor", skip_all)]
pub(crate) async fn verify_second_factor(deps: &Deps, input: Input) -> Result<(Session, Tokens), Error> {
    let subject = format!("sessions/{}", input.session);
    let result = try_verify(deps, &input).await;
    input.write.recorded(deps, &subject, result).await
}

async fn try_verify(deps: &Deps, input: &Input) -> Result<(Session, Tokens), Error> {
    let Input { write, code, .. } = input;
    let carrier = carrier(deps, write)?;
    let audiences = check_audiences(&input.audiences)?;
    let found = deps
        .database
        .run_tx("read session", async |tx: &mut Tx| {
            session::lock(tx, input.session).await
        })
        .await?
        .filter(|session| session.carrier == carrier);
    let Some(pending) = found else {
        return Err(Error::from(NOT_FOUND));
    };
    let account_id = pending.account.as_uuid();
    let guessed = account_id.as_bytes();
    charge(deps, write, Guess::SecondFactor, guessed).await?;
    let next = NextSecret::draw()?;
    let (session, basis) = deps
        .database
        .run_tx("verify second factor", async |tx: &mut Tx| {
            let Begun::First(_kept_without_answer) = tx.begin_request(&write.request()).await? else {
                return Err(Error::from(ANSWER_NOT_REPEATED));
            };
            let Some(mut session) = session::lock(tx, input.session).await? else {
                return Err(Error::from(NOT_FOUND));
            };
            require_living(&session, SessionState::Pending, &carrier, write.at)?;
            let account = require_account(tx, session.account).await?;
            prove_second_factor(tx, deps, &account, code, write.at).await?;
            session.state = SessionState::Active;
            session.audiences.clone_from(&audiences);
            session.expires_at = after(write.at, deps.rules.lifetime);
            session::activate(tx, session.id, &session.audiences, write.at, session.expires_at).await?;
            next.store(tx, deps, &session, write.at).await?;
            attempt::clear(tx, Guess::SecondFactor, guessed).await?;
            let subject = format!("sessions/{}", session.id);
            write
                .done(tx, &subject, json!({ "audiences": session.audiences }))
                .await?;
            let basis = basis(tx, &session).await?;
            Ok((session, basis))
        })
        .await?;
    Ok((session, next.into_tokens(deps, write, &basis)?))
}
