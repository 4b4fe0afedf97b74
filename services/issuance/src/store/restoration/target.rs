//! Table `restoration.target`: how far each province had told.

use postgres::{Error, Tx};
use sqlx::query_scalar;

/// Provinces that have not told everything again.
pub(crate) async fn missing(tx: &mut Tx) -> Result<Vec<String>, Error> {
    let provinces = query_scalar!(
        "SELECT target.province FROM restoration.target LEFT JOIN exchange.watermark USING (province)
         WHERE target.sequence > coalesce(watermark.sequence, 0) ORDER BY target.province"
    );
    Ok(provinces.fetch_all(tx.conn()).await?)
}
