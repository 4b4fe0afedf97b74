//! Table `restoration.finding`.

use domain::restoration::Finding;
use jiff::Timestamp;
use postgres::{Error, ToSql as _, Tx};
use sqlx::query;
use uuid::Uuid;

/// Keeps a finding, once.
pub(crate) async fn add(
    tx: &mut Tx,
    restoration: Uuid,
    (finding, subject): (Finding, &str),
    at: Timestamp,
) -> Result<bool, Error> {
    let done = query!(
        "INSERT INTO restoration.finding (restoration, finding, subject, found_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT DO NOTHING",
        restoration,
        finding.code(),
        subject,
        at.to_sql(),
    );
    Ok(done.execute(tx.conn()).await?.rows_affected() == 1)
}

/// What was found, in the order of the table of findings; at most `limit`.
pub(crate) async fn all(tx: &mut Tx, restoration: Uuid, limit: i64) -> Result<Vec<(Finding, String)>, Error> {
    let rows = query!(
        "SELECT finding, subject FROM restoration.finding WHERE restoration = $1 ORDER BY finding, subject LIMIT $2",
        restoration,
        limit,
    );
    let rows = rows.fetch_all(tx.conn()).await?;
    let mut found = rows
        .into_iter()
        .map(|row| {
            let finding = Finding::from_code(&row.finding);
            let finding =
                finding.ok_or_else(|| Error::inconsistent("restoration.finding", "finding", restoration))?;
            Ok((finding, row.subject))
        })
        .collect::<Result<Vec<_>, Error>>()?;
    found.sort_by_key(|(finding, _)| *finding);
    Ok(found)
}
