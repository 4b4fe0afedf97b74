//! What step 1 (apply) writes in this room: a version with its job, and the end of the version before.

use domain::certificate::Supersession;
use domain::ids::PersonId;
use domain::licence_identifier::LicenceIdentifier;
use domain::province::Province;
use domain::register::OperationCode;
use jiff::Timestamp;
use postgres::hash::Hash;
use postgres::{Error, ToSql as _, Tx, ensure_affected};
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
}

/// A version to store.
#[derive(Debug)]
pub(crate) struct NewVersion<'a> {
    pub(crate) id: Uuid,
    pub(crate) person: PersonId,
    pub(crate) act: Uuid,
    pub(crate) licence_identifier: &'a LicenceIdentifier,
    pub(crate) registration_digits: String,
    pub(crate) facts: &'a [u8],
    pub(crate) facts_hash: Hash,
    pub(crate) photo: &'a str,
    pub(crate) signature_image: &'a str,
    pub(crate) operation: OperationCode,
    pub(crate) province: Province,
    pub(crate) application: Uuid,
    pub(crate) announced_at: Timestamp,
    pub(crate) made_at: Timestamp,
}

/// Finds the latest version of a person, whose row is locked.
pub(crate) async fn latest(tx: &mut Tx, person: PersonId) -> Result<Option<Latest>, Error> {
    let row = query!(
        "SELECT id, licence_identifier, facts, current FROM issuing.certificate_version
         WHERE person = $1 ORDER BY current DESC, made_at DESC, version DESC LIMIT 1",
        person.as_uuid(),
    )
    .fetch_optional(tx.conn())
    .await?;
    row.map(|row| {
        let identifier = row.licence_identifier.parse();
        Ok(Latest {
            id: row.id,
            licence_identifier: identifier
                .map_err(|_| Error::inconsistent(TABLE, "licence_identifier", row.id))?,
            facts: row.facts,
            current: row.current,
        })
    })
    .transpose()
}

/// Takes a version's currency away.
pub(crate) async fn supersede(
    tx: &mut Tx,
    id: Uuid,
    at: Timestamp,
    by: Option<(&LicenceIdentifier, Option<Supersession>)>,
    changed_facts: &[String],
) -> Result<(), Error> {
    let result = query!(
        "UPDATE issuing.certificate_version SET current = false, superseded_at = $2, superseded_by = $3,
             changed_facts = $4, supersession = $5, updated_by = shared.transaction_name()
         WHERE id = $1 AND current",
        id,
        at.to_sql(),
        by.map(|(identifier, _)| identifier.to_string()),
        changed_facts,
        by.and_then(|(_, why)| why)
            .map(|why| serde_json::to_value(why).expect("invariant: plain fields encode")),
    )
    .execute(tx.conn())
    .await?;
    ensure_affected("supersede a version", 1, &result)
}

/// Gives back to a version what the end of the registration took from it.
pub(crate) async fn reinstate(tx: &mut Tx, id: Uuid) -> Result<(), Error> {
    let result = query!(
        "UPDATE issuing.certificate_version SET current = true, superseded_at = NULL,
             updated_by = shared.transaction_name()
         WHERE id = $1 AND NOT current AND superseded_by IS NULL",
        id,
    )
    .execute(tx.conn())
    .await?;
    ensure_affected("reinstate a version", 1, &result)
}

/// Stores a new current version, its documents yet to be made.
pub(crate) async fn insert(tx: &mut Tx, new: &NewVersion<'_>) -> Result<(), Error> {
    let version = i16::try_from(new.licence_identifier.version())
        .map_err(|_| Error::inconsistent(TABLE, "version", new.id))?;
    query!(
        "INSERT INTO issuing.certificate_version (id, person, act, licence_identifier, serial, version,
             registration_digits, facts, facts_hash, photo, signature_image, operation, province, application,
             announced_at, state, current, made_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, 'issuing', true, $16)",
        new.id,
        new.person.as_uuid(),
        new.act,
        new.licence_identifier.to_string(),
        new.licence_identifier.serial(),
        version,
        new.registration_digits,
        new.facts,
        new.facts_hash.as_slice(),
        new.photo,
        new.signature_image,
        new.operation.code(),
        new.province.code(),
        new.application,
        new.announced_at.to_sql(),
        new.made_at.to_sql(),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Puts the original of a version in line. `now` is the system clock's, `at` the register's. Ring `bells.documents` after
/// the commit.
pub(crate) async fn insert_job(
    tx: &mut Tx,
    version: Uuid,
    now: Timestamp,
    at: Timestamp,
) -> Result<(), Error> {
    query!(
        "INSERT INTO issuing.job (id, version, state, due_at, created_at, updated_at)
         VALUES ($1, $2, 'waiting', $3, $4, $4)",
        Uuid::new_v4(),
        version,
        now.to_sql(),
        at.to_sql(),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
