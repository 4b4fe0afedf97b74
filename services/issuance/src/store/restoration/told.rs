//! Table `restoration.told_change`: what was told beyond the restored database, until the database has it again.

use domain::ids::PersonId;
use jiff::{SignedDuration, Timestamp};
use postgres::{Error, SqlTimestamp, ToSql as _, Tx};
use serde_json::Value;
use sqlx::{query, query_scalar};
use uuid::Uuid;

use crate::store::{natural, signed};

/// Provinces' clocks and ours may be this far apart (decision 0032).
const SKEW: SignedDuration = SignedDuration::from_mins(5);

/// One change as it was told.
#[derive(Debug, Clone)]
pub(crate) struct ToldRow {
    pub(crate) position: u64,
    pub(crate) kind: String,
    pub(crate) person: PersonId,
    pub(crate) version: Option<Uuid>,
    pub(crate) sealed: Vec<u8>,
    pub(crate) recorded_at: Timestamp,
    pub(crate) leaf: Option<Vec<u8>>,
    /// Rows that belong to it, by the names that the counterfoil gives them.
    pub(crate) papers: Value,
}

/// Changes of people that the database lacks, in their order.
pub(crate) async fn of_people(tx: &mut Tx, people: &[Uuid]) -> Result<Vec<ToldRow>, Error> {
    let rows = query!(
        r#"SELECT position, kind, person, version, sealed, recorded_at AS "recorded_at: SqlTimestamp", leaf, papers
           FROM restoration.told_change WHERE person = ANY($1) AND NOT taken ORDER BY position"#,
        people,
    );
    let rows = rows.fetch_all(tx.conn()).await?;
    rows.into_iter()
        .map(|row| {
            Ok(ToldRow {
                position: natural(row.position, "restoration.told_change", "position")?,
                kind: row.kind,
                person: row.person.into(),
                version: row.version,
                sealed: row.sealed,
                recorded_at: row.recorded_at.to_jiff(),
                leaf: row.leaf,
                papers: row.papers,
            })
        })
        .collect()
}

/// The first change that the database lacks; none where it has them all.
pub(crate) async fn next(tx: &mut Tx) -> Result<Option<ToldRow>, Error> {
    let person =
        query_scalar!("SELECT person FROM restoration.told_change WHERE NOT taken ORDER BY position LIMIT 1");
    let Some(person) = person.fetch_optional(tx.conn()).await? else {
        return Ok(None);
    };
    let first = of_people(tx, &[person]).await?.into_iter().next();
    Ok(first)
}

/// Register time at which something that a province told at `occurred_at` was first applied to somebody. Documents are told by issuing,
/// whenever it comes to them.
pub(crate) async fn applied_at(
    tx: &mut Tx,
    person: Uuid,
    occurred_at: Timestamp,
) -> Result<Option<Timestamp>, Error> {
    let earliest = occurred_at.checked_sub(SKEW).unwrap_or(occurred_at);
    let at = query_scalar!(
        r#"SELECT recorded_at AS "at: SqlTimestamp" FROM restoration.told_change
           WHERE person = $1 AND NOT taken AND kind IN ('entry', 'version') AND recorded_at >= $2
           ORDER BY position LIMIT 1"#,
        person,
        earliest.to_sql(),
    );
    Ok(at.fetch_optional(tx.conn()).await?.map(SqlTimestamp::to_jiff))
}

/// The database has these again.
pub(crate) async fn taken(tx: &mut Tx, positions: &[i64]) -> Result<(), Error> {
    if positions.is_empty() {
        return Ok(());
    }
    query!(
        "UPDATE restoration.told_change SET taken = true, updated_by = shared.transaction_name() WHERE position = ANY($1)",
        positions,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The index in the log of a change with a leaf, where the restored tree had `from` leaves.
pub(crate) async fn index_of(tx: &mut Tx, position: u64, from: u64) -> Result<u64, Error> {
    let before = query_scalar!(
        r#"SELECT count(*) AS "before!" FROM restoration.told_change WHERE leaf IS NOT NULL AND position < $1"#,
        signed(position),
    );
    let before = natural(
        before.fetch_one(tx.conn()).await?,
        "restoration.told_change",
        "position",
    )?;
    Ok(from + before)
}

/// The last position and size that were told; none without counterfoils.
pub(crate) async fn through(tx: &mut Tx) -> Result<Option<(u64, u64)>, Error> {
    let row = query!("SELECT position, size FROM restoration.root ORDER BY position DESC LIMIT 1");
    let row = row.fetch_optional(tx.conn()).await?;
    row.map(|row| {
        Ok((
            natural(row.position, "restoration.root", "position")?,
            natural(row.size, "restoration.root", "size")?,
        ))
    })
    .transpose()
}
