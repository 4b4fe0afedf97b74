//! Lists one's own living sessions.

use service_runtime::{Caller, page};

use super::{PAGE, Page};
use crate::access::require_account;
use crate::deps::Deps;
use crate::error::Error;
use crate::store::session::{self, Session, SessionCursor};

/// Newest first.
///
/// # Errors
/// A page token of another query.
pub(crate) async fn list_sessions(
    deps: &Deps,
    caller: &Caller,
    size: i32,
    token: &str,
) -> Result<Page<Session>, Error> {
    let account = require_account(caller)?;
    let size = page::size(size, PAGE.0, PAGE.1)?;
    let query = ("sessions", account);
    let after: Option<SessionCursor> = page::cursor(&query, token)?;
    let found = session::list(&deps.read, account, deps.now(), after, size + 1).await?;
    super::page(found, size, &query, |last| SessionCursor {
        created_at: last.created_at,
        id: last.id,
    })
}
