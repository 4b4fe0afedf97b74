//! 领办: an officer takes the step that is due in hand.

use domain::application::Application;
use domain::authority::{Authority, Officer};
use domain::ids::ApplicationId;
use domain::policy::Step;
use domain::work::{Hand, Handling, WorkRefused, may_take};
use postgres::Tx;
use postgres::audit::{Outcome, Record as AuditRecord};
use serde_json::json;
use tracing::instrument;

use super::moves::locked;
use super::{Begin, Call, Move, finish, hands};
use crate::deps::Deps;
use crate::error::Error;
use crate::store::work::{self, WorkClaim};
use crate::store::{application::Record, clock};

/// Refused where no step of the officer's authority is due, somebody else has it, or these hands could not take the step.
#[instrument(name = "claim_work", skip_all, fields(%application))]
pub(crate) async fn claim_work(
    deps: &Deps,
    call: &Call,
    application: ApplicationId,
) -> Result<ApplicationId, Error> {
    let subject = deps.application_name(application);
    let result = deps
        .database
        .run_tx("claim_work", async |tx: &mut Tx| {
            let claim = match call.begin(tx).await? {
                Begin::Replay(id) => return Ok(ApplicationId::from_uuid(id)),
                Begin::First(claim) => claim,
            };
            let record = locked(deps, tx, call, whatever(application)).await?;
            let (step, authority) = due(tx, call, &record.application).await?;
            let officer = call.officer(authority)?;
            let hand = hands::of(tx, officer, call.relations.clone(), call.at).await?;
            let handling = hands::handling(tx, &record.application, officer).await?;
            let policy = deps.policy_of(&record.application, call.at)?;
            may_take(&record.application, policy, Some(step), &hand, &handling)?;
            put(tx, call, &record, (officer, None), &subject).await?;
            finish(tx, claim, application.as_uuid()).await?;
            Ok::<_, Error>(application)
        })
        .await;
    call.audited(deps, &subject, result).await
}

/// Whatever its entity tag is.
pub(super) const fn whatever<'a>(application: ApplicationId) -> Move<'a> {
    Move {
        application,
        etag: "",
    }
}

/// The step that is due, and which of the caller's authorities is charged with it.
pub(super) async fn due(
    tx: &mut Tx,
    call: &Call,
    application: &Application,
) -> Result<(Step, Authority), Error> {
    let running = clock::find(tx, application.id)
        .await?
        .ok_or(WorkRefused::NotDue)?;
    let held: Vec<Authority> = call
        .scope
        .grants()
        .iter()
        .filter_map(|grant| grant.authority.parse().ok())
        .collect();
    let charged = running
        .authorities
        .iter()
        .find(|authority| held.contains(authority));
    Ok((running.step, *charged.ok_or(WorkRefused::NotDue)?))
}

/// Puts a file into an officer's hands, with its audit.
pub(super) async fn put(
    tx: &mut Tx,
    call: &Call,
    record: &Record,
    (officer, leader): (Officer, Option<Officer>),
    subject: &str,
) -> Result<(), Error> {
    let before = work::claimed(tx, record.application.id, officer.authority).await?;
    let claim = WorkClaim {
        application: record.application.id,
        authority: officer.authority,
        officer: officer.id,
        assigned_by: leader.map(|leader| leader.id),
        claimed_at: call.at,
    };
    work::claim(tx, claim).await?;
    tx.audit(AuditRecord {
        at: call.at,
        actor: &call.caller,
        verb: call.verb,
        article: "domain §1.2",
        subject,
        outcome: Outcome::Done,
        evidence: json!({
            "officer": officer.id.resource_name(), "authority": officer.authority,
            "before": before.map(|claim| claim.officer.resource_name()),
        }),
    })
    .await?;
    Ok(())
}

/// Whether an officer whom nobody has asked yet could take the step: what is known of them is what is recorded.
pub(super) async fn could_take(
    tx: &mut Tx,
    deps: &Deps,
    call: &Call,
    record: &Record,
    (officer, step): (Officer, Step),
) -> Result<(), Error> {
    let hand: Hand = hands::of(tx, officer, domain::work::Relations::default(), call.at).await?;
    let handling = Handling {
        claimed_by: None,
        ..hands::handling(tx, &record.application, officer).await?
    };
    let policy = deps.policy_of(&record.application, call.at)?;
    Ok(may_take(
        &record.application,
        policy,
        Some(step),
        &hand,
        &handling,
    )?)
}
