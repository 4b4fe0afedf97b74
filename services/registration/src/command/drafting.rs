//! What a draft is made of: specialties as registered or qualified, and what the type says beyond.

use domain::application::{ApplicationType, NewApplication, Particulars};
use domain::calendar::day_of;
use domain::ids::{ApplicationId, EmployerId, PersonId};
use domain::policy::EmployerChangeMode;
use domain::province::Jurisdiction;
use domain::refusal::{Refusal, RuleId};
use domain::register::StatusCode;
use domain::specialty::Specialty;
use jiff::Timestamp;
use jiff::civil::Date;
use postgres::Tx;

use super::facts;
use crate::deps::Deps;
use crate::error::Error;
use crate::sealing::PersonFacts;
use crate::store::registered::Registered;

/// What is asked for.
pub(super) struct Asked<'a> {
    pub(super) id: ApplicationId,
    pub(super) person: PersonId,
    pub(super) kind: ApplicationType,
    pub(super) specialties: &'a [Specialty],
    pub(super) employer: EmployerId,
    pub(super) particulars: Particulars,
}

/// The application to be: acts upon what is registered name its specialties, others are held to what is qualified.
pub(super) async fn application(
    deps: &Deps,
    tx: &mut Tx,
    asked: Asked<'_>,
    present: Option<&Registered>,
    known: &PersonFacts,
    at: Timestamp,
) -> Result<NewApplication, Error> {
    let today = day_of(at);
    let in_force = present.filter(|one| one.ended.is_none());
    let specialties = specialties(&asked, present, today)?;
    if asked.kind.registers_specialties() {
        let qualified = facts::qualifications(deps, tx, known).await?;
        let lacking = specialties
            .iter()
            .filter(|wanted| !qualified.iter().any(|one| one.specialty == **wanted));
        let failing: Vec<_> = lacking.map(|specialty| not_qualified(*specialty)).collect();
        if !failing.is_empty() {
            return Err(Error::rules(&failing));
        }
    }
    let previous_employer = match asked.kind {
        ApplicationType::Change => Some(in_force.ok_or_else(not_registered)?.employer),
        _ => None,
    };
    check_change_mode(deps, &asked, previous_employer, at)?;
    let mut particulars = asked.particulars;
    if let (Particulars::Cancellation(details), Some(present)) = (&mut particulars, present) {
        let left = present
            .specialties
            .iter()
            .any(|(one, _)| !specialties.contains(one));
        details.whole = !left;
        let is_asked = |(specialty, _): &&(Specialty, _)| specialties.contains(specialty);
        let terms: Vec<_> = present.specialties.iter().filter(is_asked).copied().collect();
        details.check(&terms, today)?;
    }
    if let Particulars::Correction(details) = &particulars {
        details.terms.check(today)?;
    }
    Ok(NewApplication {
        id: asked.id,
        jurisdiction: Jurisdiction::Province(deps.province),
        kind: asked.kind,
        person: asked.person,
        employer: asked.employer,
        previous_employer,
        termination: None,
        specialties,
        particulars,
    })
}

fn specialties(
    asked: &Asked<'_>,
    present: Option<&Registered>,
    today: Date,
) -> Result<Vec<Specialty>, Error> {
    let all = |known: &Registered| {
        known
            .specialties
            .iter()
            .map(|(specialty, _)| *specialty)
            .collect()
    };
    let in_force = present.filter(|one| one.ended.is_none());
    Ok(match asked.kind {
        ApplicationType::Change => {
            let living = in_force.iter().flat_map(|known| &known.specialties);
            let living = living.filter(|(_, term)| !term.is_over(today));
            living.map(|(specialty, _)| *specialty).collect()
        }
        ApplicationType::Renewal if asked.specialties.is_empty() => in_force.map(all).unwrap_or_default(),
        // After a lapse the registration is still to be cancelled; after any other end there is nothing left to.
        ApplicationType::Cancellation => {
            let lapsed = |known: &&Registered| {
                known
                    .ended
                    .is_none_or(|(_, cause)| cause.status() == StatusCode::Lapsed)
            };
            let known = present.filter(lapsed).ok_or_else(not_registered)?;
            if asked.specialties.is_empty() {
                all(known)
            } else {
                asked.specialties.to_vec()
            }
        }
        ApplicationType::Correction | ApplicationType::SealReissue => {
            all(in_force.ok_or_else(not_registered)?)
        }
        _ => asked.specialties.to_vec(),
    })
}

/// Where people go by cancellation and re-registration, a change is refused at once with what to do instead.
fn check_change_mode(
    deps: &Deps,
    asked: &Asked<'_>,
    previous: Option<EmployerId>,
    at: Timestamp,
) -> Result<(), Error> {
    let to_another = previous.is_some_and(|previous| previous != asked.employer);
    let mode = deps.policy_now(at)?.employer_change_mode;
    if to_another && mode == EmployerChangeMode::CancelAndReregister {
        return Err(Error::rules(&[rule(RuleId::ChangeNotOffered)]));
    }
    Ok(())
}

fn not_registered() -> Error {
    Error::rules(&[rule(RuleId::NotRegistered)])
}

fn not_qualified(specialty: Specialty) -> Refusal {
    let facts = vec![format!("specialty={}", specialty.code())];
    Refusal {
        facts,
        ..rule(RuleId::NoQualification)
    }
}

pub(super) fn rule(rule: RuleId) -> Refusal {
    Refusal {
        rule,
        article: rule.article().to_owned(),
        text: rule.text(),
        facts: Vec::new(),
        cure: rule.cure(),
        eligible_from: None,
    }
}
