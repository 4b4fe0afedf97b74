//! Publishes a correcting announcement (更正公告): the legal moment of what it announces. The corrected list stays as it was.

use domain::ids::{AnnouncementCorrectionId, AnnouncementId};
use postgres::Tx;
use postgres::audit::{Outcome, Record as AuditRecord};
use serde_json::json;
use tracing::instrument;
use uuid::Uuid;

use super::announcing::{Correcting, announce_all};
use super::check_head;
use super::correct_announcement::{announcing_officer, articles, check};
use super::{Begin, Call, finish};
use crate::deps::Deps;
use crate::error::Error;
use crate::store::{announcement, announcement_correction, application};

/// Another officer than the one who proposed it, of the same authority. All rows or none.
#[instrument(name = "publish_correction", skip_all, fields(correction = %id))]
pub(crate) async fn publish_correction(
    deps: &Deps,
    call: &Call,
    id: AnnouncementCorrectionId,
) -> Result<AnnouncementId, Error> {
    let subject = deps.announcement_correction_name(id);
    let result = publish(deps, call, id).await;
    let published = call.audited(deps, &subject, result).await?;
    deps.wake.push.notify_one();
    Ok(published)
}

async fn publish(deps: &Deps, call: &Call, id: AnnouncementCorrectionId) -> Result<AnnouncementId, Error> {
    check_head::check_head(deps).await?;
    let new = AnnouncementId::from_uuid(Uuid::now_v7());
    deps.database
        .run_tx("publish_correction", async |tx: &mut Tx| {
            let claim = match call.begin(tx).await? {
                Begin::Replay(id) => return Ok(AnnouncementId::from_uuid(id)),
                Begin::First(claim) => claim,
            };
            let locked = announcement_correction::lock(tx, id).await?;
            let proposed = locked.ok_or_else(Error::not_found)?;
            let corrected = announcement::find(tx, proposed.announcement).await?;
            let corrected = corrected.ok_or_else(Error::not_found)?;
            let officer = announcing_officer(call, &corrected)?;
            let published = proposed.publish(officer, new, call.at)?;
            let ids: Vec<_> = published
                .rows
                .iter()
                .map(|row| row.application.as_uuid())
                .collect();
            let records = application::lock(tx, &call.within(deps), &ids).await?;
            check(tx, &corrected, &published.rows, &records).await?;
            let rows = published
                .rows
                .iter()
                .map(|row| (row.application, (row.fault, row.row)));
            let correcting = Correcting {
                announcement: &corrected,
                rows: rows.collect(),
            };
            announcement_correction::save(tx, &published).await?;
            tx.audit(AuditRecord {
                at: call.at,
                actor: &call.caller,
                verb: call.verb,
                article: &articles(&published.rows),
                subject: &deps.announcement_correction_name(id),
                outcome: Outcome::Done,
                evidence: json!({ "corrects": corrected.number, "rows": published.rows }),
            })
            .await?;
            finish(tx, claim, new.as_uuid()).await?;
            announce_all(deps, tx, call, new, records, Some(&correcting)).await?;
            Ok::<_, Error>(new)
        })
        .await
}
