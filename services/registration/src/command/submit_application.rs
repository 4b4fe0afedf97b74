//! Submits, or answers the one correction notice: name, materials and rules are judged together.

use std::sync::Arc;

use domain::application::{ApplicationType, Filing, MaterialKind, RenewalFiling};
use domain::authority::Actor;
use domain::calendar::{HolidayCalendar, day_of};
use domain::ids::ApplicationId;
use domain::policy::PolicyProfile;
use domain::refusal::Stage;
use jiff::Timestamp;
use postgres::Tx;
use serde_json::json;
use tracing::instrument;

use super::ask_checks::ask_checks;
use super::facts::{self, Asked, Facts};
use super::filing::initiator;
use super::moves::locked;
use super::{Begin, Call, Move, Moved, finish, note, project_lock};
use crate::coverage;
use crate::deps::Deps;
use crate::error::Error;
use crate::store::application::Record;
use crate::store::material;

/// Fixes the policy on first submission. Whoever opened it submits it; the authority's own case is thereby accepted.
#[instrument(name = "submit_application", skip_all, fields(%application))]
pub(crate) async fn submit_application(
    deps: &Deps,
    call: &Call,
    application: ApplicationId,
    commitment: bool,
) -> Result<ApplicationId, Error> {
    let subject = deps.application_name(application);
    let account = call.account()?;
    // Fonts are unpacked when first asked for; not while a row is locked, and not on an async thread.
    let coverage = Arc::clone(&deps.coverage);
    tokio::task::spawn_blocking(move || coverage.missing(""))
        .await
        .map_err(Error::internal)?;
    facts::refresh(deps, call, application, Stage::Submission).await?;
    ask_checks(deps, call, application).await?;
    let project_lock = project_lock::ask(deps, &call.within(deps), application).await?;
    let result = deps
        .database
        .run_tx("submit_application", async |tx: &mut Tx| {
            let claim = match call.begin(tx).await? {
                Begin::Replay(id) => return Ok(ApplicationId::from_uuid(id)),
                Begin::First(claim) => claim,
            };
            let mut record = locked(
                deps,
                tx,
                call,
                Move {
                    application,
                    etag: "",
                },
            )
            .await?;
            let policy = deps.policy_of(&record.application, call.at)?;
            let facts = facts::load(deps, tx, &call.within(deps), &record).await?;
            let attached = material::of_application(tx, application).await?;
            let attached: Vec<MaterialKind> = attached.iter().map(|one| one.kind).collect();
            let asked = Asked {
                project_lock,
                ..Facts::asked(&record, Stage::Submission, call.at, &attached)
            };
            let failing = facts.failing(asked, policy);
            let education_due =
                facts.education_due(asked.kind, asked.specialties, asked.submitted_at, policy);
            let filing = Filing {
                materials: &attached,
                education_due,
                commitment,
                policy,
                renewal: renewal(&record, &facts, policy, call.at),
            };
            // Order and materials first: a person who is not there yet need not read rules.
            let current = record.application.clone();
            let (mut submitted, event) = match initiator(deps, call, &current, policy)? {
                Actor::Registrar { account } => current.submit_by_employer(&filing, account, call.at)?,
                Actor::Officer(officer) => current.file_on_own_motion(&filing, officer, call.at)?,
                _ => current.submit(&filing, account, call.at)?,
            };
            submitted.employment_gap = facts::employments(&record)
                .map(|(ended_on, begins_on)| policy.employment_gap.judge(ended_on, begins_on));
            if !failing.is_empty() {
                return Err(Error::rules(&failing));
            }
            facts.check_particulars(deps, &record.application, day_of(call.at))?;
            coverage::check(&*deps.coverage, facts.person.name.expose())?;
            let kinds: Vec<_> = attached.iter().map(|kind| kind.code()).collect();
            let mut moved = Moved::from((submitted, event));
            moved.evidence = json!({
                "materials": kinds, "policy": policy.reference(), "commitment": commitment,
                "employment_gap": moved.application.employment_gap, "project_lock": project_lock,
            });
            note(deps, tx, &call.caller, call.verb, &mut record, moved).await?;
            finish(tx, claim, application.as_uuid()).await?;
            Ok::<_, Error>(application)
        })
        .await;
    call.audited(deps, &subject, result).await
}

/// What a renewal is filed against: whether it is in time decides what silence will mean (行政许可法 art 50).
fn renewal(record: &Record, facts: &Facts, policy: &PolicyProfile, at: Timestamp) -> Option<RenewalFiling> {
    let present = facts
        .registered
        .as_ref()
        .filter(|_| record.kind() == ApplicationType::Renewal)?;
    let asked = present
        .specialties
        .iter()
        .filter(|(specialty, _)| record.application.specialties.contains(specialty));
    let calendar = policy.filing_deadline_rolls.then(HolidayCalendar::official);
    RenewalFiling::of(asked.map(|(_, term)| *term), policy.renewal, day_of(at), calendar)
}
