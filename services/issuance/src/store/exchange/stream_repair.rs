//! Table `exchange.stream_repair`: what one officer proposed about a province's stream and another settles.

use domain::ids::StreamRepairId;
use domain::province::Province;
use domain::stream_repair::StreamRepair;
use jiff::Timestamp;
use postgres::{Error, ToSql as _, Tx, ensure_affected};
use sqlx::{query, query_scalar};
use uuid::Uuid;

const TABLE: &str = "exchange.stream_repair";

fn written(repair: &StreamRepair) -> Result<String, Error> {
    serde_json::to_string(repair).map_err(|_| Error::inconsistent(TABLE, "record", repair.id))
}

fn read(id: impl std::fmt::Display, record: &str) -> Result<StreamRepair, Error> {
    serde_json::from_str(record).map_err(|_| Error::inconsistent(TABLE, "record", id))
}

/// Adds a proposed repair.
pub(crate) async fn insert(tx: &mut Tx, repair: &StreamRepair, at: Timestamp) -> Result<(), Error> {
    query!(
        "INSERT INTO exchange.stream_repair (id, province, measure, state, record, proposed_at)
         VALUES ($1, $2, $3, 'PROPOSED', $4, $5)",
        repair.id.as_uuid(),
        repair.province.code(),
        repair.measure.code(),
        written(repair)?,
        at.to_sql(),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Stores what a second officer made of it.
pub(crate) async fn settle(tx: &mut Tx, repair: &StreamRepair) -> Result<(), Error> {
    let result = query!(
        "UPDATE exchange.stream_repair SET state = $2, record = $3, updated_by = shared.transaction_name()
         WHERE id = $1 AND state = 'PROPOSED'",
        repair.id.as_uuid(),
        repair.four_eyes.state().code(),
        written(repair)?,
    )
    .execute(tx.conn())
    .await?;
    ensure_affected("settle a repair of a stream", 1, &result)
}

/// Locks one. Whoever calls has made sure that a national officer asks.
pub(crate) async fn lock(tx: &mut Tx, id: StreamRepairId) -> Result<Option<StreamRepair>, Error> {
    let record = query_scalar!(
        "SELECT record FROM exchange.stream_repair WHERE id = $1 FOR UPDATE",
        id.as_uuid()
    );
    let record = record.fetch_optional(tx.conn()).await?;
    record.map(|record| read(id, &record)).transpose()
}

/// One, to look at.
pub(crate) async fn find(tx: &mut Tx, id: StreamRepairId) -> Result<Option<StreamRepair>, Error> {
    let record = query_scalar!(
        "SELECT record FROM exchange.stream_repair WHERE id = $1",
        id.as_uuid()
    );
    let record = record.fetch_optional(tx.conn()).await?;
    record.map(|record| read(id, &record)).transpose()
}

/// Those of a province, or all that wait for a second officer; in their order, after one of them.
pub(crate) async fn list(
    tx: &mut Tx,
    province: Option<Province>,
    after: Option<Uuid>,
    limit: i64,
) -> Result<Vec<StreamRepair>, Error> {
    let rows = query!(
        "SELECT id, record FROM exchange.stream_repair
         WHERE (province = $1 OR ($1::text IS NULL AND state = 'PROPOSED')) AND ($2::uuid IS NULL OR id > $2)
         ORDER BY id LIMIT $3",
        province.map(Province::code),
        after,
        limit,
    );
    let rows = rows.fetch_all(tx.conn()).await?;
    rows.into_iter().map(|row| read(row.id, &row.record)).collect()
}
