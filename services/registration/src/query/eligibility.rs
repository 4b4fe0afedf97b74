//! What the person could apply for, from when, and what would be missing.

use domain::application::{ApplicationType, MaterialKind};
use domain::calendar::{HolidayCalendar, plus_days};
use domain::ids::{ApplicationId, EmployerId, PersonId};
use domain::policy::MaterialContext;
use domain::refusal::{ProjectLock, Refusal, Stage};
use domain::specialty::Specialty;
use jiff::civil::Date;
use postgres::Tx;
use service_runtime::Scope;
use service_runtime::clock::Clock as _;
use uuid::Uuid;

use crate::app::Deps;
use crate::command::create_application::{check_employer, snapshot};
use crate::command::facts::{self, Asked};
use crate::error::{EMPLOYER_UNKNOWN, Error, TYPE_NOT_OFFERED};
use crate::store::{Within, employer};

/// The answer.
#[derive(Debug)]
pub(crate) struct Eligibility {
    pub(crate) from: Option<Date>,
    pub(crate) until: Option<Date>,
    pub(crate) failing: Vec<Refusal>,
    pub(crate) required: Vec<MaterialKind>,
}

/// Judges as a submission today would be judged.
pub(crate) async fn check(
    deps: &Deps,
    scope: &Scope,
    kind: ApplicationType,
    specialties: &[Specialty],
    with: EmployerId,
) -> Result<Eligibility, Error> {
    if !deps.policy_now(deps.clock.now())?.offers(kind) {
        return Err(TYPE_NOT_OFFERED.refusal().metadata("type", kind.code()).into());
    }
    let person = PersonId::from_uuid(scope.require_person()?);
    let purpose = deps.application_name(ApplicationId::from_uuid(Uuid::nil()));
    let known = deps.identity.person(person, &purpose).await?;
    let firm = deps.identity.employer(with).await?.ok_or(EMPLOYER_UNKNOWN)?;
    check_employer(deps, &firm)?;
    let (within, now) = (Within::of(scope, deps.province), deps.clock.now());
    let (within, known, firm) = (&within, &known, &firm);
    let facts = deps
        .database
        .run_tx("check eligibility", async |tx: &mut Tx| {
            snapshot(deps, tx, within, person, known, now).await?;
            employer::upsert(tx, firm, now).await?;
            facts::load_for(deps, tx, within, person, with).await
        })
        .await?;
    let policy = deps.policy_now(now)?;
    let asked = Asked {
        stage: Stage::Submission,
        kind,
        specialties,
        submitted_at: now,
        now,
        education_paper: true,
        employments: None,
        project_lock: ProjectLock::NotAsked,
    };
    let mut failing = facts.failing(asked, policy);
    let context = MaterialContext {
        education_due: facts.education_due(kind, specialties, now, policy),
        ..MaterialContext::default()
    };
    let (mut from, mut until) = (None, None);
    if kind == ApplicationType::Renewal {
        let asked = |specialty: &Specialty| specialties.is_empty() || specialties.contains(specialty);
        let terms = facts.registered.iter().flat_map(|known| &known.specialties);
        for (_, term) in terms.filter(|(specialty, _)| asked(specialty)) {
            let opens = plus_days(term.to, -i32::from(policy.renewal.opens));
            let closes = plus_days(term.to, -i32::from(policy.renewal.closes));
            let closes = if policy.filing_deadline_rolls {
                HolidayCalendar::official().roll_forward(closes).day
            } else {
                closes
            };
            from = Some(from.map_or(opens, |day: Date| day.max(opens)));
            until = Some(until.map_or(closes, |day: Date| day.min(closes)));
        }
    } else {
        from = failing.iter().filter_map(|failed| failed.eligible_from).max();
    }
    failing.dedup();
    Ok(Eligibility {
        from,
        until,
        failing,
        required: policy.required_materials(kind, context),
    })
}
