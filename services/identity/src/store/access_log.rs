//! Who looked up whom, and why. Ids only. Looking a person up is in the audit too, chained.

use jiff::Timestamp;
use postgres::audit::{Read, Reader};
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

/// Adds a line about a person, and a record of the reading; `verb` is the method in snake case.
pub(crate) async fn record_person(tx: &mut Tx, verb: &str, access: Access<'_>) -> Result<(), Error> {
    record(tx, access).await?;
    let reader = Reader {
        at: access.at,
        actor: access.actor,
        verb,
        purpose: access.purpose,
    };
    let read = access
        .subject
        .map(|person| [Read::new("name", person), Read::new("document_number", person)]);
    let subject = access.subject.unwrap_or("persons/-");
    tx.audit_read(reader, subject, read.as_ref().map_or(&[], |read| read))
        .await
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
