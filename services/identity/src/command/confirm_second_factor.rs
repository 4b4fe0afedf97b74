//! Turns the second factor of a new account on.

use domain::ids::AccountId;
use postgres::Tx;
use postgres::requests::Begun;
use serde_json::json;
use service_runtime::error::ILLEGAL_STATE;
use tracing::instrument;

use super::session_tokens::{carrier, prove_second_factor};
use super::{Write, attempt::charge, keep_id, kept_id};
use crate::account_view::{AccountView, view};
use crate::deps::Deps;
use crate::error::{Error, SIGN_IN_FAILED};
use crate::password::Password;
use crate::store::account::{self, AccountState};
use crate::store::attempt::{self, Guess};

/// The first code, and the password again.
pub(crate) struct Input {
    /// The write.
    pub(crate) write: Write,
    /// The account.
    pub(crate) account: AccountId,
    /// Its password.
    pub(crate) password: Password,
    /// The first code.
    pub(crate) code: String,
}

/// Idempotent on the request id. An unknown account and a wrong password get one answer at one cost.
///
/// # Errors
/// `SIGN_IN_FAILED`, `SECOND_FACTOR_INVALID`, `ATTEMPTS_LOCKED`, or `ILLEGAL_STATE` if it is confirmed already.
#[instrument(name = "confirm_second_factor", skip_all)]
pub(crate) async fn confirm_second_factor(deps: &Deps, input: Input) -> Result<AccountView, Error> {
    let subject = input.account.resource_name();
    let Input {
        write,
        account,
        password,
        code,
    } = input;
    let result = try_confirm(deps, &write, account, password, &code).await;
    write.recorded(deps, &subject, result).await
}

async fn try_confirm(
    deps: &Deps,
    write: &Write,
    id: AccountId,
    password: Password,
    code: &str,
) -> Result<AccountView, Error> {
    carrier(deps, write)?;
    let uuid = id.as_uuid();
    let guessed = uuid.as_bytes();
    charge(deps, write, Guess::Password, guessed).await?;
    let credentials = deps
        .database
        .run_tx("read credentials", async |tx: &mut Tx| {
            account::find(tx, id).await
        })
        .await?;
    let stored = credentials.map(|found| found.password_hash);
    if !deps.passwords.verify(password, stored).await? {
        return Err(Error::from(SIGN_IN_FAILED));
    }
    deps.database
        .run_tx("confirm second factor", async |tx: &mut Tx| {
            let begun = tx.begin_request(&write.request()).await?;
            let Some(found) = account::find(tx, id).await? else {
                return Err(Error::from(SIGN_IN_FAILED));
            };
            let claim = match begun {
                Begun::Replay(stored) => {
                    kept_id(stored)?;
                    attempt::clear(tx, Guess::Password, guessed).await?;
                    return view(deps, tx, &found.account, write.at).await;
                }
                Begun::First(claim) => claim,
            };
            if found.account.state == AccountState::Active {
                return Err(ILLEGAL_STATE.refusal().metadata("state", "ACTIVE").into());
            }
            prove_second_factor(tx, deps, &found.account, code, write.at).await?;
            account::activate(tx, id, write.at).await?;
            attempt::clear(tx, Guess::Password, guessed).await?;
            write.done(tx, &id.resource_name(), json!({})).await?;
            tx.finish_request(claim, &keep_id(uuid)).await?;
            let account = account::Account {
                state: AccountState::Active,
                ..found.account
            };
            view(deps, tx, &account, write.at).await
        })
        .await
}
