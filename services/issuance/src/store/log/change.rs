//! Table `log.change`.

use domain::ids::PersonId;
use jiff::Timestamp;
use personal_data::DataKey;
use postgres::{Database, Error, ReadDatabase, ToSql as _, Tx};
use sqlx::query_scalar;
use tlog::Leaf;
use uuid::Uuid;

use crate::change::Change;
use crate::store::register::person::unless_erased;
use crate::store::{natural, signed};

/// Adds a change, unnumbered; returns its id, by which [`super::position_of`] finds the position. `key` is the
/// person's. Ring `bells.changes` after the commit.
pub(crate) async fn append(
    tx: &mut Tx,
    key: &DataKey,
    person: PersonId,
    change: &Change,
    at: Timestamp,
) -> Result<i64, Error> {
    insert(tx, key, person, (change, None), at).await
}

/// As [`append`], with the leaf that the transparency log gets when the change is numbered.
pub(crate) async fn append_with_leaf(
    tx: &mut Tx,
    key: &DataKey,
    person: PersonId,
    (change, leaf): (&Change, &Leaf),
    at: Timestamp,
) -> Result<i64, Error> {
    insert(tx, key, person, (change, Some(leaf)), at).await
}

async fn insert(
    tx: &mut Tx,
    key: &DataKey,
    person: PersonId,
    (change, leaf): (&Change, Option<&Leaf>),
    at: Timestamp,
) -> Result<i64, Error> {
    let id = query_scalar!(
        "INSERT INTO log.change (kind, person, version, sealed, recorded_at, leaf)
         VALUES ($1, $2, $3, $4, $5, $6) RETURNING id",
        change.kind(),
        person.as_uuid(),
        change.version(),
        change.seal(key),
        at.to_sql(),
        leaf.map(Leaf::encode),
    );
    Ok(id.fetch_one(tx.conn()).await?)
}

/// The position of a change, once it has one.
pub(crate) async fn position(database: &Database, id: i64) -> Result<Option<u64>, Error> {
    let position = database
        .run_tx("find position", async |tx: &mut Tx| {
            Ok::<_, Error>(
                query_scalar!("SELECT position FROM log.change WHERE id = $1", id)
                    .fetch_one(tx.conn())
                    .await?,
            )
        })
        .await?;
    position
        .map(|position| natural(position, "log.change", "position"))
        .transpose()
}

/// A numbered change as stored.
pub(crate) struct ChangeRow {
    pub(crate) position: u64,
    pub(crate) kind: String,
    pub(crate) person: PersonId,
    pub(crate) sealed: Vec<u8>,
    pub(crate) recorded_at: Timestamp,
    /// None once the person was erased: the change then tells nothing.
    pub(crate) wrapped_key: Option<Vec<u8>>,
    /// Row and sealed facts of the version that the change is about.
    pub(crate) facts: Option<(Uuid, Vec<u8>)>,
}

/// At most `limit` changes after a position and not after `through`, in order.
pub(crate) async fn between(
    read: &ReadDatabase,
    after: u64,
    through: u64,
    limit: i64,
) -> Result<Vec<ChangeRow>, Error> {
    let rows = sqlx::query!(
        r#"SELECT change.position AS "position!", change.kind, change.person, change.sealed, change.recorded_at,
             person.wrapped_key, version.id AS "version?", version.facts AS "facts?"
         FROM log.change
         JOIN register.person USING (person)
         LEFT JOIN issuing.certificate_version AS version ON version.id = change.version
         WHERE change.position > $1 AND change.position <= $2
         ORDER BY change.position LIMIT $3"#,
        signed(after),
        signed(through),
        limit,
    )
    .fetch_all(read.pool())
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(ChangeRow {
                position: natural(row.position, "log.change", "position")?,
                kind: row.kind,
                person: row.person.into(),
                sealed: row.sealed,
                recorded_at: row.recorded_at.to_jiff(),
                wrapped_key: unless_erased(row.wrapped_key),
                facts: row.version.zip(row.facts),
            })
        })
        .collect()
}
