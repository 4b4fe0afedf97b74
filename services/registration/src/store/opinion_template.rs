//! Table `registration.opinion_template`: every version of every template.

use domain::authority::Authority;
use domain::ids::OfficerId;
use domain::opinion::TemplateRef;
use jiff::Timestamp;
use postgres::{Error, SqlTimestamp, ToSql as _, Tx};
use sqlx::{query, query_as};
use uuid::Uuid;

use super::known;

/// One version.
#[derive(Debug, Clone)]
pub(crate) struct OpinionTemplate {
    pub(crate) version: TemplateRef,
    pub(crate) authority: Authority,
    pub(crate) title: String,
    pub(crate) text: String,
    pub(crate) saved_at: Timestamp,
}

struct Row {
    id: Uuid,
    version: i32,
    authority: String,
    title: String,
    body: String,
    saved_at: SqlTimestamp,
}

impl TryFrom<Row> for OpinionTemplate {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self, Error> {
        const TABLE: &str = "registration.opinion_template";
        Ok(Self {
            version: TemplateRef {
                id: row.id,
                version: known(u32::try_from(row.version).ok(), TABLE, "version", row.id)?,
            },
            authority: known(row.authority.parse().ok(), TABLE, "authority", row.id)?,
            title: row.title,
            text: row.body,
            saved_at: row.saved_at.to_jiff(),
        })
    }
}

/// Keeps a version; two officers who save the same version at once are told apart by its key.
pub(crate) async fn insert(tx: &mut Tx, template: &OpinionTemplate, by: OfficerId) -> Result<(), Error> {
    query!(
        "INSERT INTO registration.opinion_template (id, version, authority, title, body, saved_by, saved_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        template.version.id,
        i32::try_from(template.version.version).unwrap_or(i32::MAX),
        template.authority.to_string(),
        template.title,
        template.text,
        by.as_uuid(),
        template.saved_at.to_sql(),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The version in force of a template.
pub(crate) async fn latest(tx: &mut Tx, id: Uuid) -> Result<Option<OpinionTemplate>, Error> {
    let row = query_as!(
        Row,
        "SELECT id, version, authority, title, body, saved_at FROM registration.opinion_template
         WHERE id = $1 ORDER BY version DESC LIMIT 1",
        id,
    )
    .fetch_optional(tx.conn())
    .await?;
    row.map(OpinionTemplate::try_from).transpose()
}

/// The versions in force of an authority's templates.
pub(crate) async fn of_authority(tx: &mut Tx, authority: Authority) -> Result<Vec<OpinionTemplate>, Error> {
    let rows = query_as!(
        Row,
        "SELECT DISTINCT ON (id) id, version, authority, title, body, saved_at FROM registration.opinion_template
         WHERE authority = $1 ORDER BY id, version DESC",
        authority.to_string(),
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter().map(OpinionTemplate::try_from).collect()
}
