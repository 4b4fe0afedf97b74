//! Table `issuing.document`: the sealed files.

use domain::ids::PersonId;
use domain::licence_identifier::LicenceIdentifier;
use jiff::Timestamp;
use personal_data::DataKey;
use postgres::{Error, ToSql as _, Tx, column};
use service_runtime::Scope;
use sqlx::query;
use uuid::Uuid;

/// The formats.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Ofd,
    Pdf,
    /// The PDF signed with SM2, as a file of its own. Not every set has it.
    PdfSm2,
}

impl Format {
    /// As stored.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Ofd => "ofd",
            Self::Pdf => "pdf",
            Self::PdfSm2 => "pdf_sm2",
        }
    }

    /// Of a stored name.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        [Self::Ofd, Self::Pdf, Self::PdfSm2]
            .into_iter()
            .find(|format| format.name() == name)
    }

    /// As file names end.
    pub(crate) const fn ending(self) -> &'static str {
        match self {
            Self::Ofd => "ofd",
            Self::Pdf => "pdf",
            Self::PdfSm2 => "sm2.pdf",
        }
    }
}

/// One sealed file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Document {
    pub(crate) format: Format,
    /// Of the clear file.
    pub(crate) sha256: [u8; 32],
    pub(crate) size: i64,
    /// In the object store.
    pub(crate) place: String,
}

/// The files of a set whose bytes are stored.
#[derive(Debug)]
pub(crate) struct IssuedSet {
    pub(crate) set: Uuid,
    pub(crate) person: PersonId,
    pub(crate) key: DataKey,
    pub(crate) licence_identifier: LicenceIdentifier,
    pub(crate) token_hash: [u8; 32],
    /// None for the original.
    pub(crate) copy: Option<Uuid>,
    pub(crate) generation: i16,
    pub(crate) documents: Vec<Document>,
}

/// Where the bytes of a file are kept.
pub(crate) fn place(sha256: &[u8; 32]) -> String {
    let digest = hex::encode(sha256);
    format!("documents/{}/{digest}", digest.get(..2).unwrap_or_default())
}

/// Stores the rows of files, each of its set.
pub(crate) async fn insert_all(tx: &mut Tx, new: &[(Uuid, &Document)], at: Timestamp) -> Result<(), Error> {
    query!(
        "INSERT INTO issuing.document (document_set, format, sha256, size, place, issued_at)
         SELECT document_set, format, sha256, size, place, $6
         FROM unnest($1::uuid[], $2::text[], $3::bytea[], $4::bigint[], $5::text[])
             AS new (document_set, format, sha256, size, place)",
        &column(new, |(set, _)| *set),
        &column(new, |(_, document)| document.format.name().to_owned()),
        &column(new, |(_, document)| document.sha256.to_vec()),
        &column(new, |(_, document)| document.size),
        &column(new, |(_, document)| document.place.clone()),
        at.to_sql(),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The newest revision of a file of a version, or of one of its copies, in its newest generation.
pub(crate) async fn find(
    tx: &mut Tx,
    version: Uuid,
    copy: Option<Uuid>,
    format: Format,
    scope: &Scope,
) -> Result<Option<Document>, Error> {
    let rows = scope.rows();
    let row = query!(
        r#"SELECT coalesce(newest.sha256, document.sha256) AS "sha256!", coalesce(newest.size, document.size) AS "size!",
                coalesce(newest.place, document.place) AS "place!"
         FROM issuing.document AS document
         JOIN issuing.document_set AS document_set ON document_set.id = document.document_set
         JOIN issuing.certificate_version AS version ON version.id = document_set.version
         LEFT JOIN LATERAL (
             SELECT revision.sha256, revision.size, revision.place
             FROM issuing.document_revision AS revision
             WHERE revision.document_set = document.document_set AND revision.format = document.format
             ORDER BY revision.revision DESC LIMIT 1) AS newest ON true
         WHERE document_set.version = $1 AND document_set.copy IS NOT DISTINCT FROM $2 AND document.format = $3
           AND ($4 OR version.person = $5)
         ORDER BY document_set.generation DESC LIMIT 1"#,
        version,
        copy,
        format.name(),
        rows.all,
        rows.person,
    )
    .fetch_optional(tx.conn())
    .await?;
    row.map(|row| {
        let sha256 = row.sha256.try_into();
        let sha256 = sha256.map_err(|_| Error::inconsistent("issuing.document", "sha256", version))?;
        Ok(Document {
            format,
            sha256,
            size: row.size,
            place: row.place,
        })
    })
    .transpose()
}
