//! Table `issuing.intent`: what is going to be signed.

use std::collections::HashMap;

use jiff::Timestamp;
use postgres::{Error, ToSql as _, Tx, column};
use sqlx::query;
use uuid::Uuid;

/// The digests of one document set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Digests {
    pub(crate) set: Uuid,
    /// SM3 of the OFD's `Signature.xml`.
    pub(crate) ofd_data_hash: [u8; 32],
    /// SHA-256 of the PDF's byte range.
    pub(crate) pdf_digest: [u8; 32],
    /// SM3 of the same, where it is signed with SM2 too.
    pub(crate) pdf_sm3: Option<[u8; 32]>,
    /// SHA-256 of the OFD package without its signature value.
    pub(crate) unsigned_ofd: [u8; 32],
    /// SHA-256 of the PDF with zeros for a signature.
    pub(crate) unsigned_pdf: [u8; 32],
}

/// Stores intents, or finds those that are stored already; returns what is stored, by set.
pub(crate) async fn store_all(
    tx: &mut Tx,
    new: &[Digests],
    at: Timestamp,
) -> Result<HashMap<Uuid, Digests>, Error> {
    let sets: Vec<Uuid> = column(new, |one| one.set);
    query!(
        "INSERT INTO issuing.intent
             (document_set, ofd_data_hash, pdf_digest, pdf_sm3, unsigned_ofd, unsigned_pdf, recorded_at)
         SELECT document_set, ofd_data_hash, pdf_digest, pdf_sm3, unsigned_ofd, unsigned_pdf, $7
         FROM unnest($1::uuid[], $2::bytea[], $3::bytea[], $4::bytea[], $5::bytea[], $6::bytea[])
             AS new (document_set, ofd_data_hash, pdf_digest, pdf_sm3, unsigned_ofd, unsigned_pdf)
         ON CONFLICT (document_set) DO NOTHING",
        &sets,
        &column(new, |one| one.ofd_data_hash.to_vec()),
        &column(new, |one| one.pdf_digest.to_vec()),
        &column(new, |one| one.pdf_sm3.map(|digest| digest.to_vec())) as _,
        &column(new, |one| one.unsigned_ofd.to_vec()),
        &column(new, |one| one.unsigned_pdf.to_vec()),
        at.to_sql(),
    )
    .execute(tx.conn())
    .await?;
    let rows = query!(
        "SELECT document_set, ofd_data_hash, pdf_digest, pdf_sm3, unsigned_ofd, unsigned_pdf FROM issuing.intent
         WHERE document_set = ANY($1)",
        &sets,
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter()
        .map(|row| {
            let set = row.document_set;
            let stored = Digests {
                set,
                ofd_data_hash: digest("ofd_data_hash", set, row.ofd_data_hash)?,
                pdf_digest: digest("pdf_digest", set, row.pdf_digest)?,
                pdf_sm3: row
                    .pdf_sm3
                    .map(|bytes| digest("pdf_sm3", set, bytes))
                    .transpose()?,
                unsigned_ofd: digest("unsigned_ofd", set, row.unsigned_ofd)?,
                unsigned_pdf: digest("unsigned_pdf", set, row.unsigned_pdf)?,
            };
            Ok((set, stored))
        })
        .collect()
}

fn digest(column: &'static str, set: Uuid, bytes: Vec<u8>) -> Result<[u8; 32], Error> {
    bytes
        .try_into()
        .map_err(|_| Error::inconsistent("issuing.intent", column, set))
}
