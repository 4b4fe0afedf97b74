//! Grants a role.

use domain::ids::AccountId;
use postgres::Tx;
use postgres::requests::Begun;
use serde_json::json;
use service_runtime::Refusal;
use service_runtime::error::{ALREADY_EXISTS, CALLER_NOT_ALLOWED, ILLEGAL_STATE, NOT_FOUND};
use tracing::instrument;
use uuid::Uuid;

use super::{Write, keep_id, kept_id, on_constraint};
use crate::access::{Authority, Grant, OPERATOR, Role, administers, is_client};
use crate::deps::Deps;
use crate::error::{AUTHORITY_UNKNOWN, Error};
use crate::store::account::{self, AccountState};
use crate::store::grant;

/// Who is to act in whose name.
pub(crate) struct Input {
    /// The write, of the operator's certificate or a national administrator after step-up.
    pub(crate) write: Write,
    /// Who gets it.
    pub(crate) account: AccountId,
    /// Which role.
    pub(crate) role: Role,
    /// In whose name; empty for an administrator.
    pub(crate) authority: String,
}

/// Idempotent on the request id. The operator's certificate may name national administrators only.
///
/// # Errors
/// `AUTHORITY_UNKNOWN`, `NOT_FOUND`, `ILLEGAL_STATE` for an account that is not active, `ALREADY_EXISTS`.
#[instrument(name = "grant_role", skip_all)]
pub(crate) async fn grant_role(deps: &Deps, input: Input) -> Result<Grant, Error> {
    let result = try_grant(deps, &input).await;
    input
        .write
        .recorded(deps, &input.account.resource_name(), result)
        .await
}

async fn try_grant(deps: &Deps, input: &Input) -> Result<Grant, Error> {
    let Input {
        write,
        account: id,
        role,
        ..
    } = input;
    require_granter(write, *role)?;
    let authority = authority_of(*role, &input.authority)?;
    deps.database
        .run_tx("grant role", async |tx: &mut Tx| {
            let claim = match tx.begin_request(&write.request()).await? {
                Begun::Replay(stored) => {
                    let kept = grant::lock(tx, kept_id(stored)?).await?;
                    return kept.ok_or_else(|| Error::internal("the grant of a request is gone"));
                }
                Begun::First(claim) => claim,
            };
            let Some(found) = account::find(tx, *id).await? else {
                return Err(Error::from(NOT_FOUND));
            };
            if found.account.state != AccountState::Active {
                return Err(ILLEGAL_STATE.refusal().metadata("state", "ENROLLED").into());
            }
            let grant = Grant {
                id: Uuid::new_v4(),
                account: *id,
                role: *role,
                authority,
                granted_at: write.at,
                revoked_at: None,
            };
            grant::insert(tx, &grant, &write.actor)
                .await
                .map_err(|error| on_constraint(error, "role_grant_current", ALREADY_EXISTS))?;
            let evidence =
                json!({ "grant": grant.resource_name(), "role": role.code(), "authority": authority.name() });
            write.done(tx, &id.resource_name(), evidence).await?;
            tx.finish_request(claim, &keep_id(grant.id)).await?;
            Ok(grant)
        })
        .await
}

/// The operator may name administrators, an administrator anybody.
pub(super) fn require_granter(write: &Write, role: Role) -> Result<(), Refusal> {
    let operator = is_client(&write.caller, OPERATOR) && role == Role::NationalAdministrator;
    if operator || administers(write.caller.scope()) {
        Ok(())
    } else {
        CALLER_NOT_ALLOWED.refuse()
    }
}

fn authority_of(role: Role, name: &str) -> Result<Authority, Refusal> {
    let refuse = |expected: &str| Err(AUTHORITY_UNKNOWN.refusal().field("authority", expected));
    match (role, Authority::parse(name)) {
        (Role::NationalAdministrator, Some(Authority::Nation)) => Ok(Authority::Nation),
        (Role::NationalAdministrator, _) if name.is_empty() => Ok(Authority::Nation),
        (Role::NationalAdministrator, _) => refuse("must be empty or `nation` for an administrator"),
        (Role::Officer | Role::Leader, Some(Authority::Nation) | None) => {
            refuse("must be `provinces/NN`, `ministry` or a joint reviewer `ministries/…`")
        }
        (Role::Officer | Role::Leader, Some(authority)) => Ok(authority),
        (
            Role::Auditor | Role::HelpDesk,
            Some(authority @ (Authority::Province(_) | Authority::Ministry)),
        ) => Ok(authority),
        (Role::Auditor | Role::HelpDesk, _) => refuse("must be `provinces/NN` or `ministry`"),
    }
}
