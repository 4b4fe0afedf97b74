//! Table `registration.failing_rules`: what stood against an application when it was last judged, with its particulars.

use domain::ids::ApplicationId;
use jiff::Timestamp;
use postgres::{Error, ToSql as _, Tx};
use sqlx::query;

/// Keeps the sealed list of an application; a later judgment takes its place.
pub(crate) async fn keep(
    tx: &mut Tx,
    application: ApplicationId,
    sealed: &[u8],
    at: Timestamp,
) -> Result<(), Error> {
    query!(
        "INSERT INTO registration.failing_rules (application_id, sealed, judged_at) VALUES ($1, $2, $3)
         ON CONFLICT (application_id) DO UPDATE SET sealed = excluded.sealed, judged_at = excluded.judged_at,
             updated_by = shared.transaction_name()",
        application.as_uuid(),
        sealed,
        at.to_sql(),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The sealed list; whoever may load the application may see it.
pub(crate) async fn find(tx: &mut Tx, application: ApplicationId) -> Result<Option<Vec<u8>>, Error> {
    let row = query!(
        "SELECT sealed FROM registration.failing_rules WHERE application_id = $1",
        application.as_uuid(),
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(|row| row.sealed))
}
