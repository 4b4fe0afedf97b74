//! Table `issuing.document_set`: what rendering needs beside facts and pictures, fixed before the first rendering.
//! The set's id is the intent id under which the keeper of the seals signs.

use jiff::Timestamp;
use postgres::{Error, SqlTimestamp, ToSql as _, Tx, column};
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
    /// What it brings along of the log, as JSON.
    pub(crate) log_entry: Option<String>,
}

/// A set to store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NewDocumentSet {
    pub(crate) id: Uuid,
    pub(crate) which: Which,
    pub(crate) token: Vec<u8>,
    pub(crate) token_hash: [u8; 32],
    pub(crate) seal: [u8; 32],
    pub(crate) stated_at: Timestamp,
    pub(crate) validation_data: [u8; 32],
    pub(crate) contents_reserve: usize,
    pub(crate) pdf_sm2: bool,
    pub(crate) log_entry: Option<String>,
}

/// Which set: of a version's original or of a copy, in a generation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Which {
    pub(crate) version: Uuid,
    pub(crate) copy: Option<Uuid>,
    /// Which making of these documents; 1 for the first.
    pub(crate) generation: i16,
}

/// Stores sets unless they are stored already.
pub(crate) async fn insert_all(tx: &mut Tx, new: &[NewDocumentSet]) -> Result<(), Error> {
    if new.is_empty() {
        return Ok(());
    }
    let stated: Vec<SqlTimestamp> = column(new, |one| one.stated_at.to_sql());
    query!(
        "INSERT INTO issuing.document_set (id, version, copy, token, token_hash, seal, stated_at, validation_data,
             contents_reserve, pdf_sm2, log_entry, generation, preparation)
         SELECT id, version, copy, token, token_hash, seal, stated_at, validation_data, contents_reserve, pdf_sm2, log_entry,
             generation,
             (SELECT 1 + count(*) FROM issuing.document_set AS earlier
              JOIN issuing.voided_set AS voided ON voided.document_set = earlier.id
              WHERE earlier.version = new.version AND earlier.copy IS NOT DISTINCT FROM new.copy
                AND earlier.generation = new.generation)
         FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::bytea[], $5::bytea[], $6::bytea[], $7::timestamptz[], $8::bytea[],
             $9::integer[], $10::bool[], $11::text[], $12::smallint[])
             AS new (id, version, copy, token, token_hash, seal, stated_at, validation_data, contents_reserve, pdf_sm2,
                     log_entry, generation)
         ON CONFLICT DO NOTHING",
        &column(new, |one| one.id),
        &column(new, |one| one.which.version),
        &column(new, |one| one.which.copy) as _,
        &column(new, |one| one.token.clone()),
        &column(new, |one| one.token_hash.to_vec()),
        &column(new, |one| one.seal.to_vec()),
        &stated as _,
        &column(new, |one| one.validation_data.to_vec()),
        &column(new, |one| i32::try_from(one.contents_reserve).unwrap_or(i32::MAX)),
        &column(new, |one| one.pdf_sm2),
        &column(new, |one| one.log_entry.clone()) as _,
        &column(new, |one| one.which.generation),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The sets that were not voided, each with its place among those that are asked for.
pub(crate) async fn find_all(tx: &mut Tx, asked: &[Which]) -> Result<Vec<(usize, DocumentSet)>, Error> {
    let rows = query!(
        r#"SELECT asked.place AS "place!", id, token, token_hash, seal, stated_at AS "stated_at: SqlTimestamp", validation_data,
             contents_reserve, pdf_sm2, log_entry
         FROM unnest($1::uuid[], $2::uuid[], $3::smallint[]) WITH ORDINALITY AS asked (version, copy, generation, place)
         JOIN issuing.document_set ON document_set.version = asked.version
             AND document_set.copy IS NOT DISTINCT FROM asked.copy AND document_set.generation = asked.generation
         WHERE NOT EXISTS (SELECT FROM issuing.voided_set WHERE voided_set.document_set = document_set.id)"#,
        &column(asked, |one| one.version),
        &column(asked, |one| one.copy) as _,
        &column(asked, |one| one.generation),
    )
    .fetch_all(tx.conn())
    .await?;
    let digest = |column, id: Uuid, bytes: Vec<u8>| {
        bytes
            .try_into()
            .map_err(|_| Error::inconsistent("issuing.document_set", column, id))
    };
    rows.into_iter()
        .map(|row| {
            let place = crate::store::nth(row.place);
            let place = place.ok_or_else(|| Error::inconsistent("issuing.document_set", "place", row.id))?;
            let set = DocumentSet {
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
                log_entry: row.log_entry,
            };
            Ok((place, set))
        })
        .collect()
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
