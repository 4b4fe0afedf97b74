//! Decides a case by four eyes. A correction or a revocation goes on as an application that the authority opens on its own
//! motion (更正; 注销 on the ground of 撤销): the registration stands until that one takes effect.

use domain::application::{ApplicationType, Particulars};
use domain::authority::{Actor, Officer};
use domain::cancellation::{CancellationDetails, CancellationGround, CancellationInitiator};
use domain::case_file::{CaseOutcome, CaseRefused, CaseState, Proposal};
use domain::correction::CorrectionDetails;
use domain::ids::{ApplicationId, CaseId};
use domain::notification::NotificationKind;
use postgres::Tx;
use serde_json::json;
use tracing::instrument;
use uuid::Uuid;

use super::create_application::snapshot;
use super::notify;
use super::open_cancellation::open_draft;
use super::{Begin, Call, cases, finish};
use crate::deps::Deps;
use crate::error::{EMPLOYER_UNKNOWN, Error};
use crate::sealing::PersonFacts;
use crate::store::case_file;
use crate::store::employer::{self, Employer};
use crate::store::registered::{self, Registered};

/// What a decision needs to know of the person and their employer, asked before the transaction.
struct Known {
    registered: Registered,
    facts: PersonFacts,
    employer: Employer,
}

/// Agreed: as proposed. Otherwise the case goes back to be examined.
#[instrument(name = "decide_case", skip_all, fields(%case, agreed))]
pub(crate) async fn decide_case(
    deps: &Deps,
    call: &Call,
    case: CaseId,
    agreed: bool,
) -> Result<CaseId, Error> {
    let subject = deps.case_name(case);
    let result = decide(deps, call, case, agreed).await;
    call.audited(deps, &subject, result).await
}

async fn decide(deps: &Deps, call: &Call, case: CaseId, agreed: bool) -> Result<CaseId, Error> {
    let known = if agreed {
        Some(ask(deps, call, case).await?)
    } else {
        None
    };
    let known = known.as_ref();
    deps.database
        .run_tx("decide_case", async |tx: &mut Tx| {
            let claim = match call.begin(tx).await? {
                Begin::Replay(id) => return Ok(CaseId::from_uuid(id)),
                Begin::First(claim) => claim,
            };
            let mut file = cases::locked(deps, tx, call, case).await?;
            let (officer, hand) = cases::hand(deps, tx, call).await?;
            let CaseState::Proposed { proposal } = file.case.state().clone() else {
                return Err(CaseRefused::State.into());
            };
            let follow_up = known
                .filter(|_| proposal.outcome != CaseOutcome::Dismiss)
                .map(|known| (ApplicationId::from_uuid(Uuid::now_v7()), known));
            let follow_id = follow_up.as_ref().map(|(id, _)| *id);
            file.case = file.case.decide(officer, &hand, agreed, follow_id, call.at)?;
            if let Some((id, known)) = follow_up {
                follow(deps, tx, call, (id, officer), &proposal, known).await?;
            }
            let evidence = json!({
                "outcome": proposal.outcome, "agreed": agreed,
                "follow_up": follow_id.map(|id| deps.application_name(id)),
            });
            cases::kept(
                deps,
                tx,
                call,
                &file,
                (cases::article(&proposal.outcome), evidence),
            )
            .await?;
            if let Some(known) = known {
                let (person, kind) = (file.case.person, NotificationKind::CaseDecided);
                let employer = known.registered.employer;
                let told = notify::of_registration(deps, kind, person, employer, call.at);
                notify::push(deps, tx, &told).await?;
            }
            finish(tx, claim, case.as_uuid()).await?;
            Ok::<_, Error>(case)
        })
        .await
}

async fn ask(deps: &Deps, call: &Call, case: CaseId) -> Result<Known, Error> {
    let within = call.within(deps);
    let within = &within;
    let read = async |tx: &mut Tx| {
        let file = case_file::find(tx, within, case)
            .await?
            .ok_or_else(Error::not_found)?;
        let found = registered::find(tx, within, file.case.person).await?;
        found.ok_or_else(Error::not_found)
    };
    let known = deps.reader.snapshot("registration of a case", read).await?;
    let facts = deps.identity.person(known.person, &deps.case_name(case)).await?;
    let employer = deps.identity.employer(known.employer).await?;
    Ok(Known {
        facts,
        employer: employer.ok_or(EMPLOYER_UNKNOWN)?,
        registered: known,
    })
}

/// Opens the application that follows, as a draft of the authority: its officer attaches the evidence and files it.
async fn follow(
    deps: &Deps,
    tx: &mut Tx,
    call: &Call,
    (id, officer): (ApplicationId, Officer),
    proposal: &Proposal,
    known: &Known,
) -> Result<(), Error> {
    let within = call.within(deps);
    snapshot(deps, tx, &within, known.registered.person, &known.facts, call.at).await?;
    employer::upsert(tx, &known.employer, call.at).await?;
    let (kind, particulars, article) = match &proposal.outcome {
        CaseOutcome::Dismiss => return Ok(()),
        CaseOutcome::Correct { terms } => (
            ApplicationType::Correction,
            Particulars::Correction(CorrectionDetails {
                terms: terms.clone(),
                statement: proposal.grounds.clone(),
                initiator: CancellationInitiator::Authority,
            }),
            ApplicationType::Correction.article(),
        ),
        CaseOutcome::Revoke => (
            ApplicationType::Cancellation,
            Particulars::Cancellation(CancellationDetails {
                initiator: CancellationInitiator::Authority,
                ground: CancellationGround::RegistrationRevoked,
                statement: proposal.grounds.clone(),
                employment_ended_on: None,
                whole: true,
                commitment: false,
            }),
            CancellationGround::RegistrationRevoked.article(),
        ),
    };
    let asked = super::drafting::Asked {
        id,
        person: known.registered.person,
        kind,
        specialties: &[],
        employer: known.registered.employer,
        particulars,
    };
    open_draft(
        deps,
        tx,
        call,
        (asked, Actor::Officer(officer), article),
        &known.facts,
    )
    .await
}
