//! 公示: opens the window of a batch of granted applications.

use domain::calendar::{HolidayCalendar, day_of};
use domain::ids::PublicityId;
use domain::province::Jurisdiction;
use postgres::Tx;
use serde_json::json;
use tracing::instrument;
use uuid::Uuid;

use super::{Begin, Call, Moved, finish, note};
use crate::deps::Deps;
use crate::error::{BATCH_INVALID, Error};
use crate::store::application;
use crate::store::publicity::{self, Publicity};

/// Most applications of one batch.
pub(crate) const BATCH: usize = 500;

/// All or none: the window is as long as the longest that a type of the batch needs.
#[instrument(name = "open_publicity", skip_all, fields(count = applications.len()))]
pub(crate) async fn open_publicity(
    deps: &Deps,
    call: &Call,
    applications: &[Uuid],
) -> Result<PublicityId, Error> {
    let result = open(deps, call, applications).await;
    call.audited(
        deps,
        &format!("provinces/{}/publicities/-", deps.province.code()),
        result,
    )
    .await
}

async fn open(deps: &Deps, call: &Call, applications: &[Uuid]) -> Result<PublicityId, Error> {
    check_batch(applications)?;
    let id = PublicityId::from_uuid(Uuid::now_v7());
    let calendar = HolidayCalendar::official();
    deps.database
        .run_tx("open_publicity", async |tx: &mut Tx| {
            let claim = match call.begin(tx).await? {
                Begin::Replay(id) => return Ok(PublicityId::from_uuid(id)),
                Begin::First(claim) => claim,
            };
            let records = application::lock(tx, &call.within(deps), applications).await?;
            if records.len() != applications.len() {
                return Err(Error::not_found());
            }
            let opens_on = day_of(call.at);
            let mut days = 0;
            for record in &records {
                let policy = deps.policy_of(&record.application, call.at)?;
                days = days.max(policy.publicity_days(record.kind()).unwrap_or_default());
            }
            let closes_on = calendar.deadline(opens_on, days).day;
            publicity::insert(
                tx,
                &Publicity {
                    id,
                    opens_on,
                    closes_on,
                    closed: false,
                },
                applications,
                call.at,
            )
            .await?;
            for mut record in records {
                record.actor = call.relations.clone();
                let policy = deps.policy_of(&record.application, call.at)?;
                let officer = call.officer(
                    policy
                        .announcing_authority
                        .of(Jurisdiction::Province(deps.province)),
                )?;
                let application = record.application.clone();
                let opened = application.open_publicity(
                    policy,
                    calendar,
                    officer,
                    (id, opens_on, closes_on),
                    call.at,
                )?;
                let moved = Moved {
                    evidence: json!({ "publicity": id, "closes_on": closes_on }),
                    ..opened.into()
                };
                note(deps, tx, &call.caller, call.verb, &mut record, moved).await?;
            }
            finish(tx, claim, id.as_uuid()).await?;
            Ok::<_, Error>(id)
        })
        .await
}

/// A batch names between 1 and [`BATCH`] different applications.
pub(crate) fn check_batch(applications: &[Uuid]) -> Result<(), Error> {
    let distinct: std::collections::BTreeSet<_> = applications.iter().collect();
    if applications.is_empty() || applications.len() > BATCH || distinct.len() != applications.len() {
        return Err(BATCH_INVALID.into());
    }
    Ok(())
}
