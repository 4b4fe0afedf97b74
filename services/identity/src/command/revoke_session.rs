//! Ends a session of one's own.

use postgres::Tx;
use postgres::requests::Begun;
use serde_json::json;
use service_runtime::error::NOT_FOUND;
use tracing::instrument;
use uuid::Uuid;

use super::session_tokens::{forget_here, publish_ended};
use super::{Write, keep_id};
use crate::access;
use crate::deps::Deps;
use crate::error::Error;
use crate::store::session::{self, Session, SessionState};

/// Which session.
pub(crate) struct Input {
    /// The write.
    pub(crate) write: Write,
    /// The session, which may be the caller's present one.
    pub(crate) session: Uuid,
}

/// Idempotent. Tokens of the session are refused everywhere as soon as the feed has arrived.
///
/// # Errors
/// `NOT_FOUND` unless it is a session of the caller's account.
#[instrument(name = "revoke_session", skip_all)]
pub(crate) async fn revoke_session(deps: &Deps, input: Input) -> Result<Session, Error> {
    let result = try_revoke(deps, &input).await;
    input
        .write
        .recorded(deps, &format!("sessions/{}", input.session), result)
        .await
}

async fn try_revoke(deps: &Deps, input: &Input) -> Result<Session, Error> {
    let Input { write, session: id } = input;
    let account = access::require_account(&write.caller)?;
    let session = deps
        .database
        .run_tx("revoke session", async |tx: &mut Tx| {
            let found = session::lock(tx, *id)
                .await?
                .filter(|session| session.account == account);
            let Some(session) = found else {
                return Err(Error::from(NOT_FOUND));
            };
            let session = Session {
                state: SessionState::Revoked,
                ..session
            };
            let Begun::First(claim) = tx.begin_request(&write.request()).await? else {
                return Ok(session);
            };
            tx.finish_request(claim, &keep_id(*id)).await?;
            if session::revoke(tx, *id, write.at).await? {
                write.done(tx, &format!("sessions/{id}"), json!({})).await?;
                publish_ended(tx, &[*id], write.at).await?;
            }
            Ok(session)
        })
        .await?;
    forget_here(deps, &[*id], write.at);
    Ok(session)
}
