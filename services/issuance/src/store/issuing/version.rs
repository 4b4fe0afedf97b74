//! Table `issuing.certificate_version`, as the issuing room reads and marks it; `apply` writes it.

use domain::certificate::Supersession;
use domain::ids::{ApplicationId, PersonId};
use domain::province::Province;
use jiff::Timestamp;
use postgres::{Error, SqlTimestamp, ToSql as _, Tx, column};
use service_runtime::Scope;
use sqlx::{query, query_as};
use uuid::Uuid;

/// A version with its person's wrapped key.
#[derive(Debug, Clone)]
pub(crate) struct VersionRow {
    pub(crate) id: Uuid,
    pub(crate) person: PersonId,
    pub(crate) licence_identifier: String,
    pub(crate) version: u16,
    /// Canonical facts record, sealed.
    pub(crate) facts: Vec<u8>,
    pub(crate) data_key: Vec<u8>,
    pub(crate) announced_at: Timestamp,
    pub(crate) issued_at: Option<Timestamp>,
    pub(crate) superseded_at: Option<Timestamp>,
    pub(crate) superseded_by: Option<String>,
    pub(crate) changed_facts: Vec<String>,
    pub(crate) supersession: Option<Supersession>,
    pub(crate) made_at: Timestamp,
}

struct Row {
    id: Uuid,
    person: Uuid,
    licence_identifier: String,
    version: i16,
    facts: Vec<u8>,
    wrapped_key: Vec<u8>,
    announced_at: SqlTimestamp,
    issued_at: Option<SqlTimestamp>,
    superseded_at: Option<SqlTimestamp>,
    superseded_by: Option<String>,
    changed_facts: Vec<String>,
    supersession: Option<serde_json::Value>,
    made_at: SqlTimestamp,
}

impl TryFrom<Row> for VersionRow {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self, Error> {
        let version = u16::try_from(row.version);
        let supersession = row.supersession.map(serde_json::from_value).transpose();
        Ok(Self {
            id: row.id,
            person: row.person.into(),
            licence_identifier: row.licence_identifier,
            version: version
                .map_err(|_| Error::inconsistent("issuing.certificate_version", "version", row.id))?,
            facts: row.facts,
            data_key: row.wrapped_key,
            announced_at: row.announced_at.to_jiff(),
            issued_at: row.issued_at.map(SqlTimestamp::to_jiff),
            superseded_at: row.superseded_at.map(SqlTimestamp::to_jiff),
            superseded_by: row.superseded_by,
            changed_facts: row.changed_facts,
            supersession: supersession
                .map_err(|_| Error::inconsistent("issuing.certificate_version", "supersession", row.id))?,
            made_at: row.made_at.to_jiff(),
        })
    }
}

/// A version by its licence identifier, if it is within the scope.
pub(crate) async fn find(
    tx: &mut Tx,
    licence_identifier: &str,
    scope: &Scope,
) -> Result<Option<VersionRow>, Error> {
    let rows = scope.rows();
    let row = query_as!(
        Row,
        r#"SELECT version.id, version.person, version.licence_identifier, version.version, version.facts,
                person.wrapped_key AS "wrapped_key!", version.announced_at, version.issued_at, version.superseded_at,
                version.superseded_by, version.changed_facts, version.supersession, version.made_at
         FROM issuing.certificate_version AS version JOIN register.person AS person USING (person)
         WHERE version.licence_identifier = $1 AND ($2 OR version.person = $3)
           AND person.wrapped_key IS NOT NULL"#,
        licence_identifier,
        rows.all,
        rows.person,
    )
    .fetch_optional(tx.conn())
    .await?;
    row.map(VersionRow::try_from).transpose()
}

/// Locks a version, which is the root of its copies, if it is within the scope.
pub(crate) async fn lock(tx: &mut Tx, id: Uuid, scope: &Scope) -> Result<Option<VersionRow>, Error> {
    let rows = scope.rows();
    let row = query_as!(
        Row,
        r#"SELECT version.id, version.person, version.licence_identifier, version.version, version.facts,
                person.wrapped_key AS "wrapped_key!", version.announced_at, version.issued_at, version.superseded_at,
                version.superseded_by, version.changed_facts, version.supersession, version.made_at
         FROM issuing.certificate_version AS version JOIN register.person AS person USING (person)
         WHERE version.id = $1 AND ($2 OR version.person = $3) AND person.wrapped_key IS NOT NULL
         FOR UPDATE OF version"#,
        id,
        rows.all,
        rows.person,
    )
    .fetch_optional(tx.conn())
    .await?;
    row.map(VersionRow::try_from).transpose()
}

/// Locks the current version of the scope's person.
pub(crate) async fn lock_current(tx: &mut Tx, scope: &Scope) -> Result<Option<VersionRow>, Error> {
    let row = query_as!(
        Row,
        r#"SELECT version.id, version.person, version.licence_identifier, version.version, version.facts,
                person.wrapped_key AS "wrapped_key!", version.announced_at, version.issued_at, version.superseded_at,
                version.superseded_by, version.changed_facts, version.supersession, version.made_at
         FROM issuing.certificate_version AS version JOIN register.person AS person USING (person)
         WHERE version.person = $1 AND version.current AND person.wrapped_key IS NOT NULL
         FOR UPDATE OF version"#,
        scope.rows().person,
    )
    .fetch_optional(tx.conn())
    .await?;
    row.map(VersionRow::try_from).transpose()
}

/// Versions within the scope, the newest first, before a version.
pub(crate) async fn list(
    tx: &mut Tx,
    scope: &Scope,
    (made_before, before): (Timestamp, Uuid),
    limit: i64,
) -> Result<Vec<VersionRow>, Error> {
    let rows = scope.rows();
    let found = query_as!(
        Row,
        r#"SELECT version.id, version.person, version.licence_identifier, version.version, version.facts,
                person.wrapped_key AS "wrapped_key!", version.announced_at, version.issued_at, version.superseded_at,
                version.superseded_by, version.changed_facts, version.supersession, version.made_at
         FROM issuing.certificate_version AS version JOIN register.person AS person USING (person)
         WHERE ($1 OR version.person = $2) AND (version.made_at, version.id) < ($3, $4)
           AND person.wrapped_key IS NOT NULL
         ORDER BY version.made_at DESC, version.id DESC LIMIT $5"#,
        rows.all,
        rows.person,
        made_before.to_sql(),
        before,
        limit,
    )
    .fetch_all(tx.conn())
    .await?;
    found.into_iter().map(VersionRow::try_from).collect()
}

/// What the documents of a version, or of one of its copies, are made from.
pub(crate) struct Subject {
    pub(crate) person: PersonId,
    pub(crate) data_key: Vec<u8>,
    /// Of the copy, if it is one.
    pub(crate) facts: Vec<u8>,
    /// Places in the object store.
    pub(crate) photo: String,
    pub(crate) signature_image: String,
}

/// Reads subjects within the scope, each with its place among those that are asked for.
pub(crate) async fn subjects(
    tx: &mut Tx,
    asked: &[(Uuid, Option<Uuid>)],
    scope: &Scope,
) -> Result<Vec<(usize, Subject)>, Error> {
    let rows = scope.rows();
    let copies: Vec<Option<Uuid>> = column(asked, |(_, copy)| *copy);
    let found = query!(
        r#"SELECT asked.place AS "place!", asked.copy IS NOT NULL AS "of_copy!", version.person,
                  person.wrapped_key AS "wrapped_key!", version.photo, version.signature_image,
                  version.facts, use_copy.facts AS "copy_facts?"
           FROM unnest($1::uuid[], $2::uuid[]) WITH ORDINALITY AS asked (version, copy, place)
           JOIN issuing.certificate_version AS version ON version.id = asked.version
           JOIN register.person AS person USING (person)
           LEFT JOIN issuing.use_copy AS use_copy ON use_copy.version = version.id AND use_copy.id = asked.copy
           WHERE ($3 OR version.person = $4) AND person.wrapped_key IS NOT NULL"#,
        &column(asked, |(version, _)| *version),
        &copies as _,
        rows.all,
        rows.person,
    )
    .fetch_all(tx.conn())
    .await?;
    let subject = found.into_iter().filter_map(|row| {
        let facts = if row.of_copy { row.copy_facts? } else { row.facts };
        let subject = Subject {
            person: row.person.into(),
            data_key: row.wrapped_key,
            facts,
            photo: row.photo,
            signature_image: row.signature_image,
        };
        Some((crate::store::nth(row.place)?, subject))
    });
    Ok(subject.collect())
}

/// Marks versions issued; returns those that were not yet, with the province and the application to tell of their issue. The
/// documents of the others were made anew.
pub(crate) async fn issued_all(
    tx: &mut Tx,
    ids: &[Uuid],
    at: Timestamp,
) -> Result<Vec<(Uuid, Province, ApplicationId)>, Error> {
    let rows = query!(
        "UPDATE issuing.certificate_version SET state = 'issued', issued_at = $2,
             updated_by = shared.transaction_name()
         WHERE id = ANY($1) AND state = 'issuing' RETURNING id, province, application",
        ids,
        at.to_sql(),
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter()
        .map(|row| {
            let province = crate::store::province(&row.province, "issuing.certificate_version", row.id)?;
            Ok((row.id, province, row.application.into()))
        })
        .collect()
}
