//! What step 1 (apply) writes in this room: versions with their jobs, and what became of the versions before.

use domain::certificate::Supersession;
use domain::ids::{PersonId, RegisterActId};
use domain::licence_identifier::LicenceIdentifier;
use domain::province::Province;
use domain::register::OperationCode;
use jiff::Timestamp;
use jiff::civil::Date;
use postgres::hash::Hash;
use postgres::{Error, SqlDate, SqlTimestamp, ToSql as _, Tx, column, ensure_affected};
use serde_json::Value;
use sqlx::query;
use uuid::Uuid;

const TABLE: &str = "issuing.certificate_version";

/// The latest version of a person, current or not.
#[derive(Debug, Clone)]
pub(crate) struct Latest {
    pub(crate) id: Uuid,
    pub(crate) licence_identifier: LicenceIdentifier,
    /// Sealed, column [`super::column::version_facts`].
    pub(crate) facts: Vec<u8>,
    pub(crate) current: bool,
    /// The last day on which one of its copies can be used.
    pub(crate) copies_until: Option<Date>,
}

/// How a version ended.
#[derive(Debug, Clone)]
pub(crate) struct Ended {
    pub(crate) at: Timestamp,
    /// The version that took its place; none where the registration ended.
    pub(crate) by: Option<LicenceIdentifier>,
    pub(crate) changed_facts: Vec<String>,
    pub(crate) supersession: Option<Supersession>,
}

/// A version to store.
#[derive(Debug)]
pub(crate) struct NewVersion {
    pub(crate) id: Uuid,
    pub(crate) person: PersonId,
    pub(crate) act: RegisterActId,
    pub(crate) licence_identifier: LicenceIdentifier,
    pub(crate) registration_digits: String,
    pub(crate) facts: Vec<u8>,
    pub(crate) facts_hash: Hash,
    pub(crate) photo: String,
    pub(crate) signature_image: String,
    pub(crate) operation: OperationCode,
    pub(crate) province: Province,
    pub(crate) application: Uuid,
    pub(crate) announced_at: Timestamp,
    /// Where a later act of the same transaction ended it.
    pub(crate) ended: Option<Ended>,
}

/// Finds the latest version of each of these people, whose rows are locked.
pub(crate) async fn latest_of(tx: &mut Tx, people: &[Uuid]) -> Result<Vec<(PersonId, Latest)>, Error> {
    let rows = query!(
        r#"SELECT latest.person AS "person!", latest.id AS "id!", latest.licence_identifier AS "licence_identifier!",
                latest.facts AS "facts!", latest.current AS "current!",
                (SELECT max(use_copy.use_until) FROM issuing.use_copy
                 WHERE use_copy.version = latest.id AND use_copy.revoked_at IS NULL) AS "copies_until: SqlDate"
         FROM (SELECT DISTINCT ON (person) person, id, licence_identifier, facts, current
               FROM issuing.certificate_version WHERE person = ANY($1)
               ORDER BY person, current DESC, made_at DESC, version DESC) AS latest"#,
        people,
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter()
        .map(|row| {
            let identifier = row.licence_identifier.parse();
            let latest = Latest {
                id: row.id,
                licence_identifier: identifier
                    .map_err(|_| Error::inconsistent(TABLE, "licence_identifier", row.id))?,
                facts: row.facts,
                current: row.current,
                copies_until: row.copies_until.map(SqlDate::to_jiff),
            };
            Ok((row.person.into(), latest))
        })
        .collect()
}

/// Columns that say how versions ended; nothing of those that count.
struct Ends {
    at: Vec<Option<SqlTimestamp>>,
    by: Vec<Option<String>>,
    changed: Vec<Value>,
    why: Vec<Option<Value>>,
}

impl Ends {
    fn of<'a>(ended: impl Iterator<Item = Option<&'a Ended>> + Clone) -> Self {
        let why = |ended: &Ended| {
            let why = ended.supersession.as_ref();
            why.map(|why| serde_json::to_value(why).expect("invariant: plain fields encode"))
        };
        Self {
            at: ended.clone().map(|ended| Some(ended?.at.to_sql())).collect(),
            by: ended
                .clone()
                .map(|ended| Some(ended?.by.as_ref()?.to_string()))
                .collect(),
            changed: ended
                .clone()
                .map(|ended| {
                    ended
                        .map_or_else(Vec::new, |ended| ended.changed_facts.clone())
                        .into()
                })
                .collect(),
            why: ended.map(|ended| why(ended?)).collect(),
        }
    }
}

/// Takes the currency of versions away, or gives it back to those that the end of the registration took it from; each once.
pub(crate) async fn restate_all(tx: &mut Tx, restated: &[(Uuid, Option<Ended>)]) -> Result<(), Error> {
    if restated.is_empty() {
        return Ok(());
    }
    let ends = Ends::of(restated.iter().map(|(_, ended)| ended.as_ref()));
    let result = query!(
        "UPDATE issuing.certificate_version AS version SET current = new.at IS NULL, superseded_at = new.at,
             superseded_by = new.by, changed_facts = ARRAY(SELECT jsonb_array_elements_text(new.changed)),
             supersession = new.why, updated_by = shared.transaction_name()
         FROM unnest($1::uuid[], $2::timestamptz[], $3::text[], $4::jsonb[], $5::jsonb[]) AS new (id, at, by, changed, why)
         WHERE version.id = new.id AND (version.current OR version.superseded_by IS NULL)",
        &column(restated, |(id, _)| *id),
        &ends.at as _,
        &ends.by as _,
        &ends.changed,
        &ends.why as _,
    )
    .execute(tx.conn())
    .await?;
    ensure_affected("restate versions", restated.len() as u64, &result)
}

/// Stores new versions, their documents yet to be made.
pub(crate) async fn insert_all(tx: &mut Tx, new: &[NewVersion], made_at: Timestamp) -> Result<(), Error> {
    if new.is_empty() {
        return Ok(());
    }
    let version = |one: &NewVersion| {
        i16::try_from(one.licence_identifier.version())
            .map_err(|_| Error::inconsistent(TABLE, "version", one.id))
    };
    let versions = new.iter().map(version).collect::<Result<Vec<i16>, Error>>()?;
    let announced: Vec<SqlTimestamp> = column(new, |one| one.announced_at.to_sql());
    let ends = Ends::of(new.iter().map(|one| one.ended.as_ref()));
    query!(
        "INSERT INTO issuing.certificate_version (id, person, act, licence_identifier, serial, version,
             registration_digits, facts, facts_hash, photo, signature_image, operation, province, application,
             announced_at, state, current, made_at, superseded_at, superseded_by, changed_facts, supersession)
         SELECT id, person, act, licence_identifier, serial, version, digits, facts, hash, photo, signature_image, operation,
             province, application, announced_at, 'issuing', ended_at IS NULL, $16, ended_at, by,
             ARRAY(SELECT jsonb_array_elements_text(changed)), why
         FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::smallint[], $7::text[], $8::bytea[],
             $9::bytea[], $10::text[], $11::text[], $12::text[], $13::text[], $14::uuid[], $15::timestamptz[],
             $17::timestamptz[], $18::text[], $19::jsonb[], $20::jsonb[])
             AS new (id, person, act, licence_identifier, serial, version, digits, facts, hash, photo, signature_image,
                     operation, province, application, announced_at, ended_at, by, changed, why)",
        &column(new, |one| one.id),
        &column(new, |one| one.person.as_uuid()),
        &column(new, |one| one.act.as_uuid()),
        &column(new, |one| one.licence_identifier.to_string()),
        &column(new, |one| one.licence_identifier.serial().to_owned()),
        &versions,
        &column(new, |one| one.registration_digits.clone()),
        &column(new, |one| one.facts.clone()),
        &column(new, |one| one.facts_hash.to_vec()),
        &column(new, |one| one.photo.clone()),
        &column(new, |one| one.signature_image.clone()),
        &column(new, |one| one.operation.code().to_owned()),
        &column(new, |one| one.province.code().to_owned()),
        &column(new, |one| one.application),
        &announced as _,
        made_at.to_sql(),
        &ends.at as _,
        &ends.by as _,
        &ends.changed,
        &ends.why as _,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Puts the originals of new versions in line. `now` is the system clock's, `at` the register's. Ring `bells.documents` after
/// the commit.
pub(crate) async fn insert_jobs(
    tx: &mut Tx,
    new: &[NewVersion],
    now: Timestamp,
    at: Timestamp,
) -> Result<(), Error> {
    if new.is_empty() {
        return Ok(());
    }
    query!(
        "INSERT INTO issuing.job (id, version, state, due_at, created_at, updated_at)
         SELECT id, version, 'waiting', $3, $4, $4 FROM unnest($1::uuid[], $2::uuid[]) AS new (id, version)",
        &column(new, |_| Uuid::new_v4()),
        &column(new, |one| one.id),
        now.to_sql(),
        at.to_sql(),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
