//! Table `exchange.succession`: successions of employers that the nation has cleared.

use domain::ids::{EmployerId, SuccessionId};
use domain::province::Province;
use domain::register::RegisteredEmployer;
use jiff::Timestamp;
use postgres::{Error, ToSql as _, Tx};
use serde_json::Value;
use sqlx::{query, query_scalar};
use uuid::Uuid;

const TABLE: &str = "exchange.succession";

/// A succession of a province as cleared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Succession {
    pub(crate) province: Province,
    pub(crate) id: SuccessionId,
    pub(crate) employer: EmployerId,
    /// Who may take somebody, as they are to be printed.
    pub(crate) successors: Vec<RegisteredEmployer>,
}

/// Keeps a clearance; false if there is one already.
pub(crate) async fn insert(tx: &mut Tx, succession: &Succession, at: Timestamp) -> Result<bool, Error> {
    let successors = serde_json::to_value(&succession.successors)
        .map_err(|_| Error::inconsistent(TABLE, "successors", succession.id))?;
    let result = query!(
        "INSERT INTO exchange.succession (province, succession, employer, successors, cleared_at)
         VALUES ($1, $2, $3, $4, $5) ON CONFLICT (province, succession) DO NOTHING",
        succession.province.code(),
        succession.id.as_uuid(),
        succession.employer.as_uuid(),
        successors,
        at.to_sql(),
    )
    .execute(tx.conn())
    .await?;
    Ok(result.rows_affected() == 1)
}

/// One of a province's.
pub(crate) async fn find(
    tx: &mut Tx,
    province: Province,
    id: SuccessionId,
) -> Result<Option<Succession>, Error> {
    Ok(find_all(tx, province, &[id.as_uuid()]).await?.into_iter().next())
}

/// Some of a province's.
pub(crate) async fn find_all(
    tx: &mut Tx,
    province: Province,
    ids: &[Uuid],
) -> Result<Vec<Succession>, Error> {
    let rows = query!(
        "SELECT succession, employer, successors FROM exchange.succession WHERE province = $1 AND succession = ANY($2)",
        province.code(),
        ids,
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Succession {
                province,
                id: row.succession.into(),
                employer: row.employer.into(),
                successors: serde_json::from_value(row.successors)
                    .map_err(|_| Error::inconsistent(TABLE, "successors", row.succession))?,
            })
        })
        .collect()
}

/// The row of one as it is kept outside the database.
pub(crate) async fn row(tx: &mut Tx, province: Province, id: SuccessionId) -> Result<Option<Value>, Error> {
    let row = query_scalar!(
        r#"SELECT to_jsonb(given) AS "row!" FROM exchange.succession AS given WHERE province = $1 AND succession = $2"#,
        province.code(),
        id.as_uuid(),
    );
    Ok(row.fetch_optional(tx.conn()).await?)
}

/// Puts a row back; one that is there stays.
pub(crate) async fn put_back(tx: &mut Tx, row: &Value) -> Result<(), Error> {
    query!(
        "INSERT INTO exchange.succession
         SELECT * FROM jsonb_populate_record(NULL::exchange.succession, $1::jsonb) ON CONFLICT DO NOTHING",
        row,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
