//! Table `exchange.claim`: one open application per person nationwide.

use domain::application::ApplicationType;
use domain::ids::{ApplicationId, PersonId};
use domain::province::Province;
use jiff::Timestamp;
use postgres::{Error, SqlTimestamp, ToSql as _, Tx, column};
use sqlx::{query, query_scalar};
use uuid::Uuid;

/// A claim as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Claim {
    pub(crate) person: PersonId,
    pub(crate) kind: ApplicationType,
    pub(crate) open: bool,
    /// Since when it stands so.
    pub(crate) since: Timestamp,
}

/// An application of a province.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key {
    pub(crate) province: Province,
    pub(crate) application: ApplicationId,
}

impl std::fmt::Display for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "provinces/{}/applications/{}", self.province, self.application)
    }
}

/// Locks a claim.
pub(crate) async fn lock(tx: &mut Tx, key: Key) -> Result<Option<Claim>, Error> {
    let row = query!(
        r#"SELECT person, type, state, coalesce(ended_at, claimed_at) AS "since!: SqlTimestamp" FROM exchange.claim
           WHERE province = $1 AND application = $2 FOR UPDATE"#,
        key.province.code(),
        key.application.as_uuid(),
    )
    .fetch_optional(tx.conn())
    .await?;
    row.map(|row| {
        let kind = ApplicationType::from_code(&row.r#type);
        Ok(Claim {
            person: row.person.into(),
            kind: kind.ok_or_else(|| Error::inconsistent("exchange.claim", "type", key))?,
            open: row.state == "open",
            since: row.since.to_jiff(),
        })
    })
    .transpose()
}

/// Opens a claim, or one that was released before; `false` if it was open already. Fails on `claim_one_open` if another
/// application of the person is open.
pub(crate) async fn open(
    tx: &mut Tx,
    key: Key,
    person: PersonId,
    kind: ApplicationType,
    at: Timestamp,
) -> Result<bool, Error> {
    let result = query!(
        "INSERT INTO exchange.claim (province, application, person, type, exclusive, state, claimed_at)
         VALUES ($1, $2, $3, $4, $5, 'open', $6)
         ON CONFLICT (province, application) DO UPDATE SET state = 'open', claimed_at = excluded.claimed_at,
             ended_at = NULL, reason = NULL, updated_by = shared.transaction_name()
         WHERE claim.state = 'released'",
        key.province.code(),
        key.application.as_uuid(),
        person.as_uuid(),
        kind.code(),
        kind.needs_claim(),
        at.to_sql(),
    )
    .execute(tx.conn())
    .await?;
    Ok(result.rows_affected() == 1)
}

/// Since when another application of the person is open.
pub(crate) async fn open_since(tx: &mut Tx, person: PersonId) -> Result<Option<Timestamp>, Error> {
    let since = query_scalar!(
        "SELECT claimed_at FROM exchange.claim WHERE person = $1 AND state = 'open' AND exclusive",
        person.as_uuid(),
    );
    Ok(since.fetch_optional(tx.conn()).await?.map(SqlTimestamp::to_jiff))
}

/// How a claim ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum End {
    /// What it was for is in the register.
    Used,
    /// It came to nothing, for a reason.
    Released(String),
}

/// Ends open claims, each once; one that has ended stays as it is. Returns how many were open.
pub(crate) async fn end_all(tx: &mut Tx, ended: &[(Key, End)], at: Timestamp) -> Result<u64, Error> {
    if ended.is_empty() {
        return Ok(0);
    }
    let provinces: Vec<String> = column(ended, |(key, _)| key.province.code().to_owned());
    let applications: Vec<Uuid> = column(ended, |(key, _)| key.application.as_uuid());
    let reasons: Vec<Option<String>> = column(ended, |(_, end)| match end {
        End::Used => None,
        End::Released(reason) => Some(reason.clone()),
    });
    let used: Vec<bool> = column(ended, |(_, end)| *end == End::Used);
    let result = query!(
        "UPDATE exchange.claim SET state = CASE WHEN new.used THEN 'used' ELSE 'released' END, ended_at = $5,
             reason = new.reason, updated_by = shared.transaction_name()
         FROM unnest($1::text[], $2::uuid[], $3::bool[], $4::text[]) AS new (province, application, used, reason)
         WHERE claim.province = new.province AND claim.application = new.application AND claim.state = 'open'",
        &provinces,
        &applications,
        &used,
        &reasons as _,
        at.to_sql(),
    )
    .execute(tx.conn())
    .await?;
    Ok(result.rows_affected())
}
