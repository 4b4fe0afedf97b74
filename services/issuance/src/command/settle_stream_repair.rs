//! A second officer confirms or declines what becomes of a province's stream, or of a clearance. Confirmed, it takes effect
//! in the same transaction, and the province is told.

use domain::authority::{Authority, Officer};
use domain::ids::{ClearanceId, StreamRepairId};
use domain::notification::{Addressee, NotificationKind, Particulars};
use domain::stream_repair::{RepairMeasure, StreamRepair, StreamRepairRefused};
use jiff::Timestamp;
use postgres::outbox::Envelope;
use postgres::requests::Begun;
use postgres::{Tx, inbox};
use serde_json::json;
use service_runtime::error::NOT_FOUND;
use tracing::instrument;

use super::apply_envelope::free;
use super::propose_stream_repair::not_while_closed;
use super::tally::hour_of;
use super::working_set::{Wanted, WorkingSet};
use super::write::{Write, keep_id};
use crate::deps::Deps;
use crate::error::{ACT_REFUSED, Error, ruled};
use crate::exchange::stream;
use crate::store::exchange::clearance::{self, State};
use crate::store::exchange::downstream::{self, News};
use crate::store::exchange::stopped::{self, Outcome, Stopped};
use crate::store::exchange::{act_count, stream_repair, watermark};

/// What the second officer says.
pub(crate) struct Input {
    pub(crate) write: Write,
    pub(crate) officer: Officer,
    pub(crate) repair: StreamRepairId,
}

/// Idempotent on the request.
#[instrument(name = "confirm_stream_repair", skip_all, fields(repair = %input.repair))]
pub(crate) async fn confirm_stream_repair(deps: &Deps, input: &Input) -> Result<(), Error> {
    let subject = input.repair.resource_name();
    let confirmed = deps
        .database
        .run_tx("confirm stream repair", async |tx: &mut Tx| {
            confirm(deps, tx, input, &subject).await
        })
        .await;
    let skipped = input.write.recorded(&deps.database, &subject, confirmed).await?;
    if let Some((province, sequence)) = skipped {
        deps.positions.province(province).advance(sequence);
    }
    deps.bells.changes.notify_one();
    deps.bells.downstream.notify_waiters();
    Ok(())
}

/// Returns the number that was skipped, if one was.
async fn confirm(
    deps: &Deps,
    tx: &mut Tx,
    input: &Input,
    subject: &str,
) -> Result<Option<(domain::province::Province, u64)>, Error> {
    let write = &input.write;
    let claim = match tx.begin_request(&write.request()).await? {
        Begun::Replay(_) => return Ok(None),
        Begun::First(claim) => claim,
    };
    let repair = stream_repair::lock(tx, input.repair).await?;
    let repair = repair.ok_or_else(|| NOT_FOUND.refusal())?;
    let stands = stopped::current(tx, repair.province).await?;
    let at = stands.as_ref().map(Stopped::place);
    let confirmed = repair
        .confirm(at.as_ref(), input.officer, write.at)
        .map_err(|refused| ruled(ACT_REFUSED, &refused))?
        .map_err(|refused| ruled(ACT_REFUSED, &refused))?;
    let moved_on = || ruled(ACT_REFUSED, &StreamRepairRefused::MovedOn);
    match confirmed.measure {
        RepairMeasure::Skip => skip(tx, &confirmed, stands.as_ref().ok_or_else(moved_on)?, write.at).await?,
        RepairMeasure::Retry => resume(tx, &confirmed, Outcome::Retried, write.at).await?,
        RepairMeasure::Release { allowance } => {
            let kind = stands.as_ref().and_then(|stands| stands.kind.as_deref());
            let kind = kind.ok_or_else(moved_on)?;
            act_count::release(tx, confirmed.province, kind, hour_of(write.at), allowance).await?;
            resume(tx, &confirmed, Outcome::Released, write.at).await?;
        }
        RepairMeasure::VoidClearance { clearance } => {
            not_while_closed(deps)?;
            void(deps, tx, &confirmed, clearance, write.at).await?;
        }
    }
    stream_repair::settle(tx, &confirmed).await?;
    let evidence = json!({
        "measure": confirmed.measure.code(), "province": confirmed.province.code(), "reference": confirmed.reference,
        "sm3": confirmed.evidence, "at": confirmed.at,
    });
    write.done(tx, subject, "design §3", evidence).await?;
    tx.finish_request(claim, &keep_id(confirmed.id.as_uuid())).await?;
    Ok(match (confirmed.measure, &confirmed.at) {
        (RepairMeasure::Skip, Some(at)) => Some((confirmed.province, at.sequence)),
        _ => None,
    })
}

/// The stream goes on where it stands; one that only waits needs nothing.
async fn resume(tx: &mut Tx, repair: &StreamRepair, outcome: Outcome, at: Timestamp) -> Result<(), Error> {
    let name = stream(repair.province);
    if inbox::source(tx, &name).await?.stopped.is_some() {
        inbox::resume(tx, &name).await?;
    }
    Ok(stopped::end(tx, repair.province, outcome, Some(repair.id), at).await?)
}

/// The event has its number in the chain and no effect: it is kept, and the province is told which it was.
async fn skip(tx: &mut Tx, repair: &StreamRepair, stands: &Stopped, at: Timestamp) -> Result<(), Error> {
    let name = stream(repair.province);
    if !inbox::pass_over(tx, &name, (&stands.position, &stands.previous), at).await? {
        return Err(ruled(ACT_REFUSED, &StreamRepairRefused::MovedOn));
    }
    let envelope = Envelope {
        stream: name,
        sequence: stands.position.sequence,
        format: stands.format,
        previous_hash: stands.previous,
        payload: stands.payload.clone(),
        at,
    };
    stopped::store(tx, repair.province, &[envelope]).await?;
    // The number is reached; what the event said of time is not believed.
    watermark::advance(
        tx,
        repair.province,
        stands.position.sequence,
        Timestamp::UNIX_EPOCH,
    )
    .await?;
    resume(tx, repair, Outcome::Skipped, at).await?;
    let subject = format!(
        "provinces/{}/envelopes/{}",
        repair.province, stands.position.sequence
    );
    tell(tx, NotificationKind::EnvelopeSkipped, repair, subject, at).await?;
    let news = News::EnvelopeSkipped {
        position: stands.position,
        reason: stands.reason.clone(),
        repair: repair.id,
    };
    Ok(downstream::append(tx, repair.province, &news, at).await?)
}

/// Claim and digits are free again; what the province publishes on it from now on stops its stream.
async fn void(
    deps: &Deps,
    tx: &mut Tx,
    repair: &StreamRepair,
    id: ClearanceId,
    at: Timestamp,
) -> Result<(), Error> {
    let mut set = WorkingSet::read(deps, tx, Wanted::clearance(id), at).await?;
    let found = set
        .clearance(id)
        .cloned()
        .filter(|found| found.state == State::Cleared && found.key.province == repair.province)
        .ok_or_else(|| ruled(ACT_REFUSED, &StreamRepairRefused::ClearanceClosed))?;
    free(&mut set, &found, "CLEARANCE_VOIDED")?;
    set.write(deps, tx).await?;
    clearance::set_voided(tx, id, repair.id).await?;
    let subject = found.key.to_string();
    tell(tx, NotificationKind::ClearanceVoided, repair, subject, at).await?;
    let news = News::ClearanceVoided {
        person: found.person,
        application: found.key.application,
        clearance: id,
        repair: repair.id,
    };
    Ok(downstream::append(tx, repair.province, &news, at).await?)
}

/// The province's officers, in their queue.
async fn tell(
    tx: &mut Tx,
    kind: NotificationKind,
    repair: &StreamRepair,
    subject: String,
    at: Timestamp,
) -> Result<(), Error> {
    let told = notification_service::Notification {
        kind,
        to: vec![Addressee::Authority(Authority::Province(repair.province))],
        person: None,
        subject,
        particulars: Particulars::default(),
        at,
        once: None,
    };
    notification_service::tell(tx, &told).await?;
    Ok(())
}

/// A second officer does not agree: it has no effect. Idempotent on the request.
#[instrument(name = "decline_stream_repair", skip_all, fields(repair = %input.repair))]
pub(crate) async fn decline_stream_repair(deps: &Deps, input: &Input, grounds: &str) -> Result<(), Error> {
    let (write, subject) = (&input.write, input.repair.resource_name());
    let declined = deps
        .database
        .run_tx("decline stream repair", async |tx: &mut Tx| {
            let claim = match tx.begin_request(&write.request()).await? {
                Begun::Replay(_) => return Ok(()),
                Begun::First(claim) => claim,
            };
            let repair = stream_repair::lock(tx, input.repair).await?;
            let repair = repair.ok_or_else(|| NOT_FOUND.refusal())?;
            let declined = repair
                .decline(input.officer, grounds, write.at)
                .map_err(|refused| ruled(ACT_REFUSED, &refused))?;
            stream_repair::settle(tx, &declined).await?;
            let evidence = json!({ "measure": declined.measure.code() });
            write.done(tx, &subject, "design §3", evidence).await?;
            tx.finish_request(claim, &keep_id(declined.id.as_uuid())).await?;
            Ok::<_, Error>(())
        })
        .await;
    write.recorded(&deps.database, &subject, declined).await
}
