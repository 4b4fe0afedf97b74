//! Becomes an employer's registrar by an invitation code.

use domain::ids::EmployerId;
use postgres::Tx;
use postgres::requests::Begun;
use serde_json::json;
use tracing::instrument;

use super::{Write, keep_id, kept_id};
use crate::access;
use crate::deps::Deps;
use crate::employer::Member;
use crate::error::{Error, INVITATION_INVALID};
use crate::random::{self, SecretHash};
use crate::store::{invitation, member};

/// The code, by its hash.
pub(crate) struct Input {
    /// The write, of whoever accepts.
    pub(crate) write: Write,
    /// Hash of the code as typed.
    pub(crate) code: SecretHash,
}

impl Input {
    /// Hashes the code; the secret goes no further.
    #[must_use]
    pub(crate) fn new(write: Write, code: &str) -> Self {
        Self {
            write,
            code: random::hash_of_code(code),
        }
    }
}

/// Idempotent on the request id. The next token of the account names the employer.
///
/// # Errors
/// `INVITATION_INVALID` for a code that is unknown, used or expired.
#[instrument(name = "accept_invitation", skip_all)]
pub(crate) async fn accept_invitation(deps: &Deps, input: Input) -> Result<Member, Error> {
    let account = access::require_account(&input.write.caller)?;
    let Input { write, code } = &input;
    let result = deps
        .database
        .run_tx("accept invitation", async |tx: &mut Tx| {
            let claim = match tx.begin_request(&write.request()).await? {
                Begun::Replay(stored) => {
                    let employer = EmployerId::from_uuid(kept_id(stored)?);
                    let kept = member::find(tx, employer, account).await?;
                    return kept.ok_or_else(|| Error::from(INVITATION_INVALID));
                }
                Begun::First(claim) => claim,
            };
            let Some(employer) = invitation::accept(tx, code, account, write.at).await? else {
                return Err(Error::from(INVITATION_INVALID));
            };
            member::add(
                tx,
                Member {
                    employer,
                    account,
                    since: write.at,
                },
            )
            .await?;
            let added = member::find(tx, employer, account).await?;
            let added = added.ok_or_else(|| Error::internal("a member just added is missing"))?;
            write.done(tx, &added.resource_name(), json!({})).await?;
            tx.finish_request(claim, &keep_id(employer.as_uuid())).await?;
            Ok(added)
        })
        .await;
    write.recorded(deps, "invitations/-", result).await
}
