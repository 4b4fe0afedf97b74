//! Tables `registration.notice` and `notice_sequence`: numbered notices (文书), kept as they were given.

use domain::authority::Authority;
use domain::ids::{ApplicationId, PersonId};
use domain::notice::NoticeKind;
use jiff::Timestamp;
use postgres::{Error, SqlTimestamp, ToSql as _, Tx};
use sqlx::{query, query_as, query_scalar};
use uuid::Uuid;

use super::{Within, known};

/// A notice as stored.
#[derive(Debug, Clone)]
pub(crate) struct StoredNotice {
    pub(crate) id: Uuid,
    pub(crate) application: ApplicationId,
    pub(crate) person: PersonId,
    pub(crate) authority: Authority,
    pub(crate) kind: NoticeKind,
    pub(crate) year: i32,
    pub(crate) serial: i32,
    pub(crate) number: String,
    /// Its JSON, sealed under the person's data key.
    pub(crate) sealed: Vec<u8>,
    /// SHA-256 over that JSON.
    pub(crate) digest: Vec<u8>,
    pub(crate) issued_at: Timestamp,
}

struct Row {
    id: Uuid,
    application_id: Uuid,
    person_id: Uuid,
    authority: String,
    kind: String,
    year: i32,
    serial: i32,
    number: String,
    sealed: Vec<u8>,
    digest: Vec<u8>,
    issued_at: SqlTimestamp,
}

impl TryFrom<Row> for StoredNotice {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self, Error> {
        const TABLE: &str = "registration.notice";
        Ok(Self {
            id: row.id,
            application: row.application_id.into(),
            person: row.person_id.into(),
            authority: known(row.authority.parse().ok(), TABLE, "authority", row.id)?,
            kind: known(NoticeKind::from_code(&row.kind), TABLE, "kind", row.id)?,
            year: row.year,
            serial: row.serial,
            number: row.number,
            sealed: row.sealed,
            digest: row.digest,
            issued_at: row.issued_at.to_jiff(),
        })
    }
}

/// The next number of an authority's notices of a kind in a year; held by the transaction that takes it, so that none is
/// skipped.
pub(crate) async fn next_serial(
    tx: &mut Tx,
    authority: Authority,
    kind: NoticeKind,
    year: i32,
) -> Result<i32, Error> {
    Ok(query_scalar!(
        "INSERT INTO registration.notice_sequence AS held (authority, kind, year, last) VALUES ($1, $2, $3, 1)
         ON CONFLICT (authority, kind, year) DO UPDATE SET last = held.last + 1,
             updated_by = shared.transaction_name()
         RETURNING last",
        authority.to_string(),
        kind.code(),
        year,
    )
    .fetch_one(tx.conn())
    .await?)
}

/// Keeps a notice for ever.
pub(crate) async fn insert(tx: &mut Tx, notice: &StoredNotice) -> Result<(), Error> {
    query!(
        "INSERT INTO registration.notice
             (id, application_id, person_id, authority, kind, year, serial, number, sealed, digest, issued_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        notice.id,
        notice.application.as_uuid(),
        notice.person.as_uuid(),
        notice.authority.to_string(),
        notice.kind.code(),
        notice.year,
        notice.serial,
        notice.number,
        notice.sealed,
        notice.digest,
        notice.issued_at.to_sql(),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Notices of an application, in the order they were given. An employer reads none that speaks of the person's past.
pub(crate) async fn of_application(
    tx: &mut Tx,
    within: &Within,
    application: ApplicationId,
) -> Result<Vec<StoredNotice>, Error> {
    let rows = query_as!(
        Row,
        "SELECT notice.id, application_id, notice.person_id, authority, kind, year, serial, number, sealed, digest,
                issued_at
         FROM registration.notice JOIN registration.application ON application.id = application_id
         WHERE application_id = $1
           AND ($2 OR notice.person_id = $3 OR (employer_id = ANY($4) AND kind <> 'REFUSAL'))
         ORDER BY notice.id",
        application.as_uuid(),
        within.all,
        within.person,
        &within.employers,
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter().map(StoredNotice::try_from).collect()
}

/// One notice within the scope; employers as in [`of_application`].
pub(crate) async fn find(tx: &mut Tx, within: &Within, id: Uuid) -> Result<Option<StoredNotice>, Error> {
    let row = query_as!(
        Row,
        "SELECT notice.id, application_id, notice.person_id, authority, kind, year, serial, number, sealed, digest,
                issued_at
         FROM registration.notice JOIN registration.application ON application.id = application_id
         WHERE notice.id = $1
           AND ($2 OR notice.person_id = $3 OR (employer_id = ANY($4) AND kind <> 'REFUSAL'))",
        id,
        within.all,
        within.person,
        &within.employers,
    )
    .fetch_optional(tx.conn())
    .await?;
    row.map(StoredNotice::try_from).transpose()
}
