//! Opens a cancellation that the person does not ask for: by the registered employer, or by the accepting authority on
//! its own motion (153号 art 17).

use domain::application::{Application, ApplicationType, MoveRefused, Particulars};
use domain::authority::Actor;
use domain::calendar::day_of;
use domain::cancellation::{CancellationDetails, CancellationInitiator};
use domain::employment::Contract;
use domain::ids::{ApplicationId, EmployerId, PersonId};
use domain::province::Jurisdiction;
use domain::specialty::Specialty;
use postgres::Tx;
use postgres::audit::{Outcome, Record as AuditRecord};
use serde_json::json;
use tracing::instrument;
use uuid::Uuid;

use super::create_application::snapshot;
use super::{Begin, Call, drafting, finish};
use crate::deps::Deps;
use crate::error::{EMPLOYER_UNKNOWN, Error, TYPE_NOT_OFFERED};
use crate::sealing::PersonFacts;
use crate::store::application::{self, Record};
use crate::store::registered::{self, Registered};

/// Whose registration, and why. The initiator is whoever calls.
pub(crate) struct Input {
    pub(crate) person: PersonId,
    pub(crate) specialties: Vec<Specialty>,
    pub(crate) details: CancellationDetails,
}

/// Idempotent on the request; identity is asked before the transaction. A registration outside the caller's scope is
/// not there.
#[instrument(name = "open_cancellation", skip_all)]
pub(crate) async fn open_cancellation(
    deps: &Deps,
    call: &Call,
    input: Input,
) -> Result<ApplicationId, Error> {
    let result = open(deps, call, input).await;
    let subject = format!("provinces/{}/applications/-", deps.province.code());
    call.audited(deps, &subject, result).await
}

async fn open(deps: &Deps, call: &Call, mut input: Input) -> Result<ApplicationId, Error> {
    let kind = ApplicationType::Cancellation;
    let policy = deps.policy_now(call.at)?;
    if !policy.offers(kind) {
        return Err(TYPE_NOT_OFFERED.refusal().metadata("type", kind.code()).into());
    }
    let actor = actor(deps, call)?;
    input.details.initiator = match actor {
        Actor::Officer(_) => CancellationInitiator::Authority,
        _ => CancellationInitiator::Employer,
    };
    let within = call.within(deps);
    let find = async |tx: &mut Tx| registered::find(tx, &within, input.person).await;
    let known = deps
        .reader
        .snapshot("registration to cancel", find)
        .await?
        .filter(|known| known.moved_to.is_none() && may_open(call, actor, known))
        .ok_or_else(Error::not_found)?;
    let id = ApplicationId::from_uuid(Uuid::now_v7());
    let facts = deps
        .identity
        .person(input.person, &deps.application_name(id))
        .await?;
    let employer = deps
        .identity
        .employer(known.employer)
        .await?
        .ok_or(EMPLOYER_UNKNOWN)?;
    let (input, facts, employer) = (&input, &facts, &employer);
    deps.database
        .run_tx("open_cancellation", async |tx: &mut Tx| {
            let claim = match call.begin(tx).await? {
                Begin::Replay(id) => return Ok(ApplicationId::from_uuid(id)),
                Begin::First(claim) => claim,
            };
            snapshot(deps, tx, &call.within(deps), input.person, facts, call.at).await?;
            crate::store::employer::upsert(tx, employer, call.at).await?;
            draft(deps, tx, call, (id, actor, known.employer), input, facts).await?;
            finish(tx, claim, id.as_uuid()).await?;
            Ok::<_, Error>(id)
        })
        .await
}

/// An officer of the accepting authority, or a registrar.
fn actor(deps: &Deps, call: &Call) -> Result<Actor, Error> {
    if call.scope.grants().is_empty() {
        return Ok(Actor::Registrar {
            account: call.account()?,
        });
    }
    let policy = deps.policy_now(call.at)?;
    let needed = policy
        .accepting_authority
        .of(Jurisdiction::Province(deps.province));
    let officer = call.officer(needed)?;
    if officer.authority == needed {
        Ok(Actor::Officer(officer))
    } else {
        Err(MoveRefused::WrongAuthority { needed }.into())
    }
}

/// The person's own row is in a registrar's scope too; only the employer's is theirs to cancel.
fn may_open(call: &Call, actor: Actor, known: &Registered) -> bool {
    matches!(actor, Actor::Officer(_))
        || call
            .scope
            .employers()
            .any(|employer| employer == known.employer.as_uuid())
}

async fn draft(
    deps: &Deps,
    tx: &mut Tx,
    call: &Call,
    (id, actor, employer): (ApplicationId, Actor, EmployerId),
    input: &Input,
    facts: &PersonFacts,
) -> Result<(), Error> {
    let asked = drafting::Asked {
        id,
        person: input.person,
        kind: ApplicationType::Cancellation,
        specialties: &input.specialties,
        employer,
        particulars: Particulars::Cancellation(input.details.clone()),
    };
    open_draft(
        deps,
        tx,
        call,
        (asked, actor, input.details.ground.article()),
        facts,
    )
    .await
}

/// Opens a draft that rests on the registration and on no contract.
pub(super) async fn open_draft(
    deps: &Deps,
    tx: &mut Tx,
    call: &Call,
    (asked, actor, article): (drafting::Asked<'_>, Actor, &str),
    facts: &PersonFacts,
) -> Result<(), Error> {
    let (id, person, employer) = (asked.id, asked.person, asked.employer);
    let particulars = serde_json::to_value(&asked.particulars).map_err(Error::internal)?;
    let present = registered::find(tx, &call.within(deps), person).await?;
    let new = drafting::application(deps, tx, asked, present.as_ref(), facts, call.at).await?;
    let (application, event) = Application::create_by(new, actor, call.at)?;
    let contract = Contract {
        from: day_of(call.at),
        to: None,
    };
    application::insert(tx, &Record::draft(application, contract, None, call.at)).await?;
    tx.audit(AuditRecord {
        at: call.at,
        actor: &call.caller,
        verb: call.verb,
        article,
        subject: &deps.application_name(id),
        outcome: Outcome::Done,
        evidence: json!({
            "person": person.resource_name(), "employer": employer.resource_name(), "by": event.actor,
            "initiator": particulars["initiator"], "ground": particulars["ground"],
        }),
    })
    .await?;
    Ok(())
}
