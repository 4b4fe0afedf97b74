//! Opens a draft with fresh snapshots of person and employer.

use domain::application::{Application, ApplicationType, Particulars};
use domain::employment::Contract;
use domain::ids::{ApplicationId, EmployerId, PersonId};
use domain::specialty::Specialty;
use jiff::Timestamp;
use postgres::Tx;
use postgres::audit::{Outcome, Record as AuditRecord};
use serde_json::json;
use tracing::instrument;
use uuid::Uuid;

use super::{Begin, Call, drafting, finish};
use crate::coverage;
use crate::deps::Deps;
use crate::error::{EMPLOYER_OUTSIDE_PROVINCE, EMPLOYER_UNKNOWN, Error, TYPE_NOT_OFFERED};
use crate::sealing::PersonFacts;
use crate::store::application::{self, Record, TerminationPaper};
use crate::store::employer::Employer;
use crate::store::national_entry::NationalEntry;
use crate::store::{Within, employer, national_entry, person, registered};

/// What the person asks for.
#[derive(Debug, Clone)]
pub(crate) struct Input {
    pub(crate) kind: ApplicationType,
    pub(crate) specialties: Vec<Specialty>,
    pub(crate) employer: EmployerId,
    pub(crate) contract: Contract,
    pub(crate) termination_paper: Option<TerminationPaper>,
    pub(crate) particulars: Particulars,
}

/// Idempotent on the request; identity is asked before the transaction.
#[instrument(name = "create_application", skip_all)]
pub(crate) async fn create_application(
    deps: &Deps,
    call: &Call,
    input: Input,
) -> Result<ApplicationId, Error> {
    let result = create(deps, call, &input).await;
    let subject = format!("provinces/{}/applications/-", deps.province.code());
    call.audited(deps, &subject, result).await
}

async fn create(deps: &Deps, call: &Call, input: &Input) -> Result<ApplicationId, Error> {
    if !deps.policy_now(call.at)?.offers(input.kind) {
        return Err(TYPE_NOT_OFFERED
            .refusal()
            .metadata("type", input.kind.code())
            .into());
    }
    let id = ApplicationId::from_uuid(Uuid::now_v7());
    let name = deps.application_name(id);
    let person = PersonId::from_uuid(call.scope.require_person()?);
    let known = deps.identity.person(person, &name).await?;
    // Nobody gathers materials for a certificate that cannot be made.
    coverage::require(&deps.coverage, known.name.expose()).await?;
    let employer = deps
        .identity
        .employer(input.employer)
        .await?
        .ok_or(EMPLOYER_UNKNOWN)?;
    check_employer(deps, &employer)?;
    let elsewhere = match input.kind {
        ApplicationType::Change => registered_elsewhere(deps, &call.within(deps), person, &name).await?,
        _ => None,
    };
    let (known, employer, elsewhere) = (&known, &employer, elsewhere.as_ref());
    deps.database
        .run_tx("create_application", async |tx: &mut Tx| {
            let claim = match call.begin(tx).await? {
                Begin::Replay(id) => return Ok(ApplicationId::from_uuid(id)),
                Begin::First(claim) => claim,
            };
            snapshot(deps, tx, &call.within(deps), person, known, call.at).await?;
            employer::upsert(tx, employer, call.at).await?;
            let record = draft(deps, tx, call, (id, person), input, (known, elsewhere)).await?;
            application::insert(tx, &record).await?;
            if let Some(entry) = elsewhere {
                national_entry::insert(tx, id, person, entry, call.at).await?;
            }
            tx.audit(AuditRecord {
                at: call.at,
                actor: &call.caller,
                verb: call.verb,
                article: input.kind.article(),
                subject: &name,
                outcome: Outcome::Done,
                evidence: json!({
                    "type": input.kind.code(), "person": person.resource_name(),
                    "employer": input.employer.resource_name(),
                    "moves_from": elsewhere.map(|entry| &entry.province),
                }),
            })
            .await?;
            finish(tx, claim, id.as_uuid()).await?;
            Ok::<_, Error>(id)
        })
        .await
}

/// Who changes the employer without being registered here may come from another province: the nation knows. Its answer
/// is for this application alone.
pub(crate) async fn registered_elsewhere(
    deps: &Deps,
    within: &Within,
    person: PersonId,
    application: &str,
) -> Result<Option<NationalEntry>, Error> {
    let read = async |tx: &mut Tx| registered::find(tx, within, person).await;
    let here = deps.reader.snapshot("look for a registration", read).await?;
    if here.is_some_and(|known| known.moved_to.is_none() && known.ended.is_none()) {
        return Ok(None);
    }
    deps.issuance.read_register_entry(application, person).await
}

/// An application goes to the province where the employer is registered (101号 art 7).
pub(crate) fn check_employer(deps: &Deps, employer: &Employer) -> Result<(), Error> {
    if employer.province == deps.province.code() {
        return Ok(());
    }
    let refusal = EMPLOYER_OUTSIDE_PROVINCE
        .refusal()
        .metadata("province", employer.province.clone());
    Err(Error::Refused {
        refusal,
        article: "101号 art 7".to_owned(),
    })
}

/// Takes the present facts of a person, sealed under the key that the first application made.
pub(crate) async fn snapshot(
    deps: &Deps,
    tx: &mut Tx,
    within: &Within,
    id: PersonId,
    known: &PersonFacts,
    at: Timestamp,
) -> Result<(), Error> {
    let index = deps
        .sealing
        .document_index(known.document.kind(), &known.document);
    let index = index.first().map_or(&[][..], Vec::as_slice);
    if let Some(row) = person::find(tx, within, id).await? {
        let key = deps.sealing.key(id.as_uuid(), row.wrapped_key)?;
        person::update(tx, id, &deps.sealing.seal_person(&key, known), index, at).await?;
        return Ok(());
    }
    let row = deps.sealing.seal_new_person(id, known);
    if person::insert(tx, id, &row, index, at).await? {
        Ok(())
    } else {
        Err(service_runtime::error::CONCURRENT_CHANGE.refusal().into())
    }
}

/// The draft, with what is registered and qualified now.
async fn draft(
    deps: &Deps,
    tx: &mut Tx,
    call: &Call,
    (id, person): (ApplicationId, PersonId),
    input: &Input,
    (known, elsewhere): (&PersonFacts, Option<&NationalEntry>),
) -> Result<Record, Error> {
    let present = registered::find(tx, &call.within(deps), person).await?;
    let present = present.filter(|one| one.moved_to.is_none());
    let arriving = elsewhere.map(|entry| entry.registered(person, id, call.at));
    let present = arriving.or(present);
    let asked = drafting::Asked {
        id,
        person,
        kind: input.kind,
        specialties: &input.specialties,
        employer: input.employer,
        particulars: input.particulars.clone(),
    };
    let new = drafting::application(deps, tx, asked, present.as_ref(), known, call.at).await?;
    let (application, _) = Application::create(new, call.account()?, call.at)?;
    Ok(Record::draft(
        application,
        input.contract.clone(),
        input.termination_paper,
        call.at,
    ))
}
