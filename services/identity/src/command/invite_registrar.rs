//! Invites somebody to become an employer's registrar.

use domain::ids::EmployerId;
use jiff::Timestamp;
use postgres::Tx;
use postgres::requests::{Begun, Stored};
use serde_json::json;
use service_runtime::error::NOT_FOUND;
use tracing::instrument;
use zeroize::Zeroizing;

use super::Write;
use super::session_tokens::after;
use crate::access::require_employer;
use crate::deps::Deps;
use crate::error::{ANSWER_NOT_REPEATED, Error};
use crate::random;
use crate::store::{employer, invitation};

/// For which employer.
pub(crate) struct Input {
    /// The write, of a registrar of the employer or a national administrator.
    pub(crate) write: Write,
    /// The employer.
    pub(crate) employer: EmployerId,
}

/// The code to pass on.
pub(crate) struct Invitation {
    /// Shown once; none on a repetition.
    pub(crate) code: Option<Zeroizing<String>>,
    /// When it ends.
    pub(crate) expires_at: Timestamp,
}

/// Idempotent on the request id, but the code is told only once: it is stored as a hash.
///
/// # Errors
/// `NOT_FOUND` for an employer that does not exist or is somebody else's.
#[instrument(name = "invite_registrar", skip_all)]
pub(crate) async fn invite_registrar(deps: &Deps, input: Input) -> Result<Invitation, Error> {
    let subject = input.employer.resource_name();
    let result = try_invite(deps, &input).await;
    input.write.recorded(deps, &subject, result).await
}

async fn try_invite(deps: &Deps, input: &Input) -> Result<Invitation, Error> {
    let Input { write, employer } = input;
    require_employer(write.caller.scope(), *employer)?;
    let (code, hash) = random::code()?;
    let code = Zeroizing::new(code);
    let expires_at = after(write.at, deps.rules.invitation);
    let (first, expires_at) = deps
        .database
        .run_tx("invite registrar", async |tx: &mut Tx| {
            let claim = match tx.begin_request(&write.request()).await? {
                Begun::Replay(Stored::Response(kept)) => {
                    let kept = std::str::from_utf8(&kept).ok().and_then(|text| text.parse().ok());
                    let kept = kept.ok_or_else(|| Error::internal("a kept answer is broken"))?;
                    return Ok((false, kept));
                }
                Begun::Replay(Stored::Never) => return Err(Error::from(ANSWER_NOT_REPEATED)),
                Begun::First(claim) => claim,
            };
            if employer::find(tx, *employer).await?.is_none() {
                return Err(Error::from(NOT_FOUND));
            }
            invitation::insert(tx, &hash, *employer, &write.actor, write.at, expires_at).await?;
            write
                .done(tx, &employer.resource_name(), json!({ "expires_at": expires_at }))
                .await?;
            tx.finish_request(claim, &Stored::Response(expires_at.to_string().into_bytes()))
                .await?;
            Ok((true, expires_at))
        })
        .await?;
    Ok(Invitation {
        code: first.then_some(code),
        expires_at,
    })
}
