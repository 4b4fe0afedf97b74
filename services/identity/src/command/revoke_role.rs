//! Ends a grant.

use postgres::Tx;
use postgres::requests::Begun;
use serde_json::json;
use service_runtime::error::NOT_FOUND;
use tracing::instrument;
use uuid::Uuid;

use super::grant_role::require_granter;
use super::session_tokens::{forget_here, publish_ended};
use super::{Write, keep_id};
use crate::access::Grant;
use crate::deps::Deps;
use crate::error::Error;
use crate::store::{grant, session};

/// Which grant.
pub(crate) struct Input {
    /// The write, of the operator's certificate (administrators only) or a national administrator after step-up.
    pub(crate) write: Write,
    /// The grant.
    pub(crate) grant: Uuid,
}

/// Idempotent. The account's sessions end, since their tokens carry the role.
///
/// # Errors
/// `NOT_FOUND`, or `CALLER_NOT_ALLOWED` for the operator and an officer's grant.
#[instrument(name = "revoke_role", skip_all)]
pub(crate) async fn revoke_role(deps: &Deps, input: Input) -> Result<Grant, Error> {
    let result = try_revoke(deps, &input).await;
    input
        .write
        .recorded(deps, &format!("grants/{}", input.grant), result)
        .await
}

async fn try_revoke(deps: &Deps, input: &Input) -> Result<Grant, Error> {
    let write = &input.write;
    let (grant, ended) = deps
        .database
        .run_tx("revoke role", async |tx: &mut Tx| {
            let Some(mut grant) = grant::lock(tx, input.grant).await? else {
                return Err(Error::from(NOT_FOUND));
            };
            require_granter(write, grant.role)?;
            let Begun::First(claim) = tx.begin_request(&write.request()).await? else {
                return Ok((grant, Vec::new()));
            };
            tx.finish_request(claim, &keep_id(grant.id)).await?;
            if grant.revoked_at.is_some() {
                return Ok((grant, Vec::new()));
            }
            grant::revoke(tx, grant.id, &write.actor, write.at).await?;
            grant.revoked_at = Some(write.at);
            let ended = session::revoke_all(tx, grant.account, write.at).await?;
            let evidence = json!({ "account": grant.account.resource_name(), "sessions_ended": ended.len() });
            write.done(tx, &grant.resource_name(), evidence).await?;
            publish_ended(tx, &ended, write.at).await?;
            Ok((grant, ended))
        })
        .await?;
    forget_here(deps, &ended, write.at);
    Ok(grant)
}
