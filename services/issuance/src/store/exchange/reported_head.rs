//! Table `exchange.reported_head`: what each province last said about the end of its outbox.

use domain::province::Province;
use jiff::Timestamp;
use postgres::outbox::Position;
use postgres::{Error, SqlTimestamp, ToSql as _, Tx};
use sqlx::query;

/// What a province said, and what the nation found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reported {
    pub(crate) sequence: u64,
    /// PROVINCE_BEHIND, FORK, or none.
    pub(crate) finding: Option<String>,
    pub(crate) at: Timestamp,
}

/// Keeps the last word.
pub(crate) async fn save(
    tx: &mut Tx,
    province: Province,
    head: &Position,
    finding: Option<&str>,
    at: Timestamp,
) -> Result<(), Error> {
    query!(
        "INSERT INTO exchange.reported_head (province, sequence, hash, finding, reported_at) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (province) DO UPDATE SET sequence = excluded.sequence, hash = excluded.hash,
             finding = excluded.finding, reported_at = excluded.reported_at, updated_by = shared.transaction_name()",
        province.code(),
        head.sequence,
        head.hash.as_slice(),
        finding,
        at.to_sql(),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The last word of a province.
pub(crate) async fn find(tx: &mut Tx, province: Province) -> Result<Option<Reported>, Error> {
    let row = query!(
        r#"SELECT sequence, finding, reported_at AS "reported_at: SqlTimestamp" FROM exchange.reported_head
           WHERE province = $1"#,
        province.code(),
    )
    .fetch_optional(tx.conn())
    .await?;
    row.map(|row| {
        Ok(Reported {
            sequence: crate::store::natural(row.sequence, "exchange.reported_head", "sequence")?,
            finding: row.finding,
            at: row.reported_at.to_jiff(),
        })
    })
    .transpose()
}
