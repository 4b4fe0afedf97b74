//! What the acts upon a clock have in common: the file, its clock, the written notice (行政许可法 art 42, 45).

use domain::application::{Application, ApplicationEvent, MoveRefused, StepClock};
use domain::authority::Officer;
use domain::calendar::HolidayCalendar;
use domain::ids::ApplicationId;
use domain::policy::PolicyProfile;
use postgres::Tx;
use serde_json::json;

use super::moves::locked;
use super::{Begin, Call, Move, Moved, finish, note};
use crate::deps::Deps;
use crate::error::Error;
use crate::store::clock::{self, ClockEvent};

/// What an act makes of a clock.
pub(super) type Clocked = Result<(Application, StepClock, ApplicationEvent), MoveRefused>;

/// Changes the clock of one file; idempotent on the request. `step` is asked with the officer that the clock's authority
/// calls for; `notice` words what the applicant is told in writing, none where nothing is told yet.
pub(super) async fn move_clock<S, N>(
    deps: &Deps,
    call: &Call,
    target: Move<'_>,
    step: S,
    notice: N,
) -> Result<ApplicationId, Error>
where
    S: Fn(Application, StepClock, Officer, &PolicyProfile) -> Clocked + Send + Sync,
    N: Fn(&StepClock) -> String + Send + Sync,
{
    let subject = deps.application_name(target.application);
    let result = deps
        .database
        .run_tx(call.verb, async |tx: &mut Tx| {
            let claim = match call.begin(tx).await? {
                Begin::Replay(id) => return Ok(ApplicationId::from_uuid(id)),
                Begin::First(claim) => claim,
            };
            let mut record = locked(deps, tx, call, target).await?;
            let id = record.application.id;
            let running = clock::find(tx, id).await?.ok_or(MoveRefused::ClockNotRunning)?;
            let needed = running.authorities.first().copied();
            let officer = call.officer(needed.ok_or(MoveRefused::ClockNotRunning)?)?;
            let policy = deps.policy_of(&record.application, call.at)?;
            let (application, running, event) = step(record.application.clone(), running, officer, policy)?;
            let due = running.deadline(HolidayCalendar::official());
            let told = ClockEvent {
                act: format!("{:?}", event.act),
                step: running.step.name().to_owned(),
                authority: officer.authority.to_string(),
                article: event.article.clone(),
                notice: notice(&running),
                due_on: due.map(|due| due.day),
                recorded_at: call.at,
            };
            let evidence = json!({
                "step": running.step, "due_on": told.due_on,
                "notice": hex::encode(postgres::hash::sha256(told.notice.as_bytes())),
            });
            let moved = Moved {
                evidence,
                clock: Some(running),
                notice: Some(told.notice.clone()),
                ..(application, event).into()
            };
            note(deps, tx, &call.caller, call.verb, &mut record, moved).await?;
            clock::record(tx, id, officer, &told).await?;
            finish(tx, claim, id.as_uuid()).await?;
            Ok::<_, Error>(id)
        })
        .await;
    call.audited(deps, &subject, result).await
}
