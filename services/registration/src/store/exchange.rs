//! Tables `registration.exchange_state`, `registration.restored_event` and `registration.skipped_event`.

use domain::ids::ApplicationId;
use jiff::Timestamp;
use postgres::{Error, ToSql as _, Tx};
use sqlx::{query, query_scalar};

/// The number up to which the nation's feed was applied.
pub(crate) async fn pulled_through(tx: &mut Tx) -> Result<i64, Error> {
    Ok(
        query_scalar!("SELECT pulled_through FROM registration.exchange_state")
            .fetch_one(tx.conn())
            .await?,
    )
}

/// Moves that number on. False if it has been reached already.
pub(crate) async fn pulled(tx: &mut Tx, number: i64) -> Result<bool, Error> {
    let result = query!(
        "UPDATE registration.exchange_state SET pulled_through = $1, updated_by = shared.transaction_name()
         WHERE pulled_through < $1",
        number,
    )
    .execute(tx.conn())
    .await?;
    Ok(result.rows_affected() == 1)
}

/// Why the nation takes nothing more from our stream; none while it runs.
pub(crate) async fn stopped(tx: &mut Tx) -> Result<Option<String>, Error> {
    Ok(query_scalar!("SELECT stopped FROM registration.exchange_state")
        .fetch_one(tx.conn())
        .await?)
}

/// Notes why the nation stopped our stream, or that it runs.
pub(crate) async fn set_stopped(tx: &mut Tx, reason: Option<&str>, at: Timestamp) -> Result<(), Error> {
    query!(
        "UPDATE registration.exchange_state SET stopped = $1, stopped_at = CASE WHEN $1::text IS NULL THEN NULL ELSE $2::timestamptz END,
             updated_by = shared.transaction_name()
         WHERE stopped IS DISTINCT FROM $1",
        reason,
        at.to_sql(),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The stream is not parted from the nation's any more; what else the nation stopped it for stays.
pub(crate) async fn clear_parted(tx: &mut Tx) -> Result<(), Error> {
    query!(
        "UPDATE registration.exchange_state SET stopped = NULL, stopped_at = NULL, updated_by = shared.transaction_name()
         WHERE stopped = 'FORK'",
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Notes an event of ours that came back from the nation, and which application it announced.
pub(crate) async fn note_restored(
    tx: &mut Tx,
    sequence: i64,
    application: Option<ApplicationId>,
    at: Timestamp,
) -> Result<(), Error> {
    query!(
        "INSERT INTO registration.restored_event (sequence, application_id, restored_at) VALUES ($1, $2, $3)",
        sequence,
        application.map(ApplicationId::as_uuid),
        at.to_sql(),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Whether an application was announced before this database was restored.
pub(crate) async fn was_announced(tx: &mut Tx, application: ApplicationId) -> Result<bool, Error> {
    let found = query_scalar!(
        r#"SELECT EXISTS (SELECT 1 FROM registration.restored_event WHERE application_id = $1) AS "found!""#,
        application.as_uuid(),
    );
    Ok(found.fetch_one(tx.conn()).await?)
}

/// An event of ours that the nation left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Skipped {
    pub(crate) sequence: i64,
    pub(crate) hash: Vec<u8>,
    /// Why the stream stood there.
    pub(crate) reason: String,
    /// `streamRepairs/{repair}`
    pub(crate) repair: String,
}

/// Keeps which event the nation left out.
pub(crate) async fn note_skipped(tx: &mut Tx, skipped: &Skipped, at: Timestamp) -> Result<(), Error> {
    query!(
        "INSERT INTO registration.skipped_event (sequence, hash, reason, repair, skipped_at) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (sequence) DO NOTHING",
        skipped.sequence,
        skipped.hash,
        skipped.reason,
        skipped.repair,
        at.to_sql(),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
