//! Tables `issuing.standing_consent` and `issuing.consent_use`.

use std::collections::BTreeSet;

use domain::certificate::Purpose;
use domain::ids::PersonId;
use domain::use_copy::{ConsentEnd, ConsentTerms};
use jiff::Timestamp;
use jiff::civil::Date;
use postgres::{Error, SqlDate, SqlTimestamp, ToSql as _, Tx, column, ensure_affected};
use service_runtime::Scope;
use sqlx::{query, query_as, query_scalar};
use uuid::Uuid;

const TABLE: &str = "issuing.standing_consent";

/// A consent as stored, with how it was used.
#[derive(Debug, Clone)]
pub(crate) struct ConsentRow {
    pub(crate) id: Uuid,
    pub(crate) person: PersonId,
    pub(crate) employer: Uuid,
    pub(crate) terms: ConsentTerms,
    pub(crate) granted_at: Timestamp,
    pub(crate) ended: Option<(Timestamp, ConsentEnd)>,
    pub(crate) uses: u64,
    pub(crate) last_used_at: Option<Timestamp>,
}

impl ConsentRow {
    /// What ended it before its day.
    pub(crate) fn end(&self) -> Option<ConsentEnd> {
        self.ended.map(|(_, end)| end)
    }
}

struct Row {
    id: Uuid,
    person: Uuid,
    employer: Uuid,
    purposes: Vec<String>,
    ends_on: SqlDate,
    granted_at: SqlTimestamp,
    ended_at: Option<SqlTimestamp>,
    ended_by: Option<String>,
    uses: i64,
    last_used_at: Option<SqlTimestamp>,
}

impl TryFrom<Row> for ConsentRow {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self, Error> {
        let purposes: Option<BTreeSet<_>> =
            row.purposes.iter().map(|code| Purpose::from_code(code)).collect();
        let ended = match (row.ended_at, row.ended_by.as_deref()) {
            (None, None) => None,
            (Some(at), Some(by)) => Some((
                at.to_jiff(),
                ConsentEnd::from_code(by).ok_or_else(|| Error::inconsistent(TABLE, "ended_by", row.id))?,
            )),
            (None, Some(_)) | (Some(_), None) => {
                return Err(Error::inconsistent(TABLE, "ended_at", row.id));
            }
        };
        Ok(Self {
            id: row.id,
            person: row.person.into(),
            employer: row.employer,
            terms: ConsentTerms {
                purposes: purposes.ok_or_else(|| Error::inconsistent(TABLE, "purposes", row.id))?,
                ends_on: row.ends_on.to_jiff(),
            },
            granted_at: row.granted_at.to_jiff(),
            ended,
            uses: crate::store::natural(row.uses, TABLE, "uses")?,
            last_used_at: row.last_used_at.map(SqlTimestamp::to_jiff),
        })
    }
}

/// Stores a consent.
pub(crate) async fn insert(
    tx: &mut Tx,
    id: Uuid,
    person: PersonId,
    employer: Uuid,
    terms: &ConsentTerms,
    at: Timestamp,
) -> Result<(), Error> {
    let purposes: Vec<String> = terms
        .purposes
        .iter()
        .map(|purpose| purpose.code().to_owned())
        .collect();
    query!(
        "INSERT INTO issuing.standing_consent (id, person, employer, purposes, ends_on, granted_at)
         VALUES ($1, $2, $3, $4, $5, $6)",
        id,
        person.as_uuid(),
        employer,
        &purposes,
        terms.ends_on.to_sql(),
        at.to_sql(),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// A consent of the scope's person.
pub(crate) async fn find(tx: &mut Tx, id: Uuid, scope: &Scope) -> Result<Option<ConsentRow>, Error> {
    let rows = scope.rows();
    let row = query_as!(
        Row,
        r#"SELECT consent.id, consent.person, consent.employer, consent.purposes, consent.ends_on, consent.granted_at,
                consent.ended_at, consent.ended_by, used.uses AS "uses!", used.last_used_at
         FROM issuing.standing_consent AS consent
         CROSS JOIN LATERAL (SELECT count(*) AS uses, max(used_at) AS last_used_at FROM issuing.consent_use
                             WHERE consent_use.consent = consent.id) AS used
         WHERE consent.id = $1 AND ($2 OR consent.person = $3)"#,
        id,
        rows.all,
        rows.person,
    )
    .fetch_optional(tx.conn())
    .await?;
    row.map(ConsentRow::try_from).transpose()
}

/// Locks a consent of the scope's person; whether there is one.
pub(crate) async fn lock(tx: &mut Tx, id: Uuid, scope: &Scope) -> Result<bool, Error> {
    let rows = scope.rows();
    let found = query_scalar!(
        "SELECT id FROM issuing.standing_consent WHERE id = $1 AND ($2 OR person = $3) FOR UPDATE",
        id,
        rows.all,
        rows.person,
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(found.is_some())
}

/// Consents of the scope's person, the newest first, before one of them.
pub(crate) async fn list(
    tx: &mut Tx,
    scope: &Scope,
    (granted_before, before): (Timestamp, Uuid),
    limit: i64,
) -> Result<Vec<ConsentRow>, Error> {
    let rows = scope.rows();
    let found = query_as!(
        Row,
        r#"SELECT consent.id, consent.person, consent.employer, consent.purposes, consent.ends_on, consent.granted_at,
                consent.ended_at, consent.ended_by, used.uses AS "uses!", used.last_used_at
         FROM issuing.standing_consent AS consent
         CROSS JOIN LATERAL (SELECT count(*) AS uses, max(used_at) AS last_used_at FROM issuing.consent_use
                             WHERE consent_use.consent = consent.id) AS used
         WHERE ($1 OR consent.person = $2) AND (consent.granted_at, consent.id) < ($3, $4)
         ORDER BY consent.granted_at DESC, consent.id DESC LIMIT $5"#,
        rows.all,
        rows.person,
        granted_before.to_sql(),
        before,
        limit,
    )
    .fetch_all(tx.conn())
    .await?;
    found.into_iter().map(ConsentRow::try_from).collect()
}

/// How many consents of a person stand on a day. The person's registration is locked by the caller.
pub(crate) async fn standing(tx: &mut Tx, person: PersonId, day: Date) -> Result<usize, Error> {
    let count = query_scalar!(
        r#"SELECT count(*) AS "count!" FROM issuing.standing_consent
           WHERE person = $1 AND ended_at IS NULL AND ends_on >= $2"#,
        person.as_uuid(),
        day.to_sql(),
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(usize::try_from(count).unwrap_or(usize::MAX))
}

/// The consent by which an employer may have a copy of a person for a purpose on a day: the one that stands longest.
/// Locked, so that it cannot end before the copy is there.
pub(crate) async fn allowing(
    tx: &mut Tx,
    (person, employer): (PersonId, Uuid),
    purpose: Purpose,
    day: Date,
) -> Result<Option<Uuid>, Error> {
    Ok(query_scalar!(
        "SELECT id FROM issuing.standing_consent
         WHERE person = $1 AND employer = $2 AND ended_at IS NULL AND ends_on >= $3 AND $4 = ANY(purposes)
         ORDER BY ends_on DESC, id LIMIT 1 FOR SHARE",
        person.as_uuid(),
        employer,
        day.to_sql(),
        purpose.code(),
    )
    .fetch_optional(tx.conn())
    .await?)
}

/// Whether a consent still stands on a day.
pub(crate) async fn stands(tx: &mut Tx, id: Uuid, day: Date) -> Result<bool, Error> {
    Ok(query_scalar!(
        r#"SELECT EXISTS (SELECT FROM issuing.standing_consent
                          WHERE id = $1 AND ended_at IS NULL AND ends_on >= $2) AS "stands!""#,
        id,
        day.to_sql(),
    )
    .fetch_one(tx.conn())
    .await?)
}

/// Ends a consent by its holder's wish.
pub(crate) async fn revoke(tx: &mut Tx, id: Uuid, at: Timestamp) -> Result<(), Error> {
    let result = query!(
        "UPDATE issuing.standing_consent SET ended_at = $2, ended_by = 'revoked', updated_by = shared.transaction_name()
         WHERE id = $1 AND ended_at IS NULL",
        id,
        at.to_sql(),
    )
    .execute(tx.conn())
    .await?;
    ensure_affected("revoke a consent", 1, &result)
}

/// Ends the consents that people gave to any other employer than the one they are with, of whom there may be none; returns
/// consent, person and employer of each.
pub(crate) async fn end_with_employments(
    tx: &mut Tx,
    employments: &[(PersonId, Option<Uuid>)],
    at: Timestamp,
) -> Result<Vec<(Uuid, PersonId, Uuid)>, Error> {
    let people: Vec<Uuid> = column(employments, |(person, _)| person.as_uuid());
    let employers: Vec<Option<Uuid>> = column(employments, |(_, employer)| *employer);
    let ended = query!(
        "UPDATE issuing.standing_consent AS consent SET ended_at = $3, ended_by = 'employment_ended',
             updated_by = shared.transaction_name()
         FROM unnest($1::uuid[], $2::uuid[]) AS now (person, employer)
         WHERE consent.person = now.person AND consent.ended_at IS NULL
           AND consent.employer IS DISTINCT FROM now.employer
         RETURNING consent.id, consent.person, consent.employer",
        &people,
        &employers as _,
        at.to_sql(),
    )
    .fetch_all(tx.conn())
    .await?;
    let ended = ended
        .into_iter()
        .map(|row| (row.id, row.person.into(), row.employer));
    Ok(ended.collect())
}

/// Writes down that a copy goes along by a consent.
pub(crate) async fn use_up(
    tx: &mut Tx,
    (consent, copy, package): (Uuid, Uuid, Uuid),
    at: Timestamp,
) -> Result<(), Error> {
    query!(
        "INSERT INTO issuing.consent_use (id, consent, copy, package, used_at) VALUES ($1, $2, $3, $4, $5)",
        Uuid::now_v7(),
        consent,
        copy,
        package,
        at.to_sql(),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// One use of a consent.
#[derive(Debug, Clone)]
pub(crate) struct UseRow {
    pub(crate) id: Uuid,
    pub(crate) copy: Uuid,
    pub(crate) licence_identifier: String,
    pub(crate) package: Uuid,
    pub(crate) used_at: Timestamp,
}

/// Uses of a consent of the scope's person, the newest first, before one of them.
pub(crate) async fn uses(
    tx: &mut Tx,
    consent: Uuid,
    scope: &Scope,
    (used_before, before): (Timestamp, Uuid),
    limit: i64,
) -> Result<Vec<UseRow>, Error> {
    let rows = scope.rows();
    let found = query!(
        r#"SELECT used.id, used.copy, version.licence_identifier, used.package, used.used_at AS "used_at: SqlTimestamp"
           FROM issuing.consent_use AS used
           JOIN issuing.standing_consent AS consent ON consent.id = used.consent
           JOIN issuing.use_copy AS copy ON copy.id = used.copy
           JOIN issuing.certificate_version AS version ON version.id = copy.version
           WHERE used.consent = $1 AND ($2 OR consent.person = $3) AND (used.used_at, used.id) < ($4, $5)
           ORDER BY used.used_at DESC, used.id DESC LIMIT $6"#,
        consent,
        rows.all,
        rows.person,
        used_before.to_sql(),
        before,
        limit,
    )
    .fetch_all(tx.conn())
    .await?;
    let uses = found.into_iter().map(|row| UseRow {
        id: row.id,
        copy: row.copy,
        licence_identifier: row.licence_identifier,
        package: row.package,
        used_at: row.used_at.to_jiff(),
    });
    Ok(uses.collect())
}
