//! Table `exchange.act_count`: how many acts of a kind a province told in an hour, for its ceilings.

use domain::province::Province;
use jiff::Timestamp;
use postgres::{Error, ToSql as _, Tx};
use sqlx::query;

/// Within an hour, and within the day that ends with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Counted {
    pub(crate) hour: i64,
    pub(crate) day: i64,
}

/// What counts towards the ceilings of a province by now.
pub(crate) async fn counted(
    tx: &mut Tx,
    province: Province,
    kind: &str,
    hour: Timestamp,
) -> Result<Counted, Error> {
    let row = query!(
        r#"SELECT coalesce(sum(count - released) FILTER (WHERE hour = $3), 0)::bigint AS "hour!",
                  coalesce(sum(count - released), 0)::bigint AS "day!"
           FROM exchange.act_count
           WHERE province = $1 AND kind = $2 AND hour > $3::timestamptz - interval '24 hours' AND hour <= $3"#,
        province.code(),
        kind,
        hour.to_sql(),
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(Counted {
        hour: row.hour,
        day: row.day,
    })
}

/// Counts acts of an hour.
pub(crate) async fn add(
    tx: &mut Tx,
    province: Province,
    kind: &str,
    hour: Timestamp,
    more: i64,
) -> Result<(), Error> {
    query!(
        "INSERT INTO exchange.act_count AS known (province, kind, hour, count) VALUES ($1, $2, $3, $4)
         ON CONFLICT (province, kind, hour) DO UPDATE SET count = known.count + excluded.count,
             updated_by = shared.transaction_name()",
        province.code(),
        kind,
        hour.to_sql(),
        more,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Nothing counted so far counts any more, and `allowance` acts of this hour beyond the ceiling do not either.
pub(crate) async fn release(
    tx: &mut Tx,
    province: Province,
    kind: &str,
    hour: Timestamp,
    allowance: u32,
) -> Result<(), Error> {
    query!(
        "UPDATE exchange.act_count SET released = greatest(released, count), updated_by = shared.transaction_name()
         WHERE province = $1 AND kind = $2 AND hour > $3::timestamptz - interval '24 hours'",
        province.code(),
        kind,
        hour.to_sql(),
    )
    .execute(tx.conn())
    .await?;
    query!(
        "INSERT INTO exchange.act_count AS known (province, kind, hour, released) VALUES ($1, $2, $3, $4)
         ON CONFLICT (province, kind, hour) DO UPDATE SET released = known.released + excluded.released,
             updated_by = shared.transaction_name()",
        province.code(),
        kind,
        hour.to_sql(),
        i64::from(allowance),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
