//! Table `issuing.copy_request`: what employers ask holders for.

use domain::ids::PersonId;
use domain::use_copy::CopyRequestState;
use jiff::Timestamp;
use jiff::civil::Date;
use postgres::{Error, SqlDate, SqlTimestamp, ToSql as _, Tx, column, ensure_affected};
use service_runtime::Scope;
use sqlx::{query, query_as};
use uuid::Uuid;

const TABLE: &str = "issuing.copy_request";

/// A request as stored.
#[derive(Debug, Clone)]
pub(crate) struct RequestRow {
    pub(crate) id: Uuid,
    pub(crate) person: PersonId,
    pub(crate) employer: Uuid,
    /// Sealed, column [`super::column::request_terms`].
    pub(crate) terms: Vec<u8>,
    pub(crate) state: CopyRequestState,
    pub(crate) asked_at: Timestamp,
    pub(crate) expires_on: Date,
    pub(crate) settled_at: Option<Timestamp>,
    pub(crate) copy: Option<Uuid>,
    /// Of the version that the copy is of.
    pub(crate) copied: Option<String>,
    /// The person's wrapped key.
    pub(crate) data_key: Vec<u8>,
}

struct Row {
    id: Uuid,
    person: Uuid,
    employer: Uuid,
    terms: Vec<u8>,
    state: String,
    asked_at: SqlTimestamp,
    expires_on: SqlDate,
    settled_at: Option<SqlTimestamp>,
    copy: Option<Uuid>,
    copied: Option<String>,
    data_key: Vec<u8>,
}

impl TryFrom<Row> for RequestRow {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self, Error> {
        let state = CopyRequestState::from_code(&row.state);
        Ok(Self {
            id: row.id,
            person: row.person.into(),
            employer: row.employer,
            terms: row.terms,
            state: state.ok_or_else(|| Error::inconsistent(TABLE, "state", row.id))?,
            asked_at: row.asked_at.to_jiff(),
            expires_on: row.expires_on.to_jiff(),
            settled_at: row.settled_at.map(SqlTimestamp::to_jiff),
            copy: row.copy,
            copied: row.copied,
            data_key: row.data_key,
        })
    }
}

/// A request of a person to store.
#[derive(Debug, Clone)]
pub(crate) struct NewRequest {
    pub(crate) id: Uuid,
    pub(crate) person: PersonId,
    pub(crate) employer: Uuid,
    pub(crate) terms: Vec<u8>,
    pub(crate) expires_on: Date,
}

/// Stores a request.
pub(crate) async fn insert(tx: &mut Tx, new: &NewRequest, at: Timestamp) -> Result<(), Error> {
    query!(
        "INSERT INTO issuing.copy_request (id, person, employer, terms, state, asked_at, expires_on)
         VALUES ($1, $2, $3, $4, 'pending', $5, $6)",
        new.id,
        new.person.as_uuid(),
        new.employer,
        new.terms,
        at.to_sql(),
        new.expires_on.to_sql(),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// What an employer has asked of a person and is open on a day, or was declined since an instant.
pub(crate) async fn recent(
    tx: &mut Tx,
    (person, employer): (PersonId, Uuid),
    day: Date,
    declined_since: Timestamp,
) -> Result<Vec<RequestRow>, Error> {
    let found = query_as!(
        Row,
        r#"SELECT request.id, request.person, request.employer, request.terms, request.state, request.asked_at,
                request.expires_on, request.settled_at, request.copy, NULL::text AS copied,
                person.wrapped_key AS "data_key!"
         FROM issuing.copy_request AS request JOIN register.person AS person USING (person)
         WHERE request.person = $1 AND request.employer = $2 AND person.wrapped_key IS NOT NULL
           AND ((request.state = 'pending' AND request.expires_on >= $3)
             OR (request.state = 'declined' AND request.settled_at >= $4))
         ORDER BY request.asked_at DESC, request.id DESC"#,
        person.as_uuid(),
        employer,
        day.to_sql(),
        declined_since.to_sql(),
    )
    .fetch_all(tx.conn())
    .await?;
    found.into_iter().map(RequestRow::try_from).collect()
}

/// Requests to the scope's person, the newest first, before one of them.
pub(crate) async fn list(
    tx: &mut Tx,
    scope: &Scope,
    (asked_before, before): (Timestamp, Uuid),
    limit: i64,
) -> Result<Vec<RequestRow>, Error> {
    let rows = scope.rows();
    let found = query_as!(
        Row,
        r#"SELECT request.id, request.person, request.employer, request.terms, request.state, request.asked_at,
                request.expires_on, request.settled_at, request.copy, version.licence_identifier AS "copied?",
                person.wrapped_key AS "data_key!"
         FROM issuing.copy_request AS request JOIN register.person AS person USING (person)
         LEFT JOIN issuing.use_copy AS use_copy ON use_copy.id = request.copy
         LEFT JOIN issuing.certificate_version AS version ON version.id = use_copy.version
         WHERE ($1 OR request.person = $2) AND (request.asked_at, request.id) < ($3, $4)
           AND person.wrapped_key IS NOT NULL
         ORDER BY request.asked_at DESC, request.id DESC LIMIT $5"#,
        rows.all,
        rows.person,
        asked_before.to_sql(),
        before,
        limit,
    )
    .fetch_all(tx.conn())
    .await?;
    found.into_iter().map(RequestRow::try_from).collect()
}

/// A request to the scope's person.
pub(crate) async fn find(tx: &mut Tx, id: Uuid, scope: &Scope) -> Result<Option<RequestRow>, Error> {
    let rows = scope.rows();
    let row = query_as!(
        Row,
        r#"SELECT request.id, request.person, request.employer, request.terms, request.state, request.asked_at,
                request.expires_on, request.settled_at, request.copy, version.licence_identifier AS "copied?",
                person.wrapped_key AS "data_key!"
         FROM issuing.copy_request AS request JOIN register.person AS person USING (person)
         LEFT JOIN issuing.use_copy AS use_copy ON use_copy.id = request.copy
         LEFT JOIN issuing.certificate_version AS version ON version.id = use_copy.version
         WHERE request.id = $1 AND ($2 OR request.person = $3) AND person.wrapped_key IS NOT NULL
         FOR UPDATE OF request"#,
        id,
        rows.all,
        rows.person,
    )
    .fetch_optional(tx.conn())
    .await?;
    row.map(RequestRow::try_from).transpose()
}

/// Writes down the holder's answer: with the copy it is yes.
pub(crate) async fn answer(tx: &mut Tx, id: Uuid, copy: Option<Uuid>, at: Timestamp) -> Result<(), Error> {
    let state = copy.map_or(CopyRequestState::Declined, |_| CopyRequestState::Approved);
    let result = query!(
        "UPDATE issuing.copy_request SET state = $2, copy = $3, settled_at = $4, updated_by = shared.transaction_name()
         WHERE id = $1 AND state = 'pending'",
        id,
        state.code(),
        copy,
        at.to_sql(),
    )
    .execute(tx.conn())
    .await?;
    ensure_affected("answer a copy request", 1, &result)
}

/// Lapses what others than the employer of the registration in force have asked for.
pub(crate) async fn lapse_with_employments(
    tx: &mut Tx,
    employments: &[(PersonId, Option<Uuid>)],
    at: Timestamp,
) -> Result<(), Error> {
    let people: Vec<Uuid> = column(employments, |(person, _)| person.as_uuid());
    let employers: Vec<Option<Uuid>> = column(employments, |(_, employer)| *employer);
    query!(
        "UPDATE issuing.copy_request AS request SET state = 'lapsed', settled_at = $3, updated_by = shared.transaction_name()
         FROM unnest($1::uuid[], $2::uuid[]) AS now (person, employer)
         WHERE request.person = now.person AND request.state = 'pending'
           AND request.employer IS DISTINCT FROM now.employer",
        &people,
        &employers as _,
        at.to_sql(),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
