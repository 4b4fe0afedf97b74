//! Table `registration.review`.

use domain::application::Opinion;
use domain::ids::ApplicationId;
use domain::opinion::TemplateRef;
use domain::specialty::Specialty;
use jiff::Timestamp;
use postgres::{Error, ToSql as _, Tx};
use sqlx::query;

/// An opinion as read back.
#[derive(Debug, Clone)]
pub(crate) struct Review {
    pub(crate) authority: String,
    pub(crate) favourable: bool,
    pub(crate) grounds: String,
    pub(crate) recorded_at: Timestamp,
    pub(crate) template: Option<TemplateRef>,
}

/// Keeps an opinion.
pub(crate) async fn record(
    tx: &mut Tx,
    application: ApplicationId,
    act: &str,
    specialty: Option<Specialty>,
    (opinion, template): (&Opinion, Option<TemplateRef>),
) -> Result<(), Error> {
    query!(
        "INSERT INTO registration.review
             (application_id, act, officer_id, authority, specialty, favourable, grounds, recorded_at,
              template_id, template_version)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        application.as_uuid(),
        act,
        opinion.by.id.as_uuid(),
        opinion.by.authority.to_string(),
        specialty.map(Specialty::code),
        opinion.favourable,
        opinion.grounds,
        opinion.at.to_sql(),
        template.map(|template| template.id),
        template.map(|template| i32::try_from(template.version).unwrap_or(i32::MAX)),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// All opinions on an application, oldest first.
pub(crate) async fn of_application(tx: &mut Tx, application: ApplicationId) -> Result<Vec<Review>, Error> {
    let rows = query!(
        "SELECT authority, favourable, grounds, recorded_at, template_id, template_version FROM registration.review
         WHERE application_id = $1 ORDER BY id",
        application.as_uuid(),
    )
    .fetch_all(tx.conn())
    .await?;
    let review = rows.into_iter().map(|row| Review {
        authority: row.authority,
        favourable: row.favourable,
        grounds: row.grounds,
        recorded_at: row.recorded_at.to_jiff(),
        template: row
            .template_id
            .zip(row.template_version)
            .map(|(id, version)| TemplateRef {
                id,
                version: version.unsigned_abs(),
            }),
    });
    Ok(review.collect())
}
