//! Table `issuing.intent`: what is going to be signed.

use jiff::Timestamp;
use postgres::{Error, ToSql as _, Tx};
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

/// Stores an intent, or finds one that is stored already; returns what is stored.
pub(crate) async fn store(tx: &mut Tx, digests: &Digests, at: Timestamp) -> Result<Digests, Error> {
    query!(
        "INSERT INTO issuing.intent
             (document_set, ofd_data_hash, pdf_digest, pdf_sm3, unsigned_ofd, unsigned_pdf, recorded_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (document_set) DO NOTHING",
        digests.set,
        digests.ofd_data_hash.as_slice(),
        digests.pdf_digest.as_slice(),
        digests.pdf_sm3.as_ref().map(<[u8; 32]>::as_slice),
        digests.unsigned_ofd.as_slice(),
        digests.unsigned_pdf.as_slice(),
        at.to_sql(),
    )
    .execute(tx.conn())
    .await?;
    let row = query!(
        "SELECT ofd_data_hash, pdf_digest, pdf_sm3, unsigned_ofd, unsigned_pdf FROM issuing.intent
         WHERE document_set = $1",
        digests.set,
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(Digests {
        set: digests.set,
        ofd_data_hash: digest("ofd_data_hash", digests.set, row.ofd_data_hash)?,
        pdf_digest: digest("pdf_digest", digests.set, row.pdf_digest)?,
        pdf_sm3: row
            .pdf_sm3
            .map(|bytes| digest("pdf_sm3", digests.set, bytes))
            .transpose()?,
        unsigned_ofd: digest("unsigned_ofd", digests.set, row.unsigned_ofd)?,
        unsigned_pdf: digest("unsigned_pdf", digests.set, row.unsigned_pdf)?,
    })
}

fn digest(column: &'static str, set: Uuid, bytes: Vec<u8>) -> Result<[u8; 32], Error> {
    bytes
        .try_into()
        .map_err(|_| Error::inconsistent("issuing.intent", column, set))
}
