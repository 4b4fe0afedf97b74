//! Table `log.change`.

use domain::ids::PersonId;
use jiff::Timestamp;
use personal_data::DataKey;
use postgres::{Database, Error, ReadDatabase, SqlTimestamp, ToSql as _, Tx, column};
use sha2::{Digest as _, Sha256};
use sqlx::query_scalar;
use tlog::Leaf;
use uuid::Uuid;

use crate::change::Change;
use crate::store::register::person::unless_erased;
use crate::store::{natural, signed};

/// A change to be stored, sealed under the person's key.
#[derive(Debug)]
pub(crate) struct NewChange {
    kind: &'static str,
    person: PersonId,
    version: Option<Uuid>,
    sealed: Vec<u8>,
    leaf: Option<Vec<u8>>,
    /// Where it was told before the database was restored, and told again as it was.
    told: Option<ToldAs>,
}

/// A change as it was told before: the same position, bytes and time make it the same change to whoever follows the register.
#[derive(Debug, Clone)]
pub(crate) struct ToldAs {
    pub(crate) position: u64,
    pub(crate) sealed: Vec<u8>,
    pub(crate) recorded_at: Timestamp,
}

impl NewChange {
    /// A change of a person's, with the leaf that the transparency log gets when it is numbered.
    pub(crate) fn new(key: &DataKey, person: PersonId, change: &Change, leaf: Option<&Leaf>) -> Self {
        Self {
            kind: change.kind(),
            person,
            version: change.version(),
            sealed: change.seal(key),
            leaf: leaf.map(Leaf::encode),
            told: None,
        }
    }

    /// The same that was told before.
    pub(crate) fn told(mut self, told: Option<ToldAs>) -> Self {
        self.told = told;
        self
    }

    /// The position that it has already; none of a new one.
    pub(crate) fn position(&self) -> Option<i64> {
        self.told.as_ref().map(|told| signed(told.position))
    }
}

/// Adds a change, unnumbered; returns its id, by which [`super::position_of`] finds the position. `key` is the
/// person's. Ring `bells.changes` after the commit.
pub(crate) async fn append(
    tx: &mut Tx,
    key: &DataKey,
    person: PersonId,
    change: &Change,
    at: Timestamp,
) -> Result<i64, Error> {
    let ids = append_all(tx, &[NewChange::new(key, person, change, None)], at).await?;
    let missing = || Error::inconsistent("log.change", "id", "RETURNING");
    ids.first().copied().ok_or_else(missing)
}

/// Adds changes in their order, as [`append`]; returns their ids in the same order.
pub(crate) async fn append_all(tx: &mut Tx, new: &[NewChange], at: Timestamp) -> Result<Vec<i64>, Error> {
    if new.is_empty() {
        return Ok(Vec::new());
    }
    let kinds: Vec<String> = column(new, |one| one.kind.to_owned());
    let people: Vec<Uuid> = column(new, |one| one.person.as_uuid());
    let versions: Vec<Option<Uuid>> = column(new, |one| one.version);
    let sealed: Vec<Vec<u8>> = column(new, |one| match &one.told {
        Some(told) => told.sealed.clone(),
        None => one.sealed.clone(),
    });
    let positions: Vec<Option<i64>> = column(new, NewChange::position);
    let instants: Vec<SqlTimestamp> = column(new, |one| {
        let told = one.told.as_ref();
        told.map_or(at, |told| told.recorded_at).to_sql()
    });
    let leaves: Vec<Option<Vec<u8>>> = column(new, |one| one.leaf.clone());
    let ids = query_scalar!(
        "INSERT INTO log.change (kind, person, version, sealed, recorded_at, leaf, position)
         SELECT kind, person, version, sealed, recorded_at, leaf, position
         FROM unnest($1::text[], $2::uuid[], $3::uuid[], $4::bytea[], $5::bytea[], $6::timestamptz[], $7::bigint[])
             WITH ORDINALITY AS new (kind, person, version, sealed, leaf, recorded_at, position, place)
         ORDER BY place RETURNING id",
        &kinds,
        &people,
        &versions as _,
        &sealed,
        &leaves as _,
        &instants as _,
        &positions as _,
    );
    let mut ids = ids.fetch_all(tx.conn()).await?;
    // Given in the order of insertion.
    ids.sort_unstable();
    Ok(ids)
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

/// What a change is known by from any other that might stand at its position: sealed values begin with a nonce that is drawn
/// anew each time, so no two changes have the same, not even when a restored register tells the same once more.
pub(crate) type Anchor = [u8; 32];

impl ChangeRow {
    pub(crate) fn anchor(&self) -> Anchor {
        anchor(self.position, &self.kind, self.recorded_at, &self.sealed)
    }
}

fn anchor(position: u64, kind: &str, recorded_at: Timestamp, sealed: &[u8]) -> Anchor {
    Sha256::new()
        .chain_update(b"jianzheng/register-feed/anchor/v1\0")
        .chain_update(position.to_be_bytes())
        .chain_update(recorded_at.as_microsecond().to_be_bytes())
        .chain_update([u8::try_from(kind.len()).unwrap_or(u8::MAX)])
        .chain_update(kind)
        .chain_update(sealed)
        .finalize()
        .into()
}

/// The anchor of the change at a position; none if there is no such change.
pub(crate) async fn anchor_at(read: &ReadDatabase, position: u64) -> Result<Option<Anchor>, Error> {
    let row = sqlx::query!(
        "SELECT kind, sealed, recorded_at FROM log.change WHERE position = $1",
        signed(position),
    )
    .fetch_optional(read.pool())
    .await?;
    Ok(row.map(|row| anchor(position, &row.kind, row.recorded_at.to_jiff(), &row.sealed)))
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
