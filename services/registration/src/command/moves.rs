//! One move of one application: lock, ask the domain, store with audit, opinion and events, or change nothing.

use domain::application::{Act, Application, ApplicationEvent, ApplicationState, Claim, StepClock};
use domain::calendar::{Deadline, HolidayCalendar};
use domain::ids::ApplicationId;
use domain::opinion::TemplateRef;
use domain::policy::PolicyProfile;
use jiff::civil::Date;
use postgres::Tx;
use postgres::audit::{Outcome, Record as AuditRecord};
use postgres::outbox::Event;
use serde_json::{Value, json};
use service_runtime::error::CONCURRENT_CHANGE;

use super::{Begin, Call, finish, give_notice, hands, notify};
use crate::deps::Deps;
use crate::error::Error;
use crate::peer::exchange::event;
use crate::store::application::{self, ClaimState, Record};
use crate::store::{clock, review, termination_notice};

/// What is to be moved.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Move<'a> {
    pub(crate) application: ApplicationId,
    /// Entity tag that the caller saw; empty: whatever it is.
    pub(crate) etag: &'a str,
}

/// What the domain made of it.
pub(crate) struct Moved {
    pub(crate) application: Application,
    pub(crate) event: ApplicationEvent,
    /// Ids, codes and digests that the decision rested on.
    pub(crate) evidence: Value,
    /// The clock, where the act changed it by itself.
    pub(crate) clock: Option<StepClock>,
    /// The day that those concerned are told of, where the file does not say it.
    pub(crate) until: Option<Date>,
    /// What the applicant is told in writing, where the file does not say it.
    pub(crate) notice: Option<String>,
    /// The template that an opinion was made of.
    pub(crate) template: Option<TemplateRef>,
}

impl From<(Application, ApplicationEvent)> for Moved {
    fn from((application, event): (Application, ApplicationEvent)) -> Self {
        Self {
            application,
            event,
            evidence: json!({}),
            clock: None,
            until: None,
            notice: None,
            template: None,
        }
    }
}

/// Moves one application as the caller asks; idempotent on the request.
pub(crate) async fn move_one<F>(
    deps: &Deps,
    call: &Call,
    target: Move<'_>,
    step: F,
) -> Result<ApplicationId, Error>
where
    F: Fn(&Record, &PolicyProfile) -> Result<Moved, Error> + Send + Sync,
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
            let moved = step(&record, deps.policy_of(&record.application, call.at)?)?;
            note(deps, tx, &call.caller, call.verb, &mut record, moved).await?;
            finish(tx, claim, target.application.as_uuid()).await?;
            Ok::<_, Error>(target.application)
        })
        .await;
    call.audited(deps, &subject, result).await
}

/// Locks the application of a move and checks its entity tag.
pub(crate) async fn locked(deps: &Deps, tx: &mut Tx, call: &Call, target: Move<'_>) -> Result<Record, Error> {
    let ids = [target.application.as_uuid()];
    let found = application::lock(tx, &call.within(deps), &ids).await?.pop();
    let mut record = found.ok_or_else(Error::not_found)?;
    record.actor = call.relations.clone();
    if target.etag.is_empty() || target.etag == record.version.to_string() {
        Ok(record)
    } else {
        Err(CONCURRENT_CHANGE
            .refusal()
            .metadata("etag", record.version.to_string())
            .into())
    }
}

/// Stores a move: state, deadline, claim, opinion, audit, and what the nation must know. Pushes events last.
pub(crate) async fn note(
    deps: &Deps,
    tx: &mut Tx,
    actor: &str,
    verb: &'static str,
    record: &mut Record,
    moved: Moved,
) -> Result<(), Error> {
    let Moved {
        application,
        event: moved,
        evidence,
        clock: running,
        until,
        notice,
        template,
    } = moved;
    let policy = deps.policy_of(&application, moved.at)?;
    let application = hands::take(tx, record, policy, application, &moved).await?;
    let protected_before = record.application.protects_registration();
    let accepted_before = record.application.state().acceptance().is_some();
    record.application = application;
    if moved.from != moved.to {
        // Silence counts as acceptance from the receipt on, and so does the limit that follows.
        let legal = record
            .application
            .state()
            .since()
            .filter(|_| moved.act == Act::DeemAccepted);
        record.since = legal.unwrap_or(moved.at);
    }
    let running = follow_clock(tx, record, policy, &moved, running).await?;
    record.due = due(&record.application, running.as_ref());
    follow_claim(record, accepted_before, moved.at);
    record.awaits_clearance = awaits_clearance(&record.application, policy);
    if moved.act == Act::ReturnForReview
        || moved.act == Act::ReleaseClearance
        || moved.act == Act::ResolveObjection
        || moved.act == Act::FollowEmployer
    {
        (record.terms, record.hash) = (None, None);
    }
    application::save(tx, record).await?;
    let id = record.application.id;
    clock::save(tx, id, running.as_ref()).await?;
    let undecided = record
        .application
        .undecided_renewal()
        .filter(|filing| filing.timely);
    clock::follow_renewal(tx, id, undecided).await?;
    keep_opinion(tx, &record.application, moved.act, template).await?;
    if moved.act == Act::ShowTermination || record.application.state().kind().is_final() {
        termination_notice::overtake(tx, record.application.id, moved.at).await?;
    }
    let subject = deps.application_name(record.application.id);
    tx.audit(AuditRecord {
        at: moved.at,
        actor,
        verb,
        article: &moved.article,
        subject: &subject,
        outcome: Outcome::Done,
        evidence: json!({
            "from": moved.from.code(), "to": moved.to.code(), "by": moved.actor,
            "version": record.version, "facts": evidence,
        }),
    })
    .await?;
    record.version += 1;
    give_notice::give(deps, tx, record, &moved, notice).await?;
    notify::tell_move(deps, tx, record, &moved, until).await?;
    if let Some(payload) = renewal_event(deps, record, &moved, protected_before) {
        let event = Event {
            format: event::FORMAT,
            payload: &payload,
            at: moved.at,
        };
        tx.push_event(&deps.stream, event).await?;
        deps.wake.push.notify_one();
    }
    Ok(())
}

/// The clock after a move: a new one where the file came to stand elsewhere, else the one that runs.
async fn follow_clock(
    tx: &mut Tx,
    record: &Record,
    policy: &PolicyProfile,
    moved: &ApplicationEvent,
    changed: Option<StepClock>,
) -> Result<Option<StepClock>, Error> {
    if changed.is_some() {
        return Ok(changed);
    }
    let started = record.application.start_clock(policy, record.since);
    if moved.from != moved.to {
        return Ok(started);
    }
    let kept = clock::find(tx, record.application.id).await?;
    Ok(match (kept, started) {
        (Some(kept), Some(started)) if kept.step == started.step => Some(StepClock {
            authorities: started.authorities,
            ..kept
        }),
        (_, started) => started,
    })
}

/// The day by which the authority must take the next step, or publicity ends (domain §1.4).
fn due(application: &Application, running: Option<&StepClock>) -> Option<Deadline> {
    if let ApplicationState::Publicized { publicity, .. } = application.state() {
        return Some(Deadline {
            day: publicity.closes_on,
            provisional: false,
        });
    }
    running?.deadline(HolidayCalendar::official())
}

/// Keeps the claim's column in step with the state: pending ones are asked for, ended ones given back.
fn follow_claim(record: &mut Record, accepted_before: bool, at: jiff::Timestamp) {
    let state = record.application.state();
    let claim = match state.acceptance().map(|acceptance| acceptance.claim) {
        Some(Claim::Pending) => Some(ClaimState::Pending),
        Some(Claim::Held { .. }) => Some(ClaimState::Held),
        Some(Claim::Conflict { .. }) => Some(ClaimState::Conflict),
        Some(Claim::Exempt) | None => None,
    };
    let ended = matches!(
        state,
        ApplicationState::Refused(_) | ApplicationState::NotAccepted(_) | ApplicationState::Withdrawn { .. }
    );
    if ended {
        let held = accepted_before && record.claim.is_some_and(|claim| claim != ClaimState::Released);
        record.claim = if held { Some(ClaimState::ReleaseDue) } else { None };
        record.claim_due = None;
        return;
    }
    if claim != record.claim {
        record.claim = claim;
        record.claim_due = matches!(claim, Some(ClaimState::Pending)).then_some(at);
    }
}

fn awaits_clearance(application: &Application, policy: &PolicyProfile) -> bool {
    match application.state() {
        ApplicationState::PublicityClosed { .. } | ApplicationState::Completing(_) => true,
        ApplicationState::Decided(_) => policy.publicity_days(application.kind).is_none(),
        _ => false,
    }
}

/// Opinions go into a history of their own: a file that goes back to review loses them from its state.
async fn keep_opinion(
    tx: &mut Tx,
    application: &Application,
    act: Act,
    template: Option<TemplateRef>,
) -> Result<(), Error> {
    let state = application.state();
    match act {
        Act::Review => {
            if let Some(opinion) = state.reviewed().and_then(|reviewed| reviewed.opinion.as_ref()) {
                review::record(tx, application.id, "REVIEW", None, (opinion, template)).await?;
            }
        }
        Act::RecordJointReview => {
            if let Some(joint) = state.joint_opinions().last() {
                review::record(
                    tx,
                    application.id,
                    "JOINT_REVIEW",
                    Some(joint.specialty),
                    (&joint.opinion, template),
                )
                .await?;
            }
        }
        Act::Grant | Act::Refuse => {
            if let Some(decision) = state.decision() {
                let grounds = match &decision.verdict {
                    domain::application::Verdict::Granted => String::new(),
                    domain::application::Verdict::Refused { grounds, .. } => grounds.clone(),
                };
                let opinion = domain::application::Opinion {
                    by: decision.by,
                    at: decision.at,
                    favourable: act == Act::Grant,
                    grounds,
                };
                review::record(tx, application.id, "DECISION", None, (&opinion, template)).await?;
            }
        }
        _ => {}
    }
    Ok(())
}

/// The nation must know of a timely renewal: undecided at expiry it counts as granted (行政许可法 art 50). What announces
/// it, or deems it granted, says itself that it is closed.
fn renewal_event(
    deps: &Deps,
    record: &Record,
    moved: &ApplicationEvent,
    protected_before: bool,
) -> Option<Vec<u8>> {
    let name = deps.application_name(record.application.id);
    let person = record.application.person.resource_name();
    let closed = |outcome| Some(event::renewal_closed(&name, &person, outcome, moved.at));
    match (protected_before, record.application.protects_registration()) {
        (false, true) => Some(event::renewal_accepted(&name, &person, moved.at)),
        (true, false) => match moved.act {
            Act::Refuse | Act::DeclineAcceptance => closed("REFUSED"),
            Act::Withdraw => closed("WITHDRAWN"),
            Act::RequestCorrection => closed("RETURNED"),
            _ => None,
        },
        (true, true) | (false, false) => None,
    }
}
