//! Checks an application before it may be announced, and returns the number to print (design §3).

use domain::application::ApplicationType;
use domain::authority::Authority;
use domain::ids::{ClearanceId, EmployerId, PersonId};
use domain::reason::Reason as _;
use domain::register::{RegisterEntry, RegisteredEmployer, decide};
use domain::registration_number::RegistrationNumber;
use domain::specialty::Specialty;
use domain::validity::Validity;
use jiff::Timestamp;
use personal_data::DataKey;
use postgres::Tx;
use postgres::audit::{Outcome, Record};
use postgres::hash::Hash;
use serde_json::json;
use service_runtime::Scope;
use service_runtime::clock::day_of;
use tracing::instrument;
use uuid::Uuid;

use super::certify;
use super::holder_after::holder_after;
use super::link_persons;
use super::notify;
use crate::counterfoil::{AskedFor, What, keep_papers};
use crate::deps::Deps;
use crate::error::Error;
use crate::event::Stop;
use crate::holder::{ClearedFacts, ClearedSpecialty, Person, StoredPicture, TypeTerms};
use crate::peer::identity::Found;
use crate::query::registered::registered;
use crate::sealing::{seal, seal_json};
use crate::store::exchange::CLEARED_FACTS;
use crate::store::exchange::claim::{self, Key};
use crate::store::exchange::clearance::{self, Clearance, State};
use crate::store::register::{column, person, registration_number};
use crate::store::restoration::paper;

/// What the nation needs to know of one application.
pub(crate) struct Input {
    pub(crate) actor: String,
    pub(crate) scope: Scope,
    pub(crate) key: Key,
    pub(crate) person: PersonId,
    pub(crate) employer: EmployerId,
    pub(crate) kind: ApplicationType,
    /// With the terms that the province foresees.
    pub(crate) specialties: Vec<ClearedSpecialty>,
    pub(crate) type_terms: TypeTerms,
    pub(crate) application_hash: Hash,
    /// For a person who was never registered.
    pub(crate) proposed_number: Option<RegistrationNumber>,
    /// Clear bytes; none: the pictures of the version before stay.
    pub(crate) photo: Option<Vec<u8>>,
    pub(crate) signature_image: Option<Vec<u8>>,
    pub(crate) decided_by: Authority,
    pub(crate) decided_at: Timestamp,
}

/// The answer to one application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Answer {
    Cleared {
        id: ClearanceId,
        number: RegistrationNumber,
        announce_by: Timestamp,
    },
    NotCleared(&'static str),
}

/// Why an application is not cleared; stable names, as the province is told. Rules of the register
/// ([`domain::register::RegisterRefusal`]) and of an act ([`Stop`]) come under their own.
pub(crate) struct NotCleared;

impl NotCleared {
    const CLAIM_NOT_HELD: &'static str = "CLAIM_NOT_HELD";
    const OTHER_CLEARANCE_OPEN: &'static str = "OTHER_CLEARANCE_OPEN";
    const CLEARED_DIFFERENTLY: &'static str = "CLEARED_DIFFERENTLY";
    const ANNOUNCED_ALREADY: &'static str = "ANNOUNCED_ALREADY";
    const PERSON_UNKNOWN: &'static str = "PERSON_UNKNOWN";
    const PERSON_INCOMPLETE: &'static str = "PERSON_INCOMPLETE";
    const EMPLOYER_UNKNOWN: &'static str = "EMPLOYER_UNKNOWN";
    const EMPLOYER_OUTSIDE_PROVINCE: &'static str = "EMPLOYER_OUTSIDE_PROVINCE";
    const EMPLOYER_DIFFERS: &'static str = "EMPLOYER_DIFFERS";
    const REGISTERED_ELSEWHERE: &'static str = "REGISTERED_ELSEWHERE";
    const NUMBER_MISSING: &'static str = "NUMBER_MISSING";
    const NUMBER_INVALID: &'static str = "NUMBER_INVALID";
    const NUMBER_TAKEN: &'static str = "NUMBER_TAKEN";
    pub(super) const PICTURE_MISSING: &'static str = "PICTURE_MISSING";
    const REGISTERED_BEFORE: &'static str = "REGISTERED_BEFORE";
}

/// Why it did not come to a clearance: an answer, or a failure.
enum Refused {
    Answer(&'static str),
    Error(Error),
}

impl From<&'static str> for Refused {
    fn from(reason: &'static str) -> Self {
        Self::Answer(reason)
    }
}

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

impl From<postgres::Error> for Refused {
    fn from(error: postgres::Error) -> Self {
        match error.constraint() {
            Some("clearance_one_open") => Self::Answer(NotCleared::OTHER_CLEARANCE_OPEN),
            _ => Self::Error(error.into()),
        }
    }
}

impl postgres::TransactionError for Refused {
    fn database(&self) -> Option<&postgres::Error> {
        match self {
            Self::Error(error) => error.database(),
            Self::Answer(_) => None,
        }
    }
}

/// Idempotent on the application while its hash stays the same: the clearance given before is given again, with as much
/// time as a new one. What is not cleared leaves an audit record only; asking again is asking anew.
///
/// # Errors
/// Identity or the database cannot be asked; no answer is then given.
#[instrument(name = "request_clearance", skip_all, fields(application = %input.key))]
pub(crate) async fn request_clearance(deps: &Deps, input: &Input) -> Result<Answer, Error> {
    let now = deps.now();
    match clear(deps, input, now).await {
        Ok(answer) => {
            keep(deps, input, now).await?;
            Ok(answer)
        }
        Err(Refused::Error(error)) => Err(error),
        Err(Refused::Answer(reason)) => {
            let subject = input.key.to_string();
            let record = record(input, &subject, now, Outcome::Refused { reason });
            deps.database.record_refusal(record).await?;
            Ok(Answer::NotCleared(reason))
        }
    }
}

/// Keeps the clearance outside the database, before the province is answered: what it announces by it can be applied again.
async fn keep(deps: &Deps, input: &Input, now: Timestamp) -> Result<(), Error> {
    let rows = deps
        .database
        .run_tx("copy clearance", async |tx: &mut Tx| {
            paper::clearance_rows(tx, input.key.application).await
        })
        .await?;
    // Used or released meanwhile: by an event that the province keeps.
    let Some(rows) = rows else { return Ok(()) };
    let asked = AskedFor {
        person: input.person,
        province: input.key.province,
        application: input.key.application,
        at: now,
        what: What::Clear { rows },
    };
    keep_papers(&deps.objects, now, &[asked]).await
}

async fn clear(deps: &Deps, input: &Input, now: Timestamp) -> Result<Answer, Refused> {
    let known = deps
        .read
        .snapshot("look at clearance", async |tx: &mut Tx| {
            clearance::of_application(tx, input.key).await
        })
        .await?;
    if let Some(known) = known {
        return deps
            .database
            .run_tx("extend clearance", async |tx: &mut Tx| {
                again(deps, tx, input, &known, now).await
            })
            .await;
    }
    // Identity is asked before the transaction: no call is made while rows are locked.
    let purpose = input.key.to_string();
    let today = day_of(now);
    let found = match deps
        .identity
        .person(input.person, &purpose, today)
        .await
        .map_err(Error::from)?
    {
        Found::Complete(person) => person,
        Found::Incomplete => return Err(NotCleared::PERSON_INCOMPLETE.into()),
        Found::Unknown => return Err(NotCleared::PERSON_UNKNOWN.into()),
    };
    let employer = deps
        .identity
        .employer(input.employer)
        .await
        .map_err(Error::from)?;
    let employer = employer.ok_or(NotCleared::EMPLOYER_UNKNOWN)?;
    let new_key = deps.sealing.new_key(input.person);
    let wrapped = deps
        .database
        .run_tx("keep person key", async |tx: &mut Tx| {
            person::ensure(tx, input.person, &new_key, now).await
        })
        .await?;
    let data_key = deps
        .sealing
        .key(input.person, wrapped.ok_or(Stop::PERSON_ERASED.reason)?)?;
    let photo = keep_picture(deps, &data_key, column::PHOTO, input.photo.as_deref()).await?;
    let signature = keep_picture(
        deps,
        &data_key,
        column::SIGNATURE_IMAGE,
        input.signature_image.as_deref(),
    )
    .await?;
    let asked = Asked {
        found,
        employer,
        photo,
        signature,
        key: data_key,
    };
    deps.database
        .run_tx("request clearance", async |tx: &mut Tx| {
            store(deps, tx, input, &asked, now).await
        })
        .await
}

/// A repetition: the same answer for the same application.
async fn again(
    deps: &Deps,
    tx: &mut Tx,
    input: &Input,
    known: &Clearance,
    now: Timestamp,
) -> Result<Answer, Refused> {
    if known.application_hash != input.application_hash
        || known.person != input.person
        || known.kind != input.kind
    {
        return Err(NotCleared::CLEARED_DIFFERENTLY.into());
    }
    if known.state == State::Used {
        return Err(NotCleared::ANNOUNCED_ALREADY.into());
    }
    let announce_by = deps.exchange.announce_by(now).max(known.announce_by);
    clearance::extend(tx, known.id, announce_by).await?;
    Ok(Answer::Cleared {
        id: known.id,
        number: known.number,
        announce_by,
    })
}

/// What was asked of others, and stored, before the transaction.
pub(super) struct Asked {
    pub(super) found: Person,
    employer: RegisteredEmployer,
    pub(super) photo: Option<StoredPicture>,
    pub(super) signature: Option<StoredPicture>,
    key: DataKey,
}

async fn store(
    deps: &Deps,
    tx: &mut Tx,
    input: &Input,
    asked: &Asked,
    now: Timestamp,
) -> Result<Answer, Refused> {
    person::lock(tx, input.person)
        .await?
        .ok_or(Stop::PERSON_ERASED.reason)?;
    // Whoever was faster has cleared it while identity was asked; the person's row has kept the rest apart.
    if let Some(known) = clearance::of_application(tx, input.key).await? {
        return again(deps, tx, input, &known, now).await;
    }
    if let Some(reason) = link_persons::against_beginning(tx, input.person).await? {
        return Err(reason.into());
    }
    let claim = claim::lock(tx, input.key)
        .await?
        .filter(|claim| claim.open && claim.person == input.person);
    if input.kind.needs_claim() && claim.is_none() {
        return Err(NotCleared::CLAIM_NOT_HELD.into());
    }
    let known = registered(tx, &deps.sealing, input.person, &input.scope).await?;
    let entry = known.as_ref().map(|known| &known.entry);
    check_place(input, &asked.employer, entry)?;
    let number = number(tx, input, &asked.employer, now).await?;
    let mut holder = holder_after(input, asked, known.as_ref().map(|known| &known.holder), now)?;
    holder.other_documents = link_persons::documents(tx, input.person, &asked.key).await?;
    let facts = ClearedFacts {
        holder,
        employer: asked.employer.clone(),
        specialties: input.specialties.clone(),
        type_terms: input.type_terms.clone(),
        decided_by: input.decided_by,
        decided_at: input.decided_at,
    };
    let terms: Vec<(Specialty, Validity)> = input
        .specialties
        .iter()
        .map(|known| (known.specialty, known.validity))
        .collect();
    let act = certify::act(input.kind, &facts, number, &terms, entry).map_err(|stop| stop.reason)?;
    decide(entry, &act, day_of(now)).map_err(|refusal| refusal.reason())?;
    if input.kind == ApplicationType::Initial && entry.is_some() {
        return Err(NotCleared::REGISTERED_BEFORE.into());
    }
    let clearance = Clearance {
        id: ClearanceId::from_uuid(Uuid::new_v4()),
        key: input.key,
        person: input.person,
        kind: input.kind,
        application_hash: input.application_hash,
        number,
        facts: seal_json(&asked.key, CLEARED_FACTS, &facts),
        state: State::Cleared,
        announce_by: deps.exchange.announce_by(now),
    };
    clearance::insert(tx, &clearance, now).await?;
    let subject = input.key.to_string();
    if let Some(left) = leaves(input, entry) {
        notify::change_cleared(tx, input.person, left, &subject, now).await?;
    }
    tx.audit(record(input, &subject, now, Outcome::Done)).await?;
    Ok(Answer::Cleared {
        id: clearance.id,
        number,
        announce_by: clearance.announce_by,
    })
}

/// The employer that a change takes the person from.
fn leaves(input: &Input, entry: Option<&RegisterEntry>) -> Option<EmployerId> {
    let before = entry.filter(|entry| !entry.is_ended())?.employer.id;
    (input.kind == ApplicationType::Change && before != input.employer).then_some(before)
}

/// An application goes to the province of its employer; only a change brings another employer, or another province.
fn check_place(
    input: &Input,
    employer: &RegisteredEmployer,
    entry: Option<&RegisterEntry>,
) -> Result<(), &'static str> {
    if employer.province != input.key.province {
        return Err(NotCleared::EMPLOYER_OUTSIDE_PROVINCE);
    }
    let Some(entry) = entry.filter(|entry| !entry.is_ended()) else {
        return Ok(());
    };
    match input.kind {
        // Whether the person may be registered at all is the register's rule.
        ApplicationType::Initial | ApplicationType::Reregistration | ApplicationType::Change => Ok(()),
        _ if entry.employer.province != input.key.province => Err(NotCleared::REGISTERED_ELSEWHERE),
        _ if entry.employer.id != employer.id => Err(NotCleared::EMPLOYER_DIFFERS),
        _ => Ok(()),
    }
}

/// The digits a person has, under the prefix of the employer's province; the proposed ones for somebody new
/// (domain §1.8).
async fn number(
    tx: &mut Tx,
    input: &Input,
    employer: &RegisteredEmployer,
    now: Timestamp,
) -> Result<RegistrationNumber, Refused> {
    if let Some(digits) = registration_number::of_person(tx, input.person).await? {
        return Ok(RegistrationNumber::new(employer.province, digits));
    }
    let proposed = input.proposed_number.ok_or(NotCleared::NUMBER_MISSING)?;
    if proposed.prefix() != input.key.province || proposed.digits().first_province() != input.key.province {
        return Err(NotCleared::NUMBER_INVALID.into());
    }
    if !registration_number::reserve(tx, input.person, proposed.digits(), now).await? {
        return Err(NotCleared::NUMBER_TAKEN.into());
    }
    Ok(proposed)
}

/// Seals a picture and stores it before any row names it; storing the same twice leaves an unnamed copy, no more.
async fn keep_picture(
    deps: &Deps,
    key: &DataKey,
    column: &str,
    clear: Option<&[u8]>,
) -> Result<Option<StoredPicture>, Error> {
    let Some(clear) = clear else { return Ok(None) };
    let sealed = seal(key, column, clear);
    let digest = hex::encode(gm::sm3::digest(&sealed));
    let place = format!("pictures/{}/{digest}", digest.get(..2).unwrap_or_default());
    deps.objects.put(&place, sealed).await.map_err(Error::internal)?;
    Ok(Some(StoredPicture {
        place,
        sm3: hex::encode(gm::sm3::digest(clear)),
    }))
}

fn record<'a>(input: &'a Input, subject: &'a str, at: Timestamp, outcome: Outcome<'a>) -> Record<'a> {
    Record {
        at,
        actor: &input.actor,
        verb: "request_clearance",
        article: "design §3; domain §1.8",
        subject,
        outcome,
        evidence: json!({
            "person": input.person.to_string(),
            "employer": input.employer.to_string(),
            "type": input.kind.code(),
            "application_hash": hex::encode(input.application_hash),
        }),
    }
}
