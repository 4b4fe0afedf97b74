//! A second officer confirms a lapse, or the undoing of one: the legal moment. The first batch of its rows takes effect in
//! the same transaction, the rest by a job.

use domain::ids::LapseId;
use domain::lapse::{Lapse, LapseAct, LapseRefused, LapseRowRefused, LapseSubject};
use postgres::Tx;
use postgres::audit::{Outcome, Record as AuditRecord};
use serde_json::json;
use tracing::instrument;

use super::apply_lapse::{Batch, apply};
use super::record_lapse::{second, settle_report};
use super::{Begin, Call, finish};
use crate::deps::Deps;
use crate::error::Error;
use crate::store::{lapse, registered};

/// Another officer than the one who recorded it. Idempotent on the request.
#[instrument(name = "confirm_lapse", skip_all, fields(lapse = %id))]
pub(crate) async fn confirm_lapse(deps: &Deps, call: &Call, id: LapseId) -> Result<LapseId, Error> {
    let subject = deps.lapse_name(id);
    let result = deps
        .database
        .run_tx(call.verb, async |tx: &mut Tx| confirm(deps, tx, call, id).await)
        .await;
    let confirmed = call.audited(deps, &subject, result).await?;
    deps.wake.push.notify_one();
    deps.wake.lapse.notify_one();
    Ok(confirmed)
}

async fn confirm(deps: &Deps, tx: &mut Tx, call: &Call, id: LapseId) -> Result<LapseId, Error> {
    let claim = match call.begin(tx).await? {
        Begin::Replay(id) => return Ok(LapseId::from_uuid(id)),
        Begin::First(claim) => claim,
    };
    let (officer, locked) = second(deps, tx, call, id).await?;
    let confirmed = locked.confirm(officer, call.at)?;
    lapse::save(tx, &confirmed).await?;
    let people = add_rows(deps, tx, call, &confirmed).await?;
    if people == 0 {
        return Err(match confirmed.act {
            LapseAct::Lapse { .. } => LapseRowRefused::NotRegistered.into(),
            LapseAct::Undo { .. } => LapseRefused::NothingToUndo.into(),
        });
    }
    let batch = Batch::first(&confirmed)?;
    let applied = apply(deps, tx, &batch, call.at).await?;
    // A record of one person that does not reach them is none.
    if let (1, Some(refused)) = (people, applied.refused) {
        return Err(refused.into());
    }
    settle_report(tx, &confirmed).await?;
    tx.audit(AuditRecord {
        at: call.at,
        actor: &call.caller,
        verb: call.verb,
        article: confirmed.article(),
        subject: &deps.lapse_name(id),
        outcome: Outcome::Done,
        evidence: json!({ "people": people, "applied": applied.count, "failed": applied.failed }),
    })
    .await?;
    finish(tx, claim, id.as_uuid()).await?;
    Ok(id)
}

/// A row for everybody whom the record is about at this moment; returns how many.
async fn add_rows(deps: &Deps, tx: &mut Tx, call: &Call, confirmed: &Lapse) -> Result<usize, Error> {
    let people: Vec<_> = match &confirmed.act {
        LapseAct::Lapse {
            subject: LapseSubject::Person(person),
            ..
        } => vec![(*person, None)],
        LapseAct::Lapse {
            subject: LapseSubject::Employer(employer),
            ..
        } => {
            let people = registered::of_employer(tx, &call.within(deps), *employer).await?;
            people.into_iter().map(|person| (person, None)).collect()
        }
        LapseAct::Undo { lapse: of, people } => {
            let rows = lapse::in_force(tx, *of, people).await?;
            rows.into_iter().map(|row| (row.person, Some(row.id))).collect()
        }
    };
    lapse::add_rows(tx, confirmed.id, &people).await?;
    Ok(people.len())
}
