//! Table `restoration.target`: how far each province had told.

use domain::province::Province;
use postgres::{Error, Tx};
use sqlx::{query, query_scalar};

use crate::store::{natural, signed};

/// Provinces that have not told everything again.
pub(crate) async fn missing(tx: &mut Tx) -> Result<Vec<String>, Error> {
    let provinces = query_scalar!(
        "SELECT target.province FROM restoration.target LEFT JOIN exchange.watermark USING (province)
         WHERE target.sequence > coalesce(watermark.sequence, 0) ORDER BY target.province"
    );
    Ok(provinces.fetch_all(tx.conn()).await?)
}

/// How far a province had told before the database was restored; 0 where nothing says so.
pub(crate) async fn of(tx: &mut Tx, province: Province) -> Result<u64, Error> {
    let sequence = query_scalar!(
        "SELECT sequence FROM restoration.target WHERE province = $1",
        province.code(),
    );
    let sequence = sequence.fetch_optional(tx.conn()).await?.unwrap_or_default();
    natural(sequence, "restoration.target", "sequence")
}

/// A province had told at least as far as this.
pub(crate) async fn told(tx: &mut Tx, province: Province, sequence: u64) -> Result<(), Error> {
    query!(
        "INSERT INTO restoration.target AS known (province, sequence, number) VALUES ($1, $2, 0)
         ON CONFLICT (province) DO UPDATE SET sequence = excluded.sequence, updated_by = shared.transaction_name()
         WHERE known.sequence < excluded.sequence",
        province.code(),
        signed(sequence),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
