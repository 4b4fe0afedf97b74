//! Lists grants: one's own, or any for a national administrator.

use domain::ids::AccountId;
use service_runtime::error::PERMISSION_DENIED;
use service_runtime::{Caller, page};

use super::{PAGE, Page};
use crate::access::{Grant, administers, require_account};
use crate::deps::Deps;
use crate::error::Error;
use crate::store::grant::{self, GrantCursor};

/// Oldest first, ended ones too. `None` asks for all.
///
/// # Errors
/// `PERMISSION_DENIED` for other people's grants.
pub(crate) async fn list_grants(
    deps: &Deps,
    caller: &Caller,
    account: Option<AccountId>,
    size: i32,
    token: &str,
) -> Result<Page<Grant>, Error> {
    let own = require_account(caller)?;
    if account != Some(own) && !administers(caller.scope()) {
        return Err(Error::from(PERMISSION_DENIED));
    }
    let size = page::size(size, PAGE.0, PAGE.1)?;
    let query = ("grants", account);
    let after: Option<GrantCursor> = page::cursor(&query, token)?;
    let found = grant::list(&deps.read, account, after, size + 1).await?;
    super::page(found, size, &query, |last| GrantCursor {
        granted_at: last.granted_at,
        id: last.id,
    })
}
