//! Who looked up whom, and why. Ids only.

use jiff::Timestamp;
use postgres::{Error, ToSql as _, Tx};
use sqlx::query;

/// One look-up.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Access<'a> {
    /// When, by the register clock.
    pub(crate) at: Timestamp,
    /// The service that asked.
    pub(crate) actor: &'a str,
    /// The method called.
    pub(crate) method: &'a str,
    /// Resource name of whoever was found.
    pub(crate) subject: Option<&'a str>,
    /// Why it was asked.
    pub(crate) purpose: &'a str,
}

/// Adds a line.
pub(crate) async fn record(tx: &mut Tx, access: Access<'_>) -> Result<(), Error> {
    query!(
        "INSERT INTO identity.access_log (at, actor, method, subject, purpose) VALUES ($1, $2, $3, $4, $5)",
        access.at.to_sql(),
        access.actor,
        access.method,
        access.subject,
        access.purpose,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
