//! 公告: the legal moment. Rows, registrations and events of the whole batch in one transaction.

use domain::ids::AnnouncementId;
use postgres::Tx;
use tracing::instrument;
use uuid::Uuid;

use super::announcing::announce_all;
use super::check_head::check_head;
use super::open_publicity::check_batch;
use super::{Begin, Call, finish};
use crate::deps::Deps;
use crate::error::Error;
use crate::store::application;

/// All or none, as one signed list.
#[instrument(name = "publish_announcement", skip_all, fields(count = applications.len()))]
pub(crate) async fn publish_announcement(
    deps: &Deps,
    call: &Call,
    applications: &[Uuid],
) -> Result<AnnouncementId, Error> {
    let result = publish(deps, call, applications).await;
    let subject = format!("provinces/{}/announcements/-", deps.province.code());
    let published = call.audited(deps, &subject, result).await?;
    deps.wake.push.notify_one();
    Ok(published)
}

async fn publish(deps: &Deps, call: &Call, applications: &[Uuid]) -> Result<AnnouncementId, Error> {
    check_batch(applications)?;
    check_head(deps).await?;
    let id = AnnouncementId::from_uuid(Uuid::now_v7());
    deps.database
        .run_tx("publish_announcement", async |tx: &mut Tx| {
            let claim = match call.begin(tx).await? {
                Begin::Replay(id) => return Ok(AnnouncementId::from_uuid(id)),
                Begin::First(claim) => claim,
            };
            let records = application::lock(tx, &call.within(deps), applications).await?;
            if records.len() != applications.len() {
                return Err(Error::not_found());
            }
            finish(tx, claim, id.as_uuid()).await?;
            announce_all(deps, tx, call, id, records, None).await?;
            Ok::<_, Error>(id)
        })
        .await
}
