//! The facts that the rules look at, gathered for one application.

use domain::application::{Application, ApplicationType, MaterialKind};
use domain::calendar::day_of;
use domain::employment::EmployerStanding;
use domain::ids::{EmployerId, PersonId};
use domain::policy::PolicyProfile;
use domain::refusal::{
    Assessment, PresentRegistration, ProjectLock, Refusal, RequestedSpecialty, Stage, assess, education_due,
    education_on_record,
};
use domain::register::StatusCode;
use domain::specialty::Specialty;
use domain::validity::Validity;
use jiff::Timestamp;
use jiff::civil::Date;
use personal_data::DataKey;
use postgres::Tx;

use crate::app::Deps;
use crate::error::Error;
use crate::sealing::PersonFacts;
use crate::store::application::Record;
use crate::store::employer::Employer;
use crate::store::registered::Registered;
use crate::store::{Within, employer, national_entry, person, qualification, registered};
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

/// Gathers the facts of an application; the caller's scope has let it through already.
pub(crate) async fn load(deps: &Deps, tx: &mut Tx, within: &Within, record: &Record) -> Result<Facts, Error> {
    let application = &record.application;
    load_for(deps, tx, within, application.person, application.employer).await
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
        let present = self.present(asked.kind, today);
        assess(&Assessment {
            stage: asked.stage,
            kind: asked.kind,
            submitted_on: day_of(asked.submitted_at),
            today,
            birth_date: self.person.birth_date,
            specialties: &requested,
            facts: &[],
            employer: self.employer.id,
            employer_standing: if self.employer.qualified {
                EmployerStanding::Qualified
            } else {
                EmployerStanding::Unqualified
            },
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
        let day = day_of(submitted_at);
        let due = education_due(kind, &self.requested(specialties), day, policy);
        !due.is_empty() && !education_on_record(&due, &[], day, policy)
    }

    /// The registration while any specialty of it lives. A cancellation may follow an expiry or a lapse (153号 art 17).
    fn present(&self, kind: ApplicationType, today: Date) -> Option<PresentRegistration> {
        let known = self.registered.as_ref()?;
        let alive = match known.ended {
            None => known.specialties.iter().any(|(_, term)| !term.is_over(today)),
            Some(_) => false,
        };
        let lapsed = known
            .ended
            .is_none_or(|(_, cause)| cause.status() == StatusCode::Lapsed);
        let counts = alive || (kind == ApplicationType::Cancellation && lapsed);
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

    fn requested(&self, specialties: &[Specialty]) -> Vec<RequestedSpecialty> {
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
