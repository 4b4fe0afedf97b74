//! Table `registration.material`; whoever may load the application may see its materials.

use domain::application::MaterialKind;
use domain::ids::{ApplicationId, MaterialId};
use jiff::Timestamp;
use postgres::{Error, ToSql as _, Tx};
use sqlx::{query, query_as};
use uuid::Uuid;

use super::{Within, known};

/// One material.
#[derive(Debug, Clone)]
pub(crate) struct Material {
    pub(crate) id: MaterialId,
    pub(crate) application: ApplicationId,
    pub(crate) kind: MaterialKind,
    pub(crate) media_type: String,
    pub(crate) size: i64,
    pub(crate) digest: Vec<u8>,
    pub(crate) object: String,
    /// For the certificate: made anew from the pixels, and nothing else of the file.
    pub(crate) picture: Option<StoredPicture>,
}

/// A picture as it goes on the certificate.
#[derive(Debug, Clone)]
pub(crate) struct StoredPicture {
    pub(crate) media_type: String,
    pub(crate) digest: Vec<u8>,
    pub(crate) object: String,
}

struct Row {
    id: Uuid,
    application_id: Uuid,
    kind: String,
    media_type: String,
    size_bytes: i64,
    digest: Vec<u8>,
    object: String,
    picture_media_type: Option<String>,
    picture_digest: Option<Vec<u8>>,
    picture_object: Option<String>,
}

impl TryFrom<Row> for Material {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self, Error> {
        Ok(Self {
            id: MaterialId::from_uuid(row.id),
            application: ApplicationId::from_uuid(row.application_id),
            kind: known(
                MaterialKind::from_code(&row.kind),
                "registration.material",
                "kind",
                row.id,
            )?,
            media_type: row.media_type,
            size: row.size_bytes,
            digest: row.digest,
            object: row.object,
            picture: match (row.picture_media_type, row.picture_digest, row.picture_object) {
                (Some(media_type), Some(digest), Some(object)) => Some(StoredPicture {
                    media_type,
                    digest,
                    object,
                }),
                _ => None,
            },
        })
    }
}

/// Attaches one; an earlier one of the same kind is replaced.
pub(crate) async fn attach(tx: &mut Tx, material: &Material, at: Timestamp) -> Result<(), Error> {
    query!(
        "UPDATE registration.material SET replaced = true, updated_by = shared.transaction_name()
         WHERE application_id = $1 AND kind = $2 AND NOT replaced",
        material.application.as_uuid(),
        material.kind.code(),
    )
    .execute(tx.conn())
    .await?;
    let picture = material.picture.as_ref();
    query!(
        "INSERT INTO registration.material (id, application_id, kind, media_type, size_bytes, digest, object, attached_at,
             picture_media_type, picture_digest, picture_object)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        material.id.as_uuid(),
        material.application.as_uuid(),
        material.kind.code(),
        material.media_type,
        material.size,
        material.digest,
        material.object,
        at.to_sql(),
        picture.map(|picture| picture.media_type.as_str()),
        picture.map(|picture| picture.digest.as_slice()),
        picture.map(|picture| picture.object.as_str()),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Those that count, in the order of their kinds.
pub(crate) async fn of_application(tx: &mut Tx, application: ApplicationId) -> Result<Vec<Material>, Error> {
    let rows = query_as!(
        Row,
        "SELECT id, application_id, kind, media_type, size_bytes, digest, object, picture_media_type, picture_digest,
                picture_object
         FROM registration.material
         WHERE application_id = $1 AND NOT replaced ORDER BY kind",
        application.as_uuid(),
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter().map(Material::try_from).collect()
}

/// One by its id, within the scope; an employer sees what it handed in itself.
pub(crate) async fn find(tx: &mut Tx, within: &Within, id: MaterialId) -> Result<Option<Material>, Error> {
    let row = query_as!(
        Row,
        "SELECT m.id, m.application_id, m.kind, m.media_type, m.size_bytes, m.digest, m.object,
                m.picture_media_type, m.picture_digest, m.picture_object
         FROM registration.material AS m JOIN registration.application AS a ON a.id = m.application_id
         WHERE m.id = $1 AND ($2 OR a.person_id = $3
             OR (a.employer_id = ANY($4) AND a.facts -> 'particulars' ->> 'initiator' = 'EMPLOYER'))",
        id.as_uuid(),
        within.all,
        within.person,
        &within.employers,
    )
    .fetch_optional(tx.conn())
    .await?;
    row.map(Material::try_from).transpose()
}
