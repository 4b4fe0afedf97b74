//! Status lists as they were last signed, for anybody.

use service_runtime::Refusal;
use service_runtime::error::NOT_FOUND;
use tracing::instrument;

use crate::deps::Deps;
use crate::error::Error;
use crate::store::issuing::status::{self, Published};

/// Lists on one page.
const PAGE: i32 = 100;

/// A list with its token.
#[instrument(name = "get_status_list", skip_all)]
pub(crate) async fn get_status_list(deps: &Deps, shard: u32) -> Result<(Published, String), Error> {
    let found = status::list(&deps.read, shard).await?;
    found.ok_or_else(|| NOT_FOUND.refusal().into())
}

/// A page of lists in the order of their numbers, from one on; and the number that the next page begins with.
#[instrument(name = "list_status_lists", skip_all)]
pub(crate) async fn list_status_lists(
    deps: &Deps,
    from: u32,
    page_size: i32,
) -> Result<(Vec<Published>, Option<u32>), Error> {
    let size = match page_size {
        0 => PAGE,
        1..=PAGE => page_size,
        _ => return Err(Refusal::invalid("page_size", format!("must be 0 to {PAGE}")).into()),
    };
    let mut found = status::lists(&deps.read, from, i64::from(size) + 1).await?;
    let fits = usize::try_from(size).unwrap_or(usize::MAX);
    let next = found.get(fits).map(|list| list.shard);
    found.truncate(fits);
    Ok((found, next))
}
