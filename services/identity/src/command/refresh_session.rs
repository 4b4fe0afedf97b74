//! Renews the tokens of a session.

use postgres::Tx;
use postgres::requests::Begun;
use serde_json::json;
use tracing::instrument;
use uuid::Uuid;

use super::Write;
use super::session_tokens::{NextSecret, basis, carrier, forget_here, publish_ended, require_living};
use crate::deps::Deps;
use crate::error::{Error, SESSION_ENDED};
use crate::random::{self, SecretHash};
use crate::store::refresh_token::{self, RefreshToken};
use crate::store::session::{self, SessionState};
use crate::tokens::{Basis, Tokens};

/// The refresh token, by its hash.
pub(crate) struct Input {
    /// The write.
    pub(crate) write: Write,
    /// SHA-256 of the token presented.
    pub(crate) token: SecretHash,
}

impl Input {
    /// Hashes the token; the secret goes no further.
    #[must_use]
    pub(crate) fn new(write: Write, token: &str) -> Self {
        Self {
            write,
            token: random::hash(token),
        }
    }
}

/// What became of a token that was presented.
enum Outcome {
    Renewed(Box<Basis>),
    /// It was used before, by another request: one of the two holders is a thief.
    Reused(Uuid),
}

/// Redeems a refresh token for the next pair. Presenting a used one again revokes the session, with one exception:
/// the very same request repeated (same id, body and caller: the answer was lost) gets another successor, as long as
/// none was redeemed. Secrets are not stored, so the successor of before is replaced.
///
/// # Errors
/// `SESSION_ENDED` for whatever renews nothing.
#[instrument(name = "refresh_session", skip_all)]
pub(crate) async fn refresh_session(deps: &Deps, input: Input) -> Result<Tokens, Error> {
    let next = NextSecret::draw()?;
    let result = match redeem(deps, &input, &next).await {
        Ok(Outcome::Renewed(basis)) => next.into_tokens(deps, &input.write, &basis),
        Ok(Outcome::Reused(session)) => revoke_stolen(deps, &input.write, session).await,
        Err(error) => Err(error),
    };
    input.write.recorded(deps, "sessions/-", result).await
}

async fn redeem(deps: &Deps, input: &Input, next: &NextSecret) -> Result<Outcome, Error> {
    let Input { write, token } = input;
    let carrier = carrier(deps, write)?;
    deps.database
        .run_tx("refresh session", async |tx: &mut Tx| {
            let Some(id) = refresh_token::session_of(tx, token).await? else {
                return Err(Error::from(SESSION_ENDED));
            };
            let Some(session) = session::lock(tx, id).await? else {
                return Err(Error::from(SESSION_ENDED));
            };
            require_living(&session, SessionState::Active, &carrier, write.at)?;
            let repeated = matches!(tx.begin_request(&write.request()).await?, Begun::Replay(_));
            let Some(presented) = refresh_token::find(tx, token).await? else {
                return Err(Error::from(SESSION_ENDED));
            };
            if presented.expires_at <= write.at {
                return Err(Error::from(SESSION_ENDED));
            }
            if presented.used_at.is_none() {
                refresh_token::redeem(tx, token, write.request_id, write.at).await?;
            } else if !(repeated && is_lost_answer(tx, write, &presented).await?) {
                return Ok(Outcome::Reused(id));
            } else {
                refresh_token::retire(tx, id, write.at).await?;
            }
            next.store(tx, deps, &session, write.at).await?;
            write
                .done(tx, &format!("sessions/{id}"), json!({ "repeated": repeated }))
                .await?;
            Ok(Outcome::Renewed(Box::new(basis(tx, &session).await?)))
        })
        .await
}

/// Whether the token was redeemed by this very request and nobody has used what came of it.
async fn is_lost_answer(tx: &mut Tx, write: &Write, presented: &RefreshToken) -> Result<bool, Error> {
    let (Some(used_at), Some(used_by)) = (presented.used_at, presented.used_by) else {
        return Ok(false);
    };
    Ok(used_by == write.request_id && !refresh_token::redeemed_since(tx, presented.session, used_at).await?)
}

async fn revoke_stolen(deps: &Deps, write: &Write, session: Uuid) -> Result<Tokens, Error> {
    deps.database
        .run_tx("revoke stolen session", async |tx: &mut Tx| {
            if session::revoke(tx, session, write.at).await? {
                write
                    .done(
                        tx,
                        &format!("sessions/{session}"),
                        json!({ "revoked": "refresh token reused" }),
                    )
                    .await?;
                publish_ended(tx, &[session], write.at).await?;
            }
            Ok::<_, Error>(())
        })
        .await?;
    forget_here(deps, &[session], write.at);
    Err(Error::from(SESSION_ENDED))
}
