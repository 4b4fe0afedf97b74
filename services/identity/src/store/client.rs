//! Backends of others.

use jiff::Timestamp;
use postgres::{Error, ToSql as _, Tx};
use sqlx::query;

/// A registered backend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Client {
    /// NAME of spiffe://jianzheng/client/NAME
    pub(crate) name: String,
    /// Who runs it, for people.
    pub(crate) title: String,
    /// What it may ask for.
    pub(crate) scopes: Vec<String>,
}

/// Adds a backend; `client_pkey` refuses a second one of the same name.
pub(crate) async fn insert(
    tx: &mut Tx,
    client: &Client,
    registered_by: &str,
    at: Timestamp,
) -> Result<(), Error> {
    query!(
        "INSERT INTO identity.client (name, title, scopes, registered_at, registered_by)
         VALUES ($1, $2, $3, $4, $5)",
        client.name,
        client.title,
        &client.scopes,
        at.to_sql(),
        registered_by,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// A backend by name.
pub(crate) async fn find(tx: &mut Tx, name: &str) -> Result<Option<Client>, Error> {
    let row = query!(
        "SELECT name, title, scopes FROM identity.client WHERE name = $1",
        name
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(|row| Client {
        name: row.name,
        title: row.title,
        scopes: row.scopes,
    }))
}
