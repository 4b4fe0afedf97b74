//! Table `issuing.document_revision`: PDF files with document time stamps that were added after they were issued.

use domain::ids::PersonId;
use domain::licence_identifier::LicenceIdentifier;
use jiff::Timestamp;
use postgres::{Error, ToSql as _, Tx};
use sqlx::query;
use uuid::Uuid;

use super::document::{Document, Format};

/// The newest revision of a stored PDF of an original, with whom it belongs to.
#[derive(Debug, Clone)]
pub(crate) struct Kept {
    pub(crate) set: Uuid,
    pub(crate) person: PersonId,
    pub(crate) data_key: Vec<u8>,
    pub(crate) licence_identifier: LicenceIdentifier,
    pub(crate) token_hash: [u8; 32],
    pub(crate) document: Document,
    /// Which making of the version's documents it is of.
    pub(crate) generation: i16,
    /// 0 for the file that was issued.
    pub(crate) revision: i32,
}

/// Where a run goes on: after this document.
pub(crate) type Place = (Uuid, Format);

/// PDF files of originals whose newest revision is proved until before an instant, or that were never renewed, after a
/// place and in order; not those that were made anew since. Use copies end within months and are not renewed.
pub(crate) async fn page(
    tx: &mut Tx,
    before: Timestamp,
    (set, format): Place,
    limit: i64,
) -> Result<Vec<Kept>, Error> {
    let rows = query!(
        r#"SELECT document.document_set, document.format, version.person, person.wrapped_key AS "wrapped_key!",
                  version.licence_identifier, document_set.token_hash, document_set.generation,
                  coalesce(newest.sha256, document.sha256) AS "sha256!", coalesce(newest.size, document.size) AS "size!",
                  coalesce(newest.place, document.place) AS "place!", coalesce(newest.revision, 0) AS "revision!"
           FROM issuing.document AS document
           JOIN issuing.document_set AS document_set ON document_set.id = document.document_set
           JOIN issuing.certificate_version AS version ON version.id = document_set.version
           JOIN register.person AS person ON person.person = version.person
           LEFT JOIN LATERAL (
               SELECT revision.sha256, revision.size, revision.place, revision.revision, revision.proved_until
               FROM issuing.document_revision AS revision
               WHERE revision.document_set = document.document_set AND revision.format = document.format
               ORDER BY revision.revision DESC LIMIT 1) AS newest ON true
           WHERE document.format <> 'ofd' AND document_set.copy IS NULL AND person.wrapped_key IS NOT NULL
             AND NOT EXISTS (
                 SELECT FROM issuing.document_set AS later
                 JOIN issuing.document AS made ON made.document_set = later.id AND made.format = document.format
                 WHERE later.version = document_set.version AND later.copy IS NULL
                   AND later.generation > document_set.generation)
             AND (newest.proved_until IS NULL OR newest.proved_until < $1)
             AND (document.document_set, document.format) > ($2, $3)
           ORDER BY document.document_set, document.format LIMIT $4"#,
        before.to_sql(),
        set,
        format.name(),
        limit,
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter()
        .map(|row| {
            let fault = |column| Error::inconsistent("issuing.document", column, row.document_set);
            let digest = |column, bytes: Vec<u8>| bytes.try_into().map_err(|_| fault(column));
            Ok(Kept {
                set: row.document_set,
                person: row.person.into(),
                data_key: row.wrapped_key,
                licence_identifier: row
                    .licence_identifier
                    .parse()
                    .map_err(|_| fault("licence_identifier"))?,
                token_hash: digest("token_hash", row.token_hash)?,
                document: Document {
                    format: Format::from_name(&row.format).ok_or_else(|| fault("format"))?,
                    sha256: digest("sha256", row.sha256)?,
                    size: row.size,
                    place: row.place,
                },
                generation: row.generation,
                revision: row.revision,
            })
        })
        .collect()
}

/// Stores a revision unless another run stored one of its number; whether it did.
pub(crate) async fn insert(
    tx: &mut Tx,
    set: Uuid,
    (revision, document): (i32, &Document),
    proved_until: Timestamp,
    at: Timestamp,
) -> Result<bool, Error> {
    let result = query!(
        "INSERT INTO issuing.document_revision
             (document_set, format, revision, sha256, size, place, proved_until, renewed_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (document_set, format, revision) DO NOTHING",
        set,
        document.format.name(),
        revision,
        document.sha256.as_slice(),
        document.size,
        document.place,
        proved_until.to_sql(),
        at.to_sql(),
    )
    .execute(tx.conn())
    .await?;
    Ok(result.rows_affected() == 1)
}
