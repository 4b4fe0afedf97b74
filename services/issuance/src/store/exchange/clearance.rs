//! Table `exchange.clearance`: the nation's word that one application may be announced.

use domain::application::ApplicationType;
use domain::ids::{ClearanceId, PersonId, StreamRepairId};
use domain::registration_number::RegistrationNumber;
use jiff::Timestamp;
use postgres::hash::Hash;
use postgres::{Error, ToSql as _, Tx, column, ensure_affected};
use sqlx::query;
use uuid::Uuid;

use super::claim::Key;

const TABLE: &str = "exchange.clearance";

/// A clearance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Clearance {
    pub(crate) id: ClearanceId,
    pub(crate) key: Key,
    pub(crate) person: PersonId,
    pub(crate) kind: ApplicationType,
    pub(crate) application_hash: Hash,
    pub(crate) number: RegistrationNumber,
    /// Sealed, column [`super::CLEARED_FACTS`].
    pub(crate) facts: Vec<u8>,
    pub(crate) state: State,
    pub(crate) announce_by: Timestamp,
}

/// Where a clearance stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    Cleared,
    Used,
    Released,
}

impl State {
    const fn code(self) -> &'static str {
        match self {
            Self::Cleared => "cleared",
            Self::Used => "used",
            Self::Released => "released",
        }
    }
}

struct Row {
    id: Uuid,
    province: String,
    application: Uuid,
    person: Uuid,
    r#type: String,
    application_hash: Vec<u8>,
    number: String,
    facts: Vec<u8>,
    state: String,
    announce_by: postgres::SqlTimestamp,
}

impl TryFrom<Row> for Clearance {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self, Error> {
        let fault = |column| Error::inconsistent(TABLE, column, row.id);
        Ok(Self {
            id: row.id.into(),
            key: Key {
                province: crate::store::province(&row.province, TABLE, row.id)?,
                application: row.application.into(),
            },
            person: row.person.into(),
            kind: ApplicationType::from_code(&row.r#type).ok_or_else(|| fault("type"))?,
            application_hash: row
                .application_hash
                .as_slice()
                .try_into()
                .map_err(|_| fault("application_hash"))?,
            number: RegistrationNumber::parse(&row.number).map_err(|_| fault("number"))?,
            state: match row.state.as_str() {
                "cleared" => State::Cleared,
                "used" => State::Used,
                "released" => State::Released,
                _ => return Err(fault("state")),
            },
            facts: row.facts,
            announce_by: row.announce_by.to_jiff(),
        })
    }
}

/// The clearance of an application that was not released.
pub(crate) async fn of_application(tx: &mut Tx, key: Key) -> Result<Option<Clearance>, Error> {
    let row = sqlx::query_as!(
        Row,
        "SELECT id, province, application, person, type, application_hash, number, facts, state, announce_by
         FROM exchange.clearance WHERE province = $1 AND application = $2 AND state <> 'released'",
        key.province.code(),
        key.application.as_uuid(),
    )
    .fetch_optional(tx.conn())
    .await?;
    row.map(Clearance::try_from).transpose()
}

/// Until when an application of the person that is cleared may be announced, if there is one.
pub(crate) async fn open_until(tx: &mut Tx, person: PersonId) -> Result<Option<Timestamp>, Error> {
    let until = sqlx::query_scalar!(
        r#"SELECT announce_by AS "announce_by: postgres::SqlTimestamp" FROM exchange.clearance
           WHERE person = $1 AND state = 'cleared'"#,
        person.as_uuid(),
    );
    let until = until.fetch_optional(tx.conn()).await?;
    Ok(until.map(postgres::SqlTimestamp::to_jiff))
}

/// Whose these clearances are: an application never changes hands.
pub(crate) async fn people_of(tx: &mut Tx, ids: &[Uuid]) -> Result<Vec<PersonId>, Error> {
    let people = sqlx::query_scalar!("SELECT person FROM exchange.clearance WHERE id = ANY($1)", ids);
    let people = people.fetch_all(tx.conn()).await?;
    Ok(people.into_iter().map(PersonId::from_uuid).collect())
}

/// The clearances of people that are open.
pub(crate) async fn open_of(tx: &mut Tx, people: &[Uuid]) -> Result<Vec<(PersonId, ClearanceId)>, Error> {
    let rows = query!(
        "SELECT person, id FROM exchange.clearance WHERE person = ANY($1) AND state = 'cleared'",
        people,
    );
    let rows = rows.fetch_all(tx.conn()).await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.person.into(), row.id.into()))
        .collect())
}

/// Locks a clearance by id.
pub(crate) async fn lock(tx: &mut Tx, id: ClearanceId) -> Result<Option<Clearance>, Error> {
    Ok(lock_all(tx, &[id.as_uuid()]).await?.pop())
}

/// Locks clearances by id.
pub(crate) async fn lock_all(tx: &mut Tx, ids: &[Uuid]) -> Result<Vec<Clearance>, Error> {
    let rows = sqlx::query_as!(
        Row,
        "SELECT id, province, application, person, type, application_hash, number, facts, state, announce_by
         FROM exchange.clearance WHERE id = ANY($1) ORDER BY id FOR UPDATE",
        ids,
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter().map(Clearance::try_from).collect()
}

/// Stores a new clearance. Fails on `clearance_of_application` if another call was faster, on `clearance_one_open` if
/// another application of the person is cleared, whatever its type: what is cleared will be announced.
pub(crate) async fn insert(tx: &mut Tx, clearance: &Clearance, at: Timestamp) -> Result<(), Error> {
    query!(
        "INSERT INTO exchange.clearance (id, province, application, person, type, exclusive, application_hash, number,
             facts, state, cleared_at, announce_by)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'cleared', $10, $11)",
        clearance.id.as_uuid(),
        clearance.key.province.code(),
        clearance.key.application.as_uuid(),
        clearance.person.as_uuid(),
        clearance.kind.code(),
        clearance.kind.needs_claim(),
        clearance.application_hash.as_slice(),
        clearance.number.to_string(),
        clearance.facts,
        at.to_sql(),
        clearance.announce_by.to_sql(),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Gives an unused clearance more time; it never gets less.
pub(crate) async fn extend(tx: &mut Tx, id: ClearanceId, announce_by: Timestamp) -> Result<(), Error> {
    query!(
        "UPDATE exchange.clearance SET announce_by = greatest(announce_by, $2), updated_by = shared.transaction_name()
         WHERE id = $1 AND state = 'cleared'",
        id.as_uuid(),
        announce_by.to_sql(),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Ends clearances that were locked and found unused, each once.
pub(crate) async fn end_all(tx: &mut Tx, ended: &[(ClearanceId, State)], at: Timestamp) -> Result<(), Error> {
    if ended.is_empty() {
        return Ok(());
    }
    let ids: Vec<Uuid> = column(ended, |(id, _)| id.as_uuid());
    let states: Vec<String> = column(ended, |(_, state)| state.code().to_owned());
    let result = query!(
        "UPDATE exchange.clearance SET state = new.state, ended_at = $3, updated_by = shared.transaction_name()
         FROM unnest($1::uuid[], $2::text[]) AS new (id, state)
         WHERE clearance.id = new.id AND clearance.state = 'cleared'",
        &ids,
        &states,
        at.to_sql(),
    )
    .execute(tx.conn())
    .await?;
    ensure_affected("end clearances", ended.len() as u64, &result)
}

/// Marks a clearance that was just released as voided by two officers.
pub(crate) async fn set_voided(tx: &mut Tx, id: ClearanceId, repair: StreamRepairId) -> Result<(), Error> {
    let result = query!(
        "UPDATE exchange.clearance SET voided_by = $2, updated_by = shared.transaction_name()
         WHERE id = $1 AND state = 'released'",
        id.as_uuid(),
        repair.as_uuid(),
    )
    .execute(tx.conn())
    .await?;
    ensure_affected("void a clearance", 1, &result)
}
