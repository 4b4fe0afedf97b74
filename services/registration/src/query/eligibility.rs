//! What the person could apply for, from when until when, and what would be missing.

use domain::application::{ApplicationType, MaterialKind};
use domain::calendar::day_of;
use domain::ids::{ApplicationId, EmployerId, PersonId};
use domain::policy::{ContinuingEducationMode, MaterialContext, PolicyProfile};
use domain::refusal::{FilingWindow, MissingHours, ProjectLock, Refusal, RuleId, Stage, filing_window};
use domain::specialty::Specialty;
use jiff::Timestamp;
use jiff::civil::Date;
use postgres::Tx;
use service_runtime::Scope;
use service_runtime::clock::Clock as _;
use uuid::Uuid;

use crate::command::create_application::{check_employer, registered_elsewhere, snapshot};
use crate::command::facts::{self, Asked, Facts};
use crate::deps::Deps;
use crate::error::{EMPLOYER_UNKNOWN, Error, TYPE_NOT_OFFERED};
use crate::store::{Within, application, employer, material};

/// The answer to one type and the specialties asked for together.
#[derive(Debug, Default)]
pub(crate) struct Eligibility {
    pub(crate) from: Option<Date>,
    pub(crate) until: Option<Date>,
    pub(crate) failing: Vec<Refusal>,
    pub(crate) required: Vec<MaterialKind>,
}

/// The answer to one type and one specialty.
#[derive(Debug)]
pub(crate) struct Choice {
    pub(crate) kind: ApplicationType,
    pub(crate) specialty: Specialty,
    pub(crate) window: FilingWindow,
    pub(crate) failing: Vec<Refusal>,
    pub(crate) missing_materials: Vec<MaterialKind>,
    pub(crate) missing_facts: Vec<String>,
    pub(crate) missing_hours: Option<MissingHours>,
}

/// The person's open application with what is attached to it.
type Open = Option<(ApplicationType, Vec<MaterialKind>)>;

/// Judges as a submission today would be judged: the one type asked for, none for all; the specialties asked for, none
/// for all that the person is qualified for or registered in.
pub(crate) async fn check(
    deps: &Deps,
    scope: &Scope,
    kind: Option<ApplicationType>,
    specialties: &[Specialty],
    with: EmployerId,
) -> Result<(Option<Eligibility>, Vec<Choice>), Error> {
    let offering = deps.policy_now(deps.clock.now())?;
    if let Some(kind) = kind.filter(|kind| !offering.offers(*kind)) {
        return Err(TYPE_NOT_OFFERED.refusal().metadata("type", kind.code()).into());
    }
    let person = PersonId::from_uuid(scope.require_person()?);
    let purpose = deps.application_name(ApplicationId::from_uuid(Uuid::nil()));
    let known = deps.identity.person(person, &purpose).await?;
    let firm = deps.identity.employer(with).await?.ok_or(EMPLOYER_UNKNOWN)?;
    check_employer(deps, &firm)?;
    let (within, now) = (Within::of(scope, deps.province), deps.clock.now());
    let elsewhere = registered_elsewhere(deps, &within, person, &purpose).await?;
    let (within, known, firm) = (&within, &known, &firm);
    let (mut facts, open) = deps
        .database
        .run_tx("check eligibility", async |tx: &mut Tx| {
            snapshot(deps, tx, within, person, known, now).await?;
            employer::upsert(tx, firm, now).await?;
            let facts = facts::load_for(deps, tx, within, person, with).await?;
            Ok::<_, Error>((facts, open_application(tx, within, person).await?))
        })
        .await?;
    if let Some(entry) = elsewhere {
        facts.registered = Some(entry.registered(person, ApplicationId::from_uuid(Uuid::nil()), now));
    }
    let policy = deps.policy_now(now)?;
    let kinds = match kind {
        Some(kind) => vec![kind],
        None => ApplicationType::ALL
            .into_iter()
            .filter(|kind| policy.offers(*kind))
            .collect(),
    };
    let wanted = if specialties.is_empty() {
        known_specialties(&facts)
    } else {
        specialties.to_vec()
    };
    let mut choices = Vec::new();
    for kind in kinds {
        for specialty in &wanted {
            choices.push(choice(&facts, &open, (kind, *specialty), now, policy));
        }
    }
    let together = kind.map(|kind| together(&facts, asked(kind, specialties, now), &choices, policy));
    Ok((together, choices))
}

async fn open_application(tx: &mut Tx, within: &Within, person: PersonId) -> Result<Open, Error> {
    let ids = application::of_person(tx, person, None, 1).await?;
    let latest = application::load(tx, within, &ids).await?.pop();
    let Some(record) = latest.filter(|record| !record.application.state().kind().is_final()) else {
        return Ok(None);
    };
    let attached = material::of_application(tx, record.application.id).await?;
    Ok(Some((
        record.kind(),
        attached.iter().map(|one| one.kind).collect(),
    )))
}

fn known_specialties(facts: &Facts) -> Vec<Specialty> {
    let qualified = facts.qualifications.iter().map(|one| one.specialty);
    let registered = facts.registered.iter().flat_map(|known| &known.specialties);
    let mut all: Vec<_> = qualified
        .chain(registered.map(|(specialty, _)| *specialty))
        .collect();
    all.sort_unstable();
    all.dedup();
    all
}

fn asked(kind: ApplicationType, specialties: &[Specialty], now: Timestamp) -> Asked<'_> {
    Asked {
        stage: Stage::Submission,
        kind,
        specialties,
        submitted_at: now,
        now,
        education_paper: true,
        employments: None,
        project_lock: ProjectLock::NotAsked,
    }
}

fn choice(
    facts: &Facts,
    open: &Open,
    (kind, specialty): (ApplicationType, Specialty),
    now: Timestamp,
    policy: &PolicyProfile,
) -> Choice {
    let specialties = [specialty];
    let asked = asked(kind, &specialties, now);
    let failing = facts.failing(asked, policy);
    let missing_hours = facts
        .missing_hours(kind, &specialties, now, policy)
        .into_iter()
        .next();
    let attached = open.as_ref().filter(|(open, _)| *open == kind);
    let attached = attached
        .map(|(_, attached)| attached.as_slice())
        .unwrap_or_default();
    let context = MaterialContext {
        education_due: missing_hours.is_some(),
        termination_unconfirmed: kind == ApplicationType::Change,
        ..MaterialContext::default()
    };
    let mut window = window_of(facts, asked, specialty, policy);
    window.from = first_day(window.from, window.until, &failing);
    let missing_facts = missing_facts(
        specialty,
        &failing,
        missing_hours.filter(|_| must_be_on_record(policy)),
    );
    Choice {
        kind,
        specialty,
        window,
        missing_materials: policy.missing_materials(kind, context, attached),
        missing_facts,
        missing_hours,
        failing,
    }
}

fn window_of(facts: &Facts, asked: Asked<'_>, specialty: Specialty, policy: &PolicyProfile) -> FilingWindow {
    let requested = facts.requested(&[specialty]).pop();
    let present = facts.present(asked);
    let birth_date = facts.person.birth_date;
    requested.map_or_else(FilingWindow::default, |requested| {
        filing_window(asked.kind, requested, present.as_ref(), birth_date, policy)
    })
}

/// The window's first day, or the first day on which nothing bars any more; none where something has to be cured, or the
/// window would be over by then.
fn first_day(opens: Option<Date>, until: Option<Date>, failing: &[Refusal]) -> Option<Date> {
    let mut first = opens;
    for failed in failing {
        let free = failed.eligible_from?;
        first = Some(first.map_or(free, |day| day.max(free)));
    }
    first.filter(|first| until.is_none_or(|until| *first <= until))
}

/// Whether hours must be on record by the decision.
fn must_be_on_record(policy: &PolicyProfile) -> bool {
    policy.ce_mode == ContinuingEducationMode::Verify
}

fn missing_facts(specialty: Specialty, failing: &[Refusal], hours: Option<MissingHours>) -> Vec<String> {
    let named = failing.iter().filter_map(|failed| match failed.rule {
        RuleId::NoQualification => Some(format!("资格证书（{}）", specialty.name())),
        RuleId::EmployerUnqualified => Some("聘用单位资质".to_owned()),
        _ => None,
    });
    let hours = hours.map(|_| format!("继续教育学时（{}）", specialty.name()));
    named.chain(hours).collect()
}

/// All specialties in one application: it can be filed when each can.
fn together(facts: &Facts, asked: Asked<'_>, choices: &[Choice], policy: &PolicyProfile) -> Eligibility {
    let mut failing = facts.failing(asked, policy);
    failing.dedup();
    let own = choices.iter().filter(|choice| {
        let renewed = facts.registered.iter().flat_map(|known| &known.specialties);
        asked.kind != ApplicationType::Renewal
            || renewed
                .into_iter()
                .any(|(specialty, _)| *specialty == choice.specialty)
    });
    let (mut from, mut until) = (None, None);
    for choice in own {
        let window = window_of(facts, asked, choice.specialty, policy);
        if asked.kind == ApplicationType::Renewal {
            from = from.max(window.from);
        }
        until = match (until, window.until) {
            (Some(one), Some(other)) => Some(std::cmp::min::<Date>(one, other)),
            (one, other) => one.or(other),
        };
    }
    from = from.max(failing.iter().filter_map(|failed| failed.eligible_from).max());
    let specialties = asked.specialties;
    let context = MaterialContext {
        education_due: facts.education_due(asked.kind, specialties, asked.submitted_at, policy),
        ..MaterialContext::default()
    };
    Eligibility {
        from,
        until,
        failing,
        required: policy.required_materials(asked.kind, context),
    }
}

impl Choice {
    /// Whether it can be filed today.
    pub(crate) fn is_open(&self, now: Timestamp) -> bool {
        let today = day_of(now);
        self.failing.is_empty() && self.window.until.is_none_or(|until| today <= until)
    }
}
