//! Takes the nation's row into the mirror, by two officers of the province or two of the ministry (decision 0028): the register is the
//! nation's to keep, and the mirror follows it. What the nation does not hold is never repaired here.

use domain::authority::{Authority, Officer};
use domain::four_eyes::FourEyes;
use domain::reconciliation::RepairRefused;
use jiff::Timestamp;
use postgres::Tx;
use postgres::audit::{Outcome, Record as AuditRecord};
use register_tree::{Row, Standing};
use serde_json::json;
use tracing::instrument;
use uuid::Uuid;

use super::reconcile_register::reconciling_officer;
use super::{Begin, Call, finish};
use crate::deps::Deps;
use crate::error::Error;
use crate::store::reconciliation::{self, Differing, RowState};
use crate::store::{employer, register_tree as tree, registered};

/// The first officer's step. Idempotent on the request.
#[instrument(name = "propose_repair", skip_all, fields(row = %id))]
pub(crate) async fn propose_repair(
    deps: &Deps,
    call: &Call,
    id: Uuid,
    statement: &str,
) -> Result<Uuid, Error> {
    let subject = deps.reconciliation_row_name(id);
    let officer = reconciling_officer(deps, call)?;
    let result = deps
        .database
        .run_tx(call.verb, async |tx: &mut Tx| {
            let claim = match call.begin(tx).await? {
                Begin::Replay(id) => return Ok(id),
                Begin::First(claim) => claim,
            };
            let found = reconciliation::lock_row(tx, id)
                .await?
                .ok_or_else(Error::not_found)?;
            if found.state != RowState::Open {
                return Err(RepairRefused::NotOpen.into());
            }
            if found.there.is_none() {
                return Err(RepairRefused::NotHeldByNation.into());
            }
            let four_eyes = FourEyes::propose(officer, call.at);
            reconciliation::save_row(tx, id, RowState::Proposed, &four_eyes, Some(statement)).await?;
            audit(deps, tx, call, &found).await?;
            finish(tx, claim, id).await?;
            Ok::<_, Error>(id)
        })
        .await;
    call.audited(deps, &subject, result).await
}

/// The second officer's: the mirror is what the nation holds, in this transaction. Idempotent on the request.
#[instrument(name = "confirm_repair", skip_all, fields(row = %id))]
pub(crate) async fn confirm_repair(deps: &Deps, call: &Call, id: Uuid) -> Result<Uuid, Error> {
    let subject = deps.reconciliation_row_name(id);
    let officer = reconciling_officer(deps, call)?;
    let read = async |tx: &mut Tx| reconciliation::row(tx, id).await;
    let found = deps.reader.snapshot("read difference", read).await?;
    let there = found.and_then(|found| found.there).ok_or_else(Error::not_found)?;
    let employer = deps.identity.employer(there.employer).await?;
    let employer = &employer;
    let result = deps
        .database
        .run_tx(call.verb, async |tx: &mut Tx| {
            let claim = match call.begin(tx).await? {
                Begin::Replay(id) => return Ok(id),
                Begin::First(claim) => claim,
            };
            if let Some(known) = employer {
                employer::upsert(tx, known, call.at).await?;
            }
            confirm(deps, tx, call, (id, officer)).await?;
            finish(tx, claim, id).await?;
            Ok::<_, Error>(id)
        })
        .await;
    call.audited(deps, &subject, result).await
}

async fn confirm(deps: &Deps, tx: &mut Tx, call: &Call, (id, officer): (Uuid, Officer)) -> Result<(), Error> {
    let found = reconciliation::lock_row(tx, id)
        .await?
        .ok_or_else(Error::not_found)?;
    let proposed = found
        .four_eyes
        .clone()
        .filter(|_| found.state == RowState::Proposed);
    let proposed = proposed.ok_or(RepairRefused::NotProposed)?;
    let confirmed = proposed.confirm(officer, call.at)?;
    let there = found.there.as_ref().ok_or_else(Error::not_found)?;
    registered::lock(tx, &call.within(deps), there.person).await?;
    let now = tree::row(tx, there.person.as_uuid()).await?;
    let unchanged = match (&found.here, &now) {
        (Some(here), now) => now.as_ref().is_some_and(|now| now.digest() == here.digest()),
        // What has a wrong number stands at another place.
        (None, now) => now.as_ref().is_none_or(|now| now.key() != there.key()),
    };
    if !unchanged {
        return Err(RepairRefused::Outdated.into());
    }
    if !registered::take(tx, &taken(there, found.since.unwrap_or(call.at))).await? {
        return Err(RepairRefused::NothingToMend.into());
    }
    reconciliation::save_row(tx, id, RowState::Repaired, &confirmed, None).await?;
    audit(deps, tx, call, &found).await
}

fn taken(row: &Row, since: Timestamp) -> registered::Taken {
    let (ended, suspended) = match row.standing {
        Standing::InForce => (None, None),
        Standing::Suspended { until } => (None, Some((since, until))),
        Standing::Ended { cause } => (Some((since, cause)), None),
    };
    registered::Taken {
        person: row.person,
        number: row.number.to_string(),
        employer: row.employer,
        specialties: row.specialties.clone(),
        ended,
        suspended,
    }
}

async fn audit(deps: &Deps, tx: &mut Tx, call: &Call, found: &Differing) -> Result<(), Error> {
    let digest = |row: &Option<Row>| row.as_ref().map(|row| hex::encode(row.digest()));
    let person = found.there.as_ref().map(|row| row.person.resource_name());
    tx.audit(AuditRecord {
        at: call.at,
        actor: &call.caller,
        verb: call.verb,
        article: "design §3",
        subject: &deps.reconciliation_row_name(found.id),
        outcome: Outcome::Done,
        evidence: json!({
            "person": person, "here": digest(&found.here), "there": digest(&found.there),
            "authority": Authority::Province(deps.province).to_string(),
        }),
    })
    .await?;
    Ok(())
}
