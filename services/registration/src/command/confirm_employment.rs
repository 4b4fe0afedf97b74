//! The employer's registrar confirms or rejects: that the person is employed, or for a cancellation that it may go on.

use domain::application::{Filing, MaterialKind};
use domain::calendar::day_of;
use domain::ids::ApplicationId;
use domain::policy::PolicyProfile;
use domain::refusal::Stage;
use postgres::Tx;
use serde_json::json;
use tracing::instrument;

use super::facts::{self, Facts};
use super::moves::locked;
use super::{Begin, Call, Move, Moved, finish, note, settle_clearance};
use crate::deps::Deps;
use crate::error::Error;
use crate::store::application::Record;
use crate::store::material;

/// The registrar's answer.
#[derive(Debug, Clone)]
pub(crate) struct Input {
    pub(crate) application: ApplicationId,
    pub(crate) confirmed: bool,
    pub(crate) reason: String,
}

/// Only a registrar of the employer applied for. Where the policy says that the confirmation completes a cancellation,
/// the nation is asked for clearance at once.
#[instrument(name = "confirm_employment", skip_all, fields(application = %input.application))]
pub(crate) async fn confirm_employment(
    deps: &Deps,
    call: &Call,
    input: Input,
) -> Result<ApplicationId, Error> {
    let id = input.application;
    let subject = deps.application_name(id);
    let result = confirm(deps, call, &input).await;
    let completing = call.audited(deps, &subject, result).await?;
    if completing && let Err(error) = settle_clearance::settle_clearances(deps, &[id.as_uuid()]).await {
        tracing::info!(application = %id, %error, "clearance is asked for again later");
        deps.wake.clearance.notify_one();
    }
    Ok(id)
}

/// Whether only the nation's clearance is left.
async fn confirm(deps: &Deps, call: &Call, input: &Input) -> Result<bool, Error> {
    let account = call.account()?;
    deps.database
        .run_tx("confirm_employment", async |tx: &mut Tx| {
            let claim = match call.begin(tx).await? {
                Begin::Replay(_) => return Ok(false),
                Begin::First(claim) => claim,
            };
            let target = Move {
                application: input.application,
                etag: "",
            };
            let mut record = locked(deps, tx, call, target).await?;
            let application = record.application.clone();
            if !call.scope.may_see_employer(application.employer.as_uuid()) {
                return Err(Error::not_found());
            }
            let policy = deps.policy_of(&application, call.at)?;
            let completing = input.confirmed && application.completes_at_confirmation(policy);
            let moved = if completing {
                complete(deps, tx, call, &record, policy).await?
            } else if input.confirmed {
                application.confirm_employment(account, call.at)?.into()
            } else {
                application
                    .reject_employment(account, &input.reason, call.at)?
                    .into()
            };
            note(deps, tx, &call.caller, call.verb, &mut record, moved).await?;
            finish(tx, claim, input.application.as_uuid()).await?;
            Ok::<_, Error>(completing)
        })
        .await
}

/// The confirmation stands in for submission and decision: materials and rules are judged now.
async fn complete(
    deps: &Deps,
    tx: &mut Tx,
    call: &Call,
    record: &Record,
    policy: &PolicyProfile,
) -> Result<Moved, Error> {
    let application = record.application.clone();
    let facts = facts::load(deps, tx, &call.within(deps), record).await?;
    let attached = material::of_application(tx, application.id).await?;
    let attached: Vec<MaterialKind> = attached.iter().map(|one| one.kind).collect();
    let filing = Filing {
        renewal: None,
        materials: &attached,
        education_due: false,
        commitment: false,
        policy,
    };
    let failing = facts.failing(Facts::asked(record, Stage::Decision, call.at, &attached), policy);
    let moved = application
        .clone()
        .confirm_and_complete(&filing, call.account()?, call.at)?;
    if !failing.is_empty() {
        return Err(Error::rules(&failing));
    }
    facts.check_particulars(deps, &application, day_of(call.at))?;
    let kinds: Vec<_> = attached.iter().map(|kind| kind.code()).collect();
    Ok(Moved {
        evidence: json!({ "materials": kinds, "policy": policy.reference() }),
        ..moved.into()
    })
}
