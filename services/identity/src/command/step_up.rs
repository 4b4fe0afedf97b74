//! Proves the second factor again.

use postgres::Tx;
use postgres::requests::Begun;
use serde_json::json;
use service_runtime::Refusal;
use service_runtime::error::PERMISSION_DENIED;
use tracing::instrument;
use uuid::Uuid;

use super::session_tokens::{
    NextSecret, basis, carrier, prove_second_factor, require_account, require_living,
};
use super::{Write, attempt::charge};
use crate::access;
use crate::deps::Deps;
use crate::error::{ANSWER_NOT_REPEATED, Error, SESSION_ENDED};
use crate::store::attempt::{self, Guess};
use crate::store::refresh_token;
use crate::store::session::{self, SessionState};
use crate::tokens::Tokens;

/// The code.
pub(crate) struct Input {
    /// The write, in the name of the session's person.
    pub(crate) write: Write,
    /// The code.
    pub(crate) code: String,
}

/// Returns a new pair of tokens; the refresh token in use until now is replaced. Not repeatable, as
/// `VerifySecondFactor`.
///
/// # Errors
/// `SECOND_FACTOR_INVALID`, `SECOND_FACTOR_USED`, `SESSION_ENDED`, `ATTEMPTS_LOCKED`.
#[instrument(name = "step_up", skip_all)]
pub(crate) async fn step_up(deps: &Deps, input: Input) -> Result<Tokens, Error> {
    let own = input
        .write
        .caller
        .session()
        .ok_or_else(|| Refusal::new(PERMISSION_DENIED))?;
    let result = try_step_up(deps, &input, own).await;
    input
        .write
        .recorded(deps, &format!("sessions/{own}"), result)
        .await
}

async fn try_step_up(deps: &Deps, input: &Input, own: Uuid) -> Result<Tokens, Error> {
    let Input { write, code } = input;
    let carrier = carrier(deps, write)?;
    let account_id = access::require_account(&write.caller)?;
    let uuid = account_id.as_uuid();
    let guessed = uuid.as_bytes();
    charge(deps, write, Guess::SecondFactor, guessed).await?;
    let next = NextSecret::draw()?;
    let basis = deps
        .database
        .run_tx("step up", async |tx: &mut Tx| {
            let Begun::First(_kept_without_answer) = tx.begin_request(&write.request()).await? else {
                return Err(Error::from(ANSWER_NOT_REPEATED));
            };
            let found = session::lock(tx, own)
                .await?
                .filter(|session| session.account == account_id);
            let Some(mut session) = found else {
                return Err(Error::from(SESSION_ENDED));
            };
            require_living(&session, SessionState::Active, &carrier, write.at)?;
            let account = require_account(tx, account_id).await?;
            prove_second_factor(tx, deps, &account, code, write.at).await?;
            session.stepped_up_at = Some(write.at);
            session::step_up(tx, own, write.at).await?;
            refresh_token::retire(tx, own, write.at).await?;
            next.store(tx, deps, &session, write.at).await?;
            attempt::clear(tx, Guess::SecondFactor, guessed).await?;
            write.done(tx, &format!("sessions/{own}"), json!({})).await?;
            basis(tx, &session).await
        })
        .await?;
    next.into_tokens(deps, write, &basis)
}
