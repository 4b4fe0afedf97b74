//! The last comparison of journal, register, log and stored files.

use domain::store_check::Difference;
use postgres::Tx;
use service_runtime::Scope;
use service_runtime::error::NOT_FOUND;

use crate::error::Error;
use crate::issuing::Issuing;
use crate::store::issuing::store_check::{self, CheckRow};

/// For whoever may see the whole nation.
pub(crate) async fn get_store_check(
    issuing: &Issuing,
    scope: &Scope,
) -> Result<(CheckRow, Vec<(Difference, String)>), Error> {
    let rows = scope.rows();
    if !(rows.all || rows.every_province) {
        return Err(NOT_FOUND.refusal().into());
    }
    let found = issuing
        .read
        .snapshot("get store check", async |tx: &mut Tx| {
            store_check::latest(tx).await
        })
        .await?;
    found.ok_or_else(|| NOT_FOUND.refusal().into())
}
