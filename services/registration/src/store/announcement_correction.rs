//! Table `registration.announcement_correction`.

use domain::announcement::AnnouncementCorrection;
use domain::ids::{AnnouncementCorrectionId, AnnouncementId};
use postgres::{Error, ToSql as _, Tx, ensure_affected};
use sqlx::{query, query_scalar};
use uuid::Uuid;

use super::{read, write};

const TABLE: &str = "registration.announcement_correction";

/// Adds a proposed correction.
pub(crate) async fn insert(tx: &mut Tx, correction: &AnnouncementCorrection) -> Result<(), Error> {
    query!(
        "INSERT INTO registration.announcement_correction (id, announcement_id, state, facts, proposed_at)
         VALUES ($1, $2, $3, $4, $5)",
        correction.id.as_uuid(),
        correction.announcement.as_uuid(),
        correction.state().code(),
        write(correction),
        correction.proposed_at.to_sql(),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Stores what has become of a correction that the same transaction has locked.
pub(crate) async fn save(tx: &mut Tx, correction: &AnnouncementCorrection) -> Result<(), Error> {
    let result = query!(
        "UPDATE registration.announcement_correction SET state = $2, facts = $3, updated_by = shared.transaction_name()
         WHERE id = $1",
        correction.id.as_uuid(),
        correction.state().code(),
        write(correction),
    )
    .execute(tx.conn())
    .await?;
    ensure_affected("save a correction of an announcement", 1, &result)
}

/// One correction.
pub(crate) async fn find(
    tx: &mut Tx,
    id: AnnouncementCorrectionId,
) -> Result<Option<AnnouncementCorrection>, Error> {
    let facts = query_scalar!(
        "SELECT facts FROM registration.announcement_correction WHERE id = $1",
        id.as_uuid()
    );
    let facts = facts.fetch_optional(tx.conn()).await?;
    facts
        .map(|facts| read(facts, TABLE, "facts", id.as_uuid()))
        .transpose()
}

/// As [`find`], locked.
pub(crate) async fn lock(
    tx: &mut Tx,
    id: AnnouncementCorrectionId,
) -> Result<Option<AnnouncementCorrection>, Error> {
    let facts = query_scalar!(
        "SELECT facts FROM registration.announcement_correction WHERE id = $1 FOR UPDATE",
        id.as_uuid()
    );
    let facts = facts.fetch_optional(tx.conn()).await?;
    facts
        .map(|facts| read(facts, TABLE, "facts", id.as_uuid()))
        .transpose()
}

/// Those that wait for a second officer, or every one of an announcement, from `after` on.
pub(crate) async fn list(
    tx: &mut Tx,
    of: Option<AnnouncementId>,
    after: Option<Uuid>,
    limit: i64,
) -> Result<Vec<AnnouncementCorrection>, Error> {
    let rows = query!(
        "SELECT id, facts FROM registration.announcement_correction
         WHERE (announcement_id = $1 OR ($1::uuid IS NULL AND state = 'PROPOSED')) AND ($2::uuid IS NULL OR id > $2)
         ORDER BY id LIMIT $3",
        of.map(AnnouncementId::as_uuid),
        after,
        limit,
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter()
        .map(|row| read(row.facts, TABLE, "facts", row.id))
        .collect()
}
