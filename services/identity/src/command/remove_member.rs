//! Ends a membership.

use domain::ids::{AccountId, EmployerId};
use postgres::Tx;
use postgres::requests::{Begun, Stored};
use serde_json::json;
use service_runtime::error::NOT_FOUND;
use tracing::instrument;

use super::Write;
use super::session_tokens::{forget_here, publish_ended};
use crate::access::require_employer;
use crate::deps::Deps;
use crate::employer::Member;
use crate::error::Error;
use crate::store::{member, session};

/// Which membership.
pub(crate) struct Input {
    /// The write, of a registrar of the employer or a national administrator.
    pub(crate) write: Write,
    /// The employer.
    pub(crate) employer: EmployerId,
    /// The member.
    pub(crate) account: AccountId,
}

/// Idempotent on the request id. The member's sessions end, since their tokens name the employer.
///
/// # Errors
/// `NOT_FOUND` for whoever is no member, or of somebody else's employer.
#[instrument(name = "remove_member", skip_all)]
pub(crate) async fn remove_member(deps: &Deps, input: Input) -> Result<(), Error> {
    let Input {
        write,
        employer,
        account,
    } = &input;
    let subject = Member {
        employer: *employer,
        account: *account,
        since: write.at,
    }
    .resource_name();
    let result = try_remove(deps, &input, &subject).await;
    write.recorded(deps, &subject, result).await
}

async fn try_remove(deps: &Deps, input: &Input, subject: &str) -> Result<(), Error> {
    let Input {
        write,
        employer,
        account,
    } = input;
    require_employer(write.caller.scope(), *employer)?;
    let ended = deps
        .database
        .run_tx("remove member", async |tx: &mut Tx| {
            let Begun::First(claim) = tx.begin_request(&write.request()).await? else {
                return Ok(Vec::new());
            };
            if !member::remove(tx, *employer, *account, write.at).await? {
                return Err(Error::from(NOT_FOUND));
            }
            let ended = session::revoke_all(tx, *account, write.at).await?;
            write
                .done(tx, subject, json!({ "sessions_ended": ended.len() }))
                .await?;
            tx.finish_request(claim, &Stored::Response(Vec::new())).await?;
            publish_ended(tx, &ended, write.at).await?;
            Ok(ended)
        })
        .await?;
    forget_here(deps, &ended, write.at);
    Ok(())
}
