//! Table `issuing.document_set`: what rendering needs beside facts and pictures, fixed before the first rendering.
//! The set's id is the intent id under which the keeper of the seals signs.

use jiff::Timestamp;
use postgres::{Database, Error, ToSql as _, Tx};
use sqlx::query;
use uuid::Uuid;

/// A set as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DocumentSet {
    pub(crate) id: Uuid,
    /// What the QR symbol says behind `/q/`, sealed under the person's key: the token, and the payload if there is one.
    pub(crate) token: Vec<u8>,
    pub(crate) token_hash: [u8; 32],
    /// SM3 of the seal.
    pub(crate) seal: [u8; 32],
    /// The time that both documents state.
    pub(crate) stated_at: Timestamp,
    /// Digest of what the PDF brings along.
    pub(crate) validation_data: Option<[u8; 32]>,
    /// Room for the PDF's CMS.
    pub(crate) contents_reserve: usize,
    /// Whether the PDF is signed with SM2 too, as a file of its own.
    pub(crate) pdf_sm2: bool,
}

/// A set to store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NewDocumentSet {
    pub(crate) id: Uuid,
    pub(crate) version: Uuid,
    pub(crate) copy: Option<Uuid>,
    pub(crate) token: Vec<u8>,
    pub(crate) token_hash: [u8; 32],
    pub(crate) seal: [u8; 32],
    pub(crate) stated_at: Timestamp,
    pub(crate) validation_data: [u8; 32],
    pub(crate) contents_reserve: usize,
    pub(crate) pdf_sm2: bool,
}

/// The set of a version's original, or of a copy, that was not voided.
pub(crate) async fn find(
    database: &Database,
    version: Uuid,
    copy: Option<Uuid>,
) -> Result<Option<DocumentSet>, Error> {
    database
        .run_tx("find document set", async |tx: &mut Tx| {
            select(tx, version, copy).await
        })
        .await
}

/// Stores a set unless one is stored already; returns the one that counts.
pub(crate) async fn insert(database: &Database, new: &NewDocumentSet) -> Result<DocumentSet, Error> {
    database
        .run_tx("prepare document set", async |tx: &mut Tx| {
            query!(
                "INSERT INTO issuing.document_set (id, version, copy, token, token_hash, seal, stated_at, validation_data,
                     contents_reserve, pdf_sm2, preparation)
                 SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 1 + count(*)
                 FROM issuing.document_set AS earlier
                 JOIN issuing.voided_set AS voided ON voided.document_set = earlier.id
                 WHERE earlier.version = $2 AND earlier.copy IS NOT DISTINCT FROM $3
                 ON CONFLICT DO NOTHING",
                new.id,
                new.version,
                new.copy,
                new.token,
                new.token_hash.as_slice(),
                new.seal.as_slice(),
                new.stated_at.to_sql(),
                new.validation_data.as_slice(),
                i32::try_from(new.contents_reserve).unwrap_or(i32::MAX),
                new.pdf_sm2,
            )
            .execute(tx.conn())
            .await?;
            let stored = select(tx, new.version, new.copy).await?;
            stored.ok_or_else(|| Error::inconsistent("issuing.document_set", "version", new.version))
        })
        .await
}

/// Records that nothing of a set will be signed or handed out.
pub(crate) async fn void(tx: &mut Tx, set: Uuid, reason: &str, at: Timestamp) -> Result<(), Error> {
    query!(
        "INSERT INTO issuing.voided_set (document_set, reason, voided_at) VALUES ($1, $2, $3)",
        set,
        reason,
        at.to_sql(),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

async fn select(tx: &mut Tx, version: Uuid, copy: Option<Uuid>) -> Result<Option<DocumentSet>, Error> {
    let row = query!(
        "SELECT id, token, token_hash, seal, stated_at, validation_data, contents_reserve, pdf_sm2
         FROM issuing.document_set
         WHERE version = $1 AND copy IS NOT DISTINCT FROM $2
           AND NOT EXISTS (SELECT FROM issuing.voided_set WHERE voided_set.document_set = document_set.id)",
        version,
        copy,
    )
    .fetch_optional(tx.conn())
    .await?;
    let digest = |column, id: Uuid, bytes: Vec<u8>| {
        bytes
            .try_into()
            .map_err(|_| Error::inconsistent("issuing.document_set", column, id))
    };
    row.map(|row| {
        Ok(DocumentSet {
            id: row.id,
            token: row.token,
            token_hash: digest("token_hash", row.id, row.token_hash)?,
            seal: digest("seal", row.id, row.seal)?,
            stated_at: row.stated_at.to_jiff(),
            validation_data: row
                .validation_data
                .map(|bytes| digest("validation_data", row.id, bytes))
                .transpose()?,
            contents_reserve: usize::try_from(row.contents_reserve)
                .map_err(|_| Error::inconsistent("issuing.document_set", "contents_reserve", row.id))?,
            pdf_sm2: row.pdf_sm2,
        })
    })
    .transpose()
}
