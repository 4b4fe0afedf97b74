//! The facts that the rules look at, gathered for one application.

use domain::application::{Application, ApplicationType, MaterialKind};
use domain::calendar::day_of;
use domain::check::CheckOutcome;
use domain::fact::{EmployerFact, employer_standing};
use domain::ids::{ApplicationId, EmployerId, PersonId};
use domain::policy::PolicyProfile;
use domain::refusal::{
    Assessment, MissingHours, PresentRegistration, ProjectLock, RecordedFact, Refusal, RequestedSpecialty,
    Stage, assess, education_due, missing_hours,
};
use domain::register::StatusCode;
use domain::specialty::Specialty;
use domain::validity::Validity;
use jiff::Timestamp;
use jiff::civil::Date;
use personal_data::DataKey;
use postgres::Tx;
use service_runtime::error::PEER_UNAVAILABLE;

use super::Call;
use super::create_application::snapshot;
use crate::deps::Deps;
use crate::error::Error;
use crate::recorded;
use crate::sealing::PersonFacts;
use crate::store::application::Record;
use crate::store::employer::Employer;
use crate::store::registered::Registered;
use crate::store::{
    Within, application, check, employer, failing, national_entry, person, qualification, registered,
};
use crate::terms::QualificationReference;

/// What is on record about whoever applies.
pub(crate) struct Facts {
    pub(crate) person: PersonFacts,
    pub(crate) key: DataKey,
    pub(crate) employer: Employer,
    pub(crate) qualifications: Vec<QualificationReference>,
    /// The registration of this province, whether or not it is still alive; for an application that moves somebody here,
    /// that of the nation.
    pub(crate) registered: Option<Registered>,
    /// Confirmed facts about the person.
    pub(crate) recorded: Vec<RecordedFact>,
    /// Confirmed facts about the employer.
    pub(crate) of_employer: Vec<EmployerFact>,
    /// What other systems said about the application.
    pub(crate) checks: Vec<CheckOutcome>,
}

/// What is asked, for the rules.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked<'a> {
    pub(crate) stage: Stage,
    pub(crate) kind: ApplicationType,
    pub(crate) specialties: &'a [Specialty],
    pub(crate) submitted_at: Timestamp,
    pub(crate) now: Timestamp,
    pub(crate) education_paper: bool,
    /// For a change: last day of the old employment and first of the new contract.
    pub(crate) employments: Option<(Date, Date)>,
    pub(crate) project_lock: ProjectLock,
}

/// Takes the facts that identity tells today before the rules are evaluated: the employer's, and when a correction is
/// submitted the person's, since it claims what they are now; later changes are another correction's. While identity is away those on record stand. Of a file that the
/// caller may not see nothing is asked.
pub(crate) async fn refresh(
    deps: &Deps,
    call: &Call,
    application: ApplicationId,
    stage: Stage,
) -> Result<(), Error> {
    let within = call.within(deps);
    let within = &within;
    let find = async |tx: &mut Tx| application::load(tx, within, &[application.as_uuid()]).await;
    let Some(record) = deps
        .reader
        .snapshot("parties of an application", find)
        .await?
        .pop()
    else {
        return Ok(());
    };
    let id = record.application.person;
    let employer = unless_away(deps.identity.employer(record.application.employer).await)?.flatten();
    let person = match (record.kind(), stage) {
        (ApplicationType::Correction, Stage::Submission) => {
            let name = deps.application_name(application);
            unless_away(deps.identity.person(id, &name).await)?
        }
        _ => None,
    };
    if employer.is_none() && person.is_none() {
        return Ok(());
    }
    let (employer, person) = (employer.as_ref(), person.as_ref());
    deps.database
        .run_tx("refresh parties", async |tx: &mut Tx| {
            if let Some(known) = employer {
                employer::upsert(tx, known, call.at).await?;
            }
            if let Some(known) = person {
                snapshot(deps, tx, within, id, known, call.at).await?;
            }
            Ok::<_, Error>(())
        })
        .await
}

/// None where the peer that was asked is away.
fn unless_away<T>(answer: Result<T, Error>) -> Result<Option<T>, Error> {
    match answer {
        Ok(known) => Ok(Some(known)),
        Err(Error::Refused { refusal, .. }) if refusal.is(PEER_UNAVAILABLE) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Gathers the facts of an application; the caller's scope has let it through already.
pub(crate) async fn load(deps: &Deps, tx: &mut Tx, within: &Within, record: &Record) -> Result<Facts, Error> {
    let application = &record.application;
    let mut facts = load_for(deps, tx, within, application.person, application.employer).await?;
    let latest = check::latest(tx, application.id).await?;
    facts.checks = latest.into_iter().map(|one| one.outcome).collect();
    Ok(facts)
}

/// Gathers the facts of a person with an employer.
pub(crate) async fn load_for(
    deps: &Deps,
    tx: &mut Tx,
    within: &Within,
    id: PersonId,
    with: EmployerId,
) -> Result<Facts, Error> {
    let row = person::find(tx, within, id).await?.ok_or_else(Error::not_found)?;
    let key = deps.sealing.key(id.as_uuid(), row.wrapped_key)?;
    let facts = deps.sealing.open_person(&key, row.sealed)?;
    let employer = employer::find(tx, with)
        .await?
        .ok_or_else(|| Error::internal("an employer is not on record"))?;
    let qualifications = qualifications(deps, tx, &facts).await?;
    let mut registered = registered::find(tx, within, id).await?;
    registered = registered.filter(|known| known.moved_to.is_none());
    if registered.as_ref().is_none_or(|known| known.ended.is_some()) {
        registered = national_entry::of_open(tx, id).await?.or(registered);
    }
    Ok(Facts {
        recorded: recorded::of_person(deps, tx, within, id, &key).await?,
        of_employer: recorded::of_employer(tx, with).await?,
        checks: Vec::new(),
        person: facts,
        key,
        employer,
        qualifications,
        registered,
    })
}

/// The qualifications of a person: same document and, after folding, same name.
pub(crate) async fn qualifications(
    deps: &Deps,
    tx: &mut Tx,
    person: &PersonFacts,
) -> Result<Vec<QualificationReference>, Error> {
    let candidates = deps
        .sealing
        .document_index(person.document.kind(), &person.document);
    let mut found = Vec::new();
    for stored in qualification::of_document(tx, &candidates).await? {
        let facts = deps.sealing.open_qualification(stored.id, stored.sealed)?;
        if facts.name.matches(&person.name) {
            found.push(QualificationReference {
                specialty: stored.specialty,
                number: facts.number,
                issued_on: stored.issued_on,
            });
        }
    }
    Ok(found)
}

impl Facts {
    /// Every rule that fails.
    pub(crate) fn failing(&self, asked: Asked<'_>, policy: &PolicyProfile) -> Vec<Refusal> {
        let today = day_of(asked.now);
        let requested = self.requested(asked.specialties);
        let present = self.present(asked);
        assess(&Assessment {
            stage: asked.stage,
            kind: asked.kind,
            submitted_on: day_of(asked.submitted_at),
            today,
            birth_date: self.person.birth_date,
            specialties: &requested,
            facts: &self.recorded,
            checks: &self.checks,
            employer: self.employer.id,
            employer_standing: employer_standing(self.employer.qualified, &self.of_employer, today),
            registered: present.as_ref(),
            registered_before: self.registered.is_some() && present.is_none(),
            education_paper: asked.education_paper,
            employment_gap: asked
                .employments
                .map(|(ended_on, begins_on)| policy.employment_gap.judge(ended_on, begins_on)),
            project_lock: asked.project_lock,
            policy,
        })
    }

    /// Whether continuing education must be shown by a paper.
    pub(crate) fn education_due(
        &self,
        kind: ApplicationType,
        specialties: &[Specialty],
        submitted_at: Timestamp,
        policy: &PolicyProfile,
    ) -> bool {
        !self
            .missing_hours(kind, specialties, submitted_at, policy)
            .is_empty()
    }

    /// Hours of continuing education that are due and not on record.
    pub(crate) fn missing_hours(
        &self,
        kind: ApplicationType,
        specialties: &[Specialty],
        submitted_at: Timestamp,
        policy: &PolicyProfile,
    ) -> Vec<MissingHours> {
        let day = day_of(submitted_at);
        let due = education_due(kind, &self.requested(specialties), day, policy);
        missing_hours(&due, &self.recorded, day, policy)
    }

    /// The registration while any specialty of it lives. A renewal looks at the day it was filed: in time it goes on past
    /// the old end (行政许可法 art 50). A cancellation may follow an expiry or a lapse (153号 art 17).
    pub(crate) fn present(&self, asked: Asked<'_>) -> Option<PresentRegistration> {
        let known = self.registered.as_ref()?;
        let day = match asked.kind {
            ApplicationType::Renewal => day_of(asked.submitted_at),
            _ => day_of(asked.now),
        };
        let alive = known.ended.is_none() && known.specialties.iter().any(|(_, term)| !term.is_over(day));
        let lapsed = known
            .ended
            .is_none_or(|(_, cause)| cause.status() == StatusCode::Lapsed);
        let counts = alive || (asked.kind == ApplicationType::Cancellation && lapsed);
        counts.then(|| PresentRegistration {
            employer: known.employer,
            specialties: known.specialties.clone(),
        })
    }

    /// What cancellation and correction say, judged against the registration.
    pub(crate) fn check_particulars(
        &self,
        deps: &Deps,
        application: &Application,
        today: Date,
    ) -> Result<(), Error> {
        let Some(known) = &self.registered else {
            return Ok(());
        };
        if let Some(details) = application.cancellation() {
            let is_asked =
                |(specialty, _): &&(Specialty, Validity)| application.specialties.contains(specialty);
            let asked: Vec<_> = known.specialties.iter().filter(is_asked).copied().collect();
            details.check(&asked, today)?;
        }
        if let Some(terms) = application.correction_terms() {
            terms.check(today)?;
            if let Some(sealed) = known.sealed_facts.clone() {
                let registered = deps.sealing.open_registered(&self.key, sealed)?;
                let differing = self.person.identity().differing(&registered.identity());
                terms.check_against(&differing)?;
            }
        }
        Ok(())
    }

    pub(crate) fn requested(&self, specialties: &[Specialty]) -> Vec<RequestedSpecialty> {
        let day = |wanted: Specialty| {
            let of = self.qualifications.iter().filter(|one| one.specialty == wanted);
            of.map(|one| one.issued_on).min()
        };
        specialties
            .iter()
            .map(|&specialty| RequestedSpecialty {
                specialty,
                qualified_on: day(specialty),
            })
            .collect()
    }

    /// Keeps what stands against an application: its particulars sealed, on the application itself the rules alone.
    pub(crate) async fn keep_failing(
        &self,
        deps: &Deps,
        tx: &mut Tx,
        record: &mut Record,
        rules: Vec<Refusal>,
        at: Timestamp,
    ) -> Result<(), Error> {
        let id = record.application.id;
        let sealed = deps.sealing.seal_failing(&self.key, id, &rules);
        failing::keep(tx, id, &sealed, at).await?;
        record.failed_rules = rules.into_iter().map(Refusal::without_particulars).collect();
        Ok(())
    }

    /// What stands against an application, with its particulars.
    pub(crate) async fn known_failing(
        &self,
        deps: &Deps,
        tx: &mut Tx,
        record: &Record,
    ) -> Result<Vec<Refusal>, Error> {
        let id = record.application.id;
        match failing::find(tx, id).await? {
            Some(sealed) if !record.failed_rules.is_empty() => {
                deps.sealing.open_failing(&self.key, id, sealed)
            }
            _ => Ok(record.failed_rules.clone()),
        }
    }

    /// What is asked for an application as it stands.
    pub(crate) fn asked<'a>(
        record: &'a Record,
        stage: Stage,
        now: Timestamp,
        attached: &[MaterialKind],
    ) -> Asked<'a> {
        let submitted = record
            .application
            .state()
            .submission()
            .map_or(now, |submission| submission.at);
        Asked {
            stage,
            kind: record.kind(),
            specialties: &record.application.specialties,
            submitted_at: submitted,
            now,
            education_paper: attached.contains(&MaterialKind::ContinuingEducation),
            employments: employments(record),
            project_lock: ProjectLock::NotAsked,
        }
    }
}

/// For a change whose old employment's end is shown: that day, and the first of the new contract.
pub(crate) fn employments(record: &Record) -> Option<(Date, Date)> {
    let application = &record.application;
    let ended_on = application.termination.as_ref()?.ended_on;
    (application.kind == ApplicationType::Change).then_some((ended_on, record.contract.from))
}
