//! Declines a proposed correction of an announcement; whoever proposed it takes it back so.

use domain::ids::AnnouncementCorrectionId;
use postgres::Tx;
use postgres::audit::{Outcome, Record as AuditRecord};
use serde_json::json;
use tracing::instrument;

use super::correct_announcement::announcing_officer;
use super::{Begin, Call, finish};
use crate::deps::Deps;
use crate::error::Error;
use crate::store::{announcement, announcement_correction};

/// Any officer of the authority that announced, until it is published.
#[instrument(name = "decline_correction", skip_all, fields(correction = %id))]
pub(crate) async fn decline_correction(
    deps: &Deps,
    call: &Call,
    id: AnnouncementCorrectionId,
    grounds: &str,
) -> Result<AnnouncementCorrectionId, Error> {
    let subject = deps.announcement_correction_name(id);
    let result = deps
        .database
        .run_tx("decline_correction", async |tx: &mut Tx| {
            let claim = match call.begin(tx).await? {
                Begin::Replay(id) => return Ok(AnnouncementCorrectionId::from_uuid(id)),
                Begin::First(claim) => claim,
            };
            let locked = announcement_correction::lock(tx, id).await?;
            let proposed = locked.ok_or_else(Error::not_found)?;
            let corrected = announcement::find(tx, proposed.announcement).await?;
            let officer = announcing_officer(call, &corrected.ok_or_else(Error::not_found)?)?;
            let declined = proposed.decline(officer, grounds, call.at)?;
            announcement_correction::save(tx, &declined).await?;
            tx.audit(AuditRecord {
                at: call.at,
                actor: &call.caller,
                verb: call.verb,
                article: "行政许可法 art 40",
                subject: &subject,
                outcome: Outcome::Done,
                evidence: json!({}),
            })
            .await?;
            finish(tx, claim, id.as_uuid()).await?;
            Ok::<_, Error>(id)
        })
        .await;
    call.audited(deps, &subject, result).await
}
