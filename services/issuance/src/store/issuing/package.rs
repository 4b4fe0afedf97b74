//! Tables `issuing.package` and `issuing.package_member`, and what an employer may see of the people registered with it:
//! every query here takes the employer's scope and asks the register who is registered there now.

use domain::use_copy::MissingReason;
use jiff::Timestamp;
use jiff::civil::Date;
use postgres::{Error, SqlTimestamp, ToSql as _, Tx, ensure_affected};
use service_runtime::Scope;
use sqlx::{query, query_as, query_scalar};
use uuid::Uuid;

use super::document::{Document, Format};
use super::use_copy::{CopyRow, Row as Copy};

/// A person of a package, and what was found.
#[derive(Debug, Clone)]
pub(crate) struct MemberRow {
    pub(crate) ordinal: i32,
    pub(crate) person: Uuid,
    pub(crate) found: Option<Found>,
}

/// What was found for a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Found {
    /// A copy, by a consent unless the holder made it for this recipient.
    Copy { copy: Uuid, consent: Option<Uuid> },
    /// None.
    Missing(MissingReason),
}

/// The current version of a person who is registered with an employer now.
#[derive(Debug, Clone)]
pub(crate) struct Member {
    pub(crate) version: Uuid,
    pub(crate) licence_identifier: String,
    /// Sealed facts record.
    pub(crate) facts: Vec<u8>,
    pub(crate) issued: bool,
    /// Sealed register entry.
    pub(crate) entry: Vec<u8>,
    pub(crate) data_key: Vec<u8>,
}

/// Stores a package with its people in order.
pub(crate) async fn insert(
    tx: &mut Tx,
    (package, employer): (Uuid, Uuid),
    persons: &[Uuid],
    at: Timestamp,
) -> Result<(), Error> {
    query!(
        "INSERT INTO issuing.package (id, employer, made_at) VALUES ($1, $2, $3)",
        package,
        employer,
        at.to_sql(),
    )
    .execute(tx.conn())
    .await?;
    query!(
        "INSERT INTO issuing.package_member (package, ordinal, person)
         SELECT $1, ordinal::integer, person FROM unnest($2::uuid[]) WITH ORDINALITY AS listed (person, ordinal)",
        package,
        persons,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// When a package of an employer of the scope was made.
pub(crate) async fn made_at(
    tx: &mut Tx,
    (package, employer): (Uuid, Uuid),
    scope: &Scope,
) -> Result<Option<Timestamp>, Error> {
    let rows = scope.rows();
    let at = query_scalar!(
        r#"SELECT made_at AS "made_at: SqlTimestamp" FROM issuing.package
           WHERE id = $1 AND employer = $2 AND ($3 OR employer = ANY($4))"#,
        package,
        employer,
        rows.all,
        &rows.employers,
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(at.map(SqlTimestamp::to_jiff))
}

/// Everybody registered with an employer of the scope now, by registration number.
pub(crate) async fn registered(
    tx: &mut Tx,
    employer: Uuid,
    scope: &Scope,
    limit: i64,
) -> Result<Vec<Uuid>, Error> {
    let rows = scope.rows();
    Ok(query_scalar!(
        "SELECT person FROM register.active_registration
         WHERE employer = $1 AND ($2 OR employer = ANY($3)) ORDER BY number LIMIT $4",
        employer,
        rows.all,
        &rows.employers,
        limit,
    )
    .fetch_all(tx.conn())
    .await?)
}

/// The people of a package in their order. The caller has found the package within its scope.
pub(crate) async fn members(tx: &mut Tx, package: Uuid, scope: &Scope) -> Result<Vec<MemberRow>, Error> {
    let rows = scope.rows();
    let found = query!(
        "SELECT member.ordinal, member.person, member.copy, member.consent, member.missing
         FROM issuing.package_member AS member JOIN issuing.package AS package ON package.id = member.package
         WHERE member.package = $1 AND ($2 OR package.employer = ANY($3)) ORDER BY member.ordinal",
        package,
        rows.all,
        &rows.employers,
    )
    .fetch_all(tx.conn())
    .await?;
    let read = found.into_iter().map(|row| {
        Ok(MemberRow {
            ordinal: row.ordinal,
            person: row.person,
            found: found_of(package, row.copy, row.consent, row.missing)?,
        })
    });
    read.collect()
}

/// What was found for one person of a package; locked, so that it is found once.
pub(crate) async fn lock_member(tx: &mut Tx, package: Uuid, ordinal: i32) -> Result<Option<Found>, Error> {
    let row = query!(
        "SELECT copy, consent, missing FROM issuing.package_member WHERE package = $1 AND ordinal = $2 FOR UPDATE",
        package,
        ordinal,
    )
    .fetch_one(tx.conn())
    .await?;
    found_of(package, row.copy, row.consent, row.missing)
}

fn found_of(
    package: Uuid,
    copy: Option<Uuid>,
    consent: Option<Uuid>,
    missing: Option<String>,
) -> Result<Option<Found>, Error> {
    let bad = || Error::inconsistent("issuing.package_member", "missing", package);
    Ok(match (copy, missing) {
        (Some(copy), None) => Some(Found::Copy { copy, consent }),
        (None, Some(code)) => Some(Found::Missing(MissingReason::from_code(&code).ok_or_else(bad)?)),
        (None, None) => None,
        (Some(_), Some(_)) => return Err(bad()),
    })
}

/// Writes down what was found.
pub(crate) async fn settle(tx: &mut Tx, package: Uuid, ordinal: i32, found: Found) -> Result<(), Error> {
    let (copy, consent, missing) = match found {
        Found::Copy { copy, consent } => (Some(copy), consent, None),
        Found::Missing(reason) => (None, None, Some(reason.code())),
    };
    let result = query!(
        "UPDATE issuing.package_member SET copy = $3, consent = $4, missing = $5, updated_by = shared.transaction_name()
         WHERE package = $1 AND ordinal = $2 AND copy IS NULL AND missing IS NULL",
        package,
        ordinal,
        copy,
        consent,
        missing,
    )
    .execute(tx.conn())
    .await?;
    ensure_affected("settle a member of a package", 1, &result)
}

/// The current version of a person, if they are registered with an employer of the scope now. Locked: a change of
/// employer supersedes the version, and so waits, or is seen.
pub(crate) async fn lock_version(
    tx: &mut Tx,
    (person, employer): (Uuid, Uuid),
    scope: &Scope,
) -> Result<Option<Member>, Error> {
    let rows = scope.rows();
    Ok(query_as!(
        Member,
        r#"SELECT version.id AS version, version.licence_identifier, version.facts,
                version.issued_at IS NOT NULL AS "issued!", entry.entry, person.wrapped_key AS "data_key!"
         FROM register.active_registration AS active
         JOIN register.entry AS entry ON entry.person = active.person
         JOIN register.person AS person ON person.person = active.person
         JOIN issuing.certificate_version AS version ON version.person = active.person
         WHERE active.person = $1 AND active.employer = $2 AND version.current AND person.wrapped_key IS NOT NULL
           AND ($3 OR active.employer = ANY($4))
         FOR UPDATE OF version"#,
        person,
        employer,
        rows.all,
        &rows.employers,
    )
    .fetch_optional(tx.conn())
    .await?)
}

/// As [`lock_version`], without a lock: for reads.
pub(crate) async fn find_version(
    tx: &mut Tx,
    (person, employer): (Uuid, Uuid),
    scope: &Scope,
) -> Result<Option<Member>, Error> {
    let rows = scope.rows();
    Ok(query_as!(
        Member,
        r#"SELECT version.id AS version, version.licence_identifier, version.facts,
                version.issued_at IS NOT NULL AS "issued!", entry.entry, person.wrapped_key AS "data_key!"
         FROM register.active_registration AS active
         JOIN register.entry AS entry ON entry.person = active.person
         JOIN register.person AS person ON person.person = active.person
         JOIN issuing.certificate_version AS version ON version.person = active.person
         WHERE active.person = $1 AND active.employer = $2 AND version.current AND person.wrapped_key IS NOT NULL
           AND ($3 OR active.employer = ANY($4))"#,
        person,
        employer,
        rows.all,
        &rows.employers,
    )
    .fetch_optional(tx.conn())
    .await?)
}

/// Copies of a version that may be used on a day, the newest first. The caller has found the version within its scope.
pub(crate) async fn living_copies(tx: &mut Tx, member: &Member, day: Date) -> Result<Vec<CopyRow>, Error> {
    let found = query_as!(
        Copy,
        r#"SELECT id, version, made_at, use_until, facts, ready_at, revoked_at, revocation_reason, consent, change,
                EXISTS (SELECT FROM issuing.document_set AS made
                        WHERE made.version = use_copy.version AND made.copy = use_copy.id AND made.pdf_sm2) AS "pdf_sm2!"
         FROM issuing.use_copy WHERE version = $1 AND revoked_at IS NULL AND use_until >= $2
         ORDER BY made_at DESC, id DESC LIMIT 1000"#,
        member.version,
        day.to_sql(),
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(found.into_iter().map(CopyRow::from).collect())
}

/// One copy of a version. The caller has found the version within its scope.
pub(crate) async fn copy(tx: &mut Tx, member: &Member, copy: Uuid) -> Result<Option<CopyRow>, Error> {
    let found = query_as!(
        Copy,
        r#"SELECT id, version, made_at, use_until, facts, ready_at, revoked_at, revocation_reason, consent, change,
                EXISTS (SELECT FROM issuing.document_set AS made
                        WHERE made.version = use_copy.version AND made.copy = use_copy.id AND made.pdf_sm2) AS "pdf_sm2!"
         FROM issuing.use_copy WHERE version = $1 AND id = $2"#,
        member.version,
        copy,
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(found.map(CopyRow::from))
}

/// A file of a copy. The caller has found the version within its scope.
pub(crate) async fn document(
    tx: &mut Tx,
    (member, copy): (&Member, Uuid),
    format: Format,
) -> Result<Option<Document>, Error> {
    let row = query!(
        "SELECT document.sha256, document.size, document.place
         FROM issuing.document AS document
         JOIN issuing.document_set AS document_set ON document_set.id = document.document_set
         WHERE document_set.version = $1 AND document_set.copy = $2 AND document.format = $3
         ORDER BY document_set.generation DESC LIMIT 1",
        member.version,
        copy,
        format.name(),
    )
    .fetch_optional(tx.conn())
    .await?;
    row.map(|row| {
        let sha256 = row.sha256.try_into();
        let sha256 = sha256.map_err(|_| Error::inconsistent("issuing.document", "sha256", copy))?;
        Ok(Document {
            format,
            sha256,
            size: row.size,
            place: row.place,
        })
    })
    .transpose()
}
