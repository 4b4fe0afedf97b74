//! Tables `registration.succession` and `registration.succession_row`.

use domain::ids::{EmployerId, PersonId, SuccessionId};
use domain::succession::Succession;
use postgres::{Error, ToSql as _, Tx, ensure_affected};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::{query, query_as, query_scalar};
use uuid::Uuid;

use super::registered::Registered;
use super::{bulk, known, read, write};

const TABLE: &str = "registration.succession";
const ROWS: &str = "registration.succession_row";

/// Where the row of one person stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RowState {
    Waiting,
    Announced,
    Issued,
    Refused,
    Skipped,
}

impl RowState {
    pub(crate) const fn code(self) -> &'static str {
        match self {
            Self::Waiting => "WAITING",
            Self::Announced => "ANNOUNCED",
            Self::Issued => "ISSUED",
            Self::Refused => "REFUSED",
            Self::Skipped => "SKIPPED",
        }
    }

    fn from_code(code: &str) -> Option<Self> {
        [
            Self::Waiting,
            Self::Announced,
            Self::Issued,
            Self::Refused,
            Self::Skipped,
        ]
        .into_iter()
        .find(|state| state.code() == code)
    }
}

/// One person's row.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) id: Uuid,
    pub(crate) succession: SuccessionId,
    pub(crate) person: PersonId,
    pub(crate) successor: EmployerId,
    pub(crate) state: RowState,
    pub(crate) reason: Option<String>,
    pub(crate) licence_identifier: Option<String>,
}

/// What the mirror said of a registration before its row was announced.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Before {
    pub(crate) employer: EmployerId,
    pub(crate) employer_title: String,
    pub(crate) announced_at: jiff::Timestamp,
    pub(crate) position: i64,
    pub(crate) licence_identifier: Option<String>,
}

impl From<&Registered> for Before {
    fn from(registered: &Registered) -> Self {
        Self {
            employer: registered.employer,
            employer_title: registered.employer_title.clone(),
            announced_at: registered.announced_at,
            position: registered.position,
            licence_identifier: registered.licence_identifier.clone(),
        }
    }
}

struct Stored {
    id: Uuid,
    succession_id: Uuid,
    person_id: Uuid,
    successor_id: Uuid,
    state: String,
    reason: Option<String>,
    licence_identifier: Option<String>,
}

impl TryFrom<Stored> for Row {
    type Error = Error;

    fn try_from(row: Stored) -> Result<Self, Error> {
        Ok(Self {
            id: row.id,
            succession: row.succession_id.into(),
            person: row.person_id.into(),
            successor: row.successor_id.into(),
            state: known(RowState::from_code(&row.state), ROWS, "state", row.id)?,
            reason: row.reason,
            licence_identifier: row.licence_identifier,
        })
    }
}

/// Adds a proposed succession.
pub(crate) async fn insert(tx: &mut Tx, succession: &Succession) -> Result<(), Error> {
    query!(
        "INSERT INTO registration.succession (id, employer_id, state, facts, proposed_at) VALUES ($1, $2, $3, $4, $5)",
        succession.id.as_uuid(),
        succession.proposal.employer.as_uuid(),
        succession.state().code(),
        write(succession),
        succession.proposed_at.to_sql(),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Stores what has become of a succession that the same transaction has locked.
pub(crate) async fn save(tx: &mut Tx, succession: &Succession) -> Result<(), Error> {
    let result = query!(
        "UPDATE registration.succession SET state = $2, facts = $3, updated_by = shared.transaction_name()
         WHERE id = $1",
        succession.id.as_uuid(),
        succession.state().code(),
        write(succession),
    )
    .execute(tx.conn())
    .await?;
    ensure_affected("save a succession", 1, &result)
}

/// One succession.
pub(crate) async fn find(tx: &mut Tx, id: SuccessionId) -> Result<Option<Succession>, Error> {
    let facts = query_scalar!(
        "SELECT facts FROM registration.succession WHERE id = $1",
        id.as_uuid()
    );
    let facts = facts.fetch_optional(tx.conn()).await?;
    facts
        .map(|facts| read(facts, TABLE, "facts", id.as_uuid()))
        .transpose()
}

/// As [`find`], locked.
pub(crate) async fn lock(tx: &mut Tx, id: SuccessionId) -> Result<Option<Succession>, Error> {
    let facts = query_scalar!(
        "SELECT facts FROM registration.succession WHERE id = $1 FOR UPDATE",
        id.as_uuid()
    );
    let facts = facts.fetch_optional(tx.conn()).await?;
    facts
        .map(|facts| read(facts, TABLE, "facts", id.as_uuid()))
        .transpose()
}

/// Adds a row for everybody of `people`, with whoever takes them.
pub(crate) async fn add_rows(
    tx: &mut Tx,
    id: SuccessionId,
    people: &[(PersonId, EmployerId)],
) -> Result<(), Error> {
    let ids: Vec<Uuid> = people.iter().map(|_| Uuid::now_v7()).collect();
    let persons: Vec<Uuid> = people.iter().map(|(person, _)| person.as_uuid()).collect();
    let successors: Vec<Uuid> = people.iter().map(|(_, successor)| successor.as_uuid()).collect();
    query!(
        "INSERT INTO registration.succession_row (id, succession_id, person_id, successor_id, state)
         SELECT row.id, $1, row.person, row.successor, 'WAITING'
         FROM unnest($2::uuid[], $3::uuid[], $4::uuid[]) AS row (id, person, successor)",
        id.as_uuid(),
        &ids,
        &persons,
        &successors,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The next rows of one announced succession that wait, locked; those that another process works on are passed over.
pub(crate) async fn waiting(tx: &mut Tx, limit: i64) -> Result<Vec<Row>, Error> {
    let rows = query_as!(
        Stored,
        "SELECT id, succession_id, person_id, successor_id, state, reason, licence_identifier
         FROM registration.succession_row
         WHERE state = 'WAITING' AND succession_id = (
             SELECT succession_id FROM registration.succession_row WHERE state = 'WAITING'
             ORDER BY succession_id LIMIT 1)
         ORDER BY id LIMIT $1 FOR UPDATE SKIP LOCKED",
        limit,
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter().map(Row::try_from).collect()
}

/// Rows of a succession, from `after` on.
pub(crate) async fn rows(
    tx: &mut Tx,
    id: SuccessionId,
    after: Option<Uuid>,
    limit: i64,
) -> Result<Vec<Row>, Error> {
    let rows = query_as!(
        Stored,
        "SELECT id, succession_id, person_id, successor_id, state, reason, licence_identifier
         FROM registration.succession_row WHERE succession_id = $1 AND ($2::uuid IS NULL OR id > $2)
         ORDER BY id LIMIT $3",
        id.as_uuid(),
        after,
        limit,
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter().map(Row::try_from).collect()
}

/// How many rows of a succession stand where.
pub(crate) async fn counts(tx: &mut Tx, id: SuccessionId) -> Result<Vec<(RowState, u32)>, Error> {
    bulk::counts(tx, id.as_uuid(), RowState::from_code).await
}

/// A row's event is in the outbox.
pub(crate) async fn announced(tx: &mut Tx, row: Uuid, position: i64, before: &Before) -> Result<(), Error> {
    let result = query!(
        "UPDATE registration.succession_row SET state = 'ANNOUNCED', position = $2, before = $3,
             updated_by = shared.transaction_name()
         WHERE id = $1 AND state = 'WAITING'",
        row,
        position,
        write(before),
    )
    .execute(tx.conn())
    .await?;
    ensure_affected("announce a row of a succession", 1, &result)
}

/// Nothing is to be done for a row.
pub(crate) async fn skipped(tx: &mut Tx, row: Uuid, reason: &str) -> Result<(), Error> {
    let result = query!(
        "UPDATE registration.succession_row SET state = 'SKIPPED', reason = $2, updated_by = shared.transaction_name()
         WHERE id = $1 AND state = 'WAITING'",
        row,
        reason,
    )
    .execute(tx.conn())
    .await?;
    ensure_affected("skip a row of a succession", 1, &result)
}

/// The nation issued the certificate of a row; the mirror follows unless something newer was announced. Whose it is, or
/// none if there is no such row.
pub(crate) async fn issued(
    tx: &mut Tx,
    row: Uuid,
    licence_identifier: &str,
) -> Result<Option<(PersonId, EmployerId)>, Error> {
    let found = query!(
        "UPDATE registration.succession_row SET state = 'ISSUED', licence_identifier = $2,
             updated_by = shared.transaction_name()
         WHERE id = $1 AND state = 'ANNOUNCED' RETURNING person_id, successor_id, position",
        row,
        licence_identifier,
    )
    .fetch_optional(tx.conn())
    .await?;
    let Some(found) = found else { return Ok(None) };
    query!(
        "UPDATE registration.active_registration SET licence_identifier = $3, updated_by = shared.transaction_name()
         WHERE person_id = $1 AND position = $2",
        found.person_id,
        found.position,
        licence_identifier,
    )
    .execute(tx.conn())
    .await?;
    Ok(Some((found.person_id.into(), found.successor_id.into())))
}

/// A row that the nation's register refused.
pub(crate) struct Refused {
    pub(crate) person: PersonId,
    /// The employer that the mirror names again.
    pub(crate) from: EmployerId,
    /// The one that it named.
    pub(crate) to: EmployerId,
}

/// The nation's register refused a row: the mirror says again what it said before, unless something newer was announced.
pub(crate) async fn refused(tx: &mut Tx, row: Uuid, reason: &str) -> Result<Option<Refused>, Error> {
    let found = query!(
        "UPDATE registration.succession_row SET state = 'REFUSED', reason = $2, updated_by = shared.transaction_name()
         WHERE id = $1 AND state = 'ANNOUNCED' RETURNING person_id, successor_id, position, before",
        row,
        reason,
    )
    .fetch_optional(tx.conn())
    .await?;
    let Some(found) = found else { return Ok(None) };
    let before: Before = read(found.before.unwrap_or(Value::Null), ROWS, "before", row)?;
    query!(
        "UPDATE registration.active_registration SET employer_id = $3, employer_title = $4, announced_at = $5,
             position = $6, licence_identifier = $7, updated_by = shared.transaction_name()
         WHERE person_id = $1 AND position = $2",
        found.person_id,
        found.position,
        before.employer.as_uuid(),
        before.employer_title,
        before.announced_at.to_sql(),
        before.position,
        before.licence_identifier,
    )
    .execute(tx.conn())
    .await?;
    Ok(Some(Refused {
        person: found.person_id.into(),
        from: before.employer,
        to: found.successor_id.into(),
    }))
}

/// A person's registration went from one employer to another.
pub(crate) struct Succeeded {
    pub(crate) from: EmployerId,
    pub(crate) to: EmployerId,
    /// The nation has it too.
    pub(crate) issued: bool,
}

/// The person's latest row that took effect here, and was not refused by the nation.
pub(crate) async fn latest_of(tx: &mut Tx, person: PersonId) -> Result<Option<Succeeded>, Error> {
    let found = query!(
        "SELECT succession.employer_id, row.successor_id, row.state
         FROM registration.succession_row AS row
         JOIN registration.succession ON succession.id = row.succession_id
         WHERE row.person_id = $1 AND row.state IN ('ANNOUNCED', 'ISSUED')
         ORDER BY row.position DESC LIMIT 1",
        person.as_uuid(),
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(found.map(|found| Succeeded {
        from: found.employer_id.into(),
        to: found.successor_id.into(),
        issued: found.state == RowState::Issued.code(),
    }))
}
