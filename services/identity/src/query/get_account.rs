//! Reads an account: one's own, or any for a national administrator.

use domain::ids::AccountId;
use postgres::Tx;
use postgres::audit::{Read, Reader};
use service_runtime::Caller;
use service_runtime::error::NOT_FOUND;

use crate::access::{administers, require_account};
use crate::account_view::{AccountView, view};
use crate::deps::Deps;
use crate::error::Error;
use crate::store::account;

/// `None` asks for one's own account. What is not the caller's to see does not exist; an administrator's look at
/// somebody else's account is audited.
///
/// # Errors
/// `NOT_FOUND`.
pub(crate) async fn get_account(
    deps: &Deps,
    caller: &Caller,
    asked: Option<AccountId>,
) -> Result<AccountView, Error> {
    let own = require_account(caller)?;
    let id = asked.unwrap_or(own);
    if id != own && !administers(caller.scope()) {
        return Err(Error::from(NOT_FOUND));
    }
    let now = deps.now();
    if id != own {
        let (actor, subject) = (caller.name(), id.resource_name());
        let reader = Reader {
            at: now,
            actor: &actor,
            verb: "get_account",
            purpose: "",
        };
        let read = [Read::new("account", &subject)];
        deps.database
            .run_tx("record account read", async |tx: &mut Tx| {
                tx.audit_read(reader, &subject, &read).await
            })
            .await?;
    }
    deps.read
        .snapshot("get account", async |tx: &mut Tx| {
            let Some(found) = account::find(tx, id).await? else {
                return Err(Error::from(NOT_FOUND));
            };
            view(deps, tx, &found.account, now).await
        })
        .await
}
