//! Lists the members of an employer.

use domain::ids::EmployerId;
use service_runtime::{Caller, page};
use uuid::Uuid;

use super::{PAGE, Page};
use crate::access::require_employer;
use crate::deps::Deps;
use crate::employer::Member;
use crate::error::Error;
use crate::store::member;

/// For its registrars and national administrators.
///
/// # Errors
/// `NOT_FOUND` for somebody else's employer, or a page token of another query.
pub(crate) async fn list_members(
    deps: &Deps,
    caller: &Caller,
    employer: EmployerId,
    size: i32,
    token: &str,
) -> Result<Page<Member>, Error> {
    require_employer(caller.scope(), employer)?;
    let size = page::size(size, PAGE.0, PAGE.1)?;
    let query = ("members", employer);
    let after: Option<Uuid> = page::cursor(&query, token)?;
    let found = member::list(&deps.read, caller.scope(), employer, after, size + 1).await?;
    super::page(found, size, &query, |last| last.account.as_uuid())
}
