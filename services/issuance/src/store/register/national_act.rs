//! Table `register.national_act`: acts of the nation that one officer proposed and another settles.

use domain::ids::{NationalActId, PersonId};
use jiff::Timestamp;
use postgres::{Error, ToSql as _, Tx, ensure_affected};
use sqlx::{query, query_as};
use uuid::Uuid;

/// An act as stored.
#[derive(Debug, Clone)]
pub(crate) struct Stored {
    pub(crate) id: NationalActId,
    pub(crate) person: PersonId,
    /// The act of the domain, column [`super::column::NATIONAL_ACT`].
    pub(crate) record: Vec<u8>,
    /// None once the person was erased.
    pub(crate) wrapped_key: Option<Vec<u8>>,
    pub(crate) paper: Paper,
    /// The change by which it took effect.
    pub(crate) change: Option<i64>,
}

/// The decision that it rests on.
#[derive(Debug, Clone)]
pub(crate) struct Paper {
    pub(crate) media_type: String,
    /// SM3 of the clear bytes.
    pub(crate) digest: Vec<u8>,
    pub(crate) place: String,
}

struct Row {
    id: Uuid,
    person: Uuid,
    record: Vec<u8>,
    wrapped_key: Vec<u8>,
    media_type: String,
    digest: Vec<u8>,
    place: String,
    change: Option<i64>,
}

impl From<Row> for Stored {
    fn from(row: Row) -> Self {
        Self {
            id: row.id.into(),
            person: row.person.into(),
            record: row.record,
            wrapped_key: super::person::unless_erased(row.wrapped_key),
            paper: Paper {
                media_type: row.media_type,
                digest: row.digest,
                place: row.place,
            },
            change: row.change,
        }
    }
}

/// Adds a proposed act.
pub(crate) async fn insert(tx: &mut Tx, stored: &Stored, at: Timestamp) -> Result<(), Error> {
    query!(
        "INSERT INTO register.national_act (id, person, state, record, media_type, digest, place, proposed_at)
         VALUES ($1, $2, 'PROPOSED', $3, $4, $5, $6, $7)",
        stored.id.as_uuid(),
        stored.person.as_uuid(),
        stored.record,
        stored.paper.media_type,
        stored.paper.digest,
        stored.paper.place,
        at.to_sql(),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Stores what a second officer made of it; the person's row is locked.
pub(crate) async fn settle(
    tx: &mut Tx,
    id: NationalActId,
    state: &str,
    record: &[u8],
    change: Option<i64>,
) -> Result<(), Error> {
    let result = query!(
        "UPDATE register.national_act SET state = $2, record = $3, change = $4, updated_by = shared.transaction_name()
         WHERE id = $1 AND state = 'PROPOSED'",
        id.as_uuid(),
        state,
        record,
        change,
    )
    .execute(tx.conn())
    .await?;
    ensure_affected("settle an act of the nation", 1, &result)
}

/// One act. Whoever calls has made sure that a national officer asks.
pub(crate) async fn find(tx: &mut Tx, id: NationalActId) -> Result<Option<Stored>, Error> {
    let row = query_as!(
        Row,
        "SELECT id, person, record, wrapped_key, media_type, digest, place, change
         FROM register.national_act JOIN register.person USING (person) WHERE id = $1",
        id.as_uuid(),
    );
    Ok(row.fetch_optional(tx.conn()).await?.map(Stored::from))
}

/// A person's acts, or all that wait for a second officer; in their order, after one of them.
pub(crate) async fn list(
    tx: &mut Tx,
    person: Option<PersonId>,
    after: Option<Uuid>,
    limit: i64,
) -> Result<Vec<Stored>, Error> {
    let rows = query_as!(
        Row,
        "SELECT id, person, record, wrapped_key, media_type, digest, place, change
         FROM register.national_act JOIN register.person USING (person)
         WHERE (person = $1 OR ($1::uuid IS NULL AND state = 'PROPOSED')) AND ($2::uuid IS NULL OR id > $2)
         ORDER BY id LIMIT $3",
        person.map(PersonId::as_uuid),
        after,
        limit,
    );
    let rows = rows.fetch_all(tx.conn()).await?;
    Ok(rows.into_iter().map(Stored::from).collect())
}
