//! Table `exchange.watermark`: how far each province has told.

use domain::province::Province;
use jiff::Timestamp;
use postgres::{Error, ReadDatabase, ToSql as _, Tx};
use sqlx::query;

/// Notes that everything up to an event of a province is applied; its time only rises.
pub(crate) async fn advance(
    tx: &mut Tx,
    province: Province,
    sequence: i64,
    through: Timestamp,
) -> Result<(), Error> {
    query!(
        "INSERT INTO exchange.watermark AS mark (province, sequence, through) VALUES ($1, $2, $3)
         ON CONFLICT (province) DO UPDATE SET sequence = excluded.sequence,
             through = greatest(mark.through, excluded.through), updated_by = shared.transaction_name()",
        province.code(),
        sequence,
        through.to_sql(),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Every province with the sequence up to which it is applied.
pub(crate) async fn applied(read: &ReadDatabase) -> Result<Vec<(Province, u64)>, Error> {
    let rows = query!("SELECT province, sequence FROM exchange.watermark")
        .fetch_all(read.pool())
        .await?;
    rows.into_iter()
        .map(|row| {
            let province = crate::store::province(&row.province, "exchange.watermark", &row.province)?;
            Ok((
                province,
                crate::store::natural(row.sequence, "exchange.watermark", "sequence")?,
            ))
        })
        .collect()
}
