//! Names the step where a person's certificate stands, who acts next and by when, and what they can do (design §1.10).
//!
//! A holder asks for themself, a registrar for their own people, officers for anybody, the help desk by a document as it
//! was typed. Whoever asks for somebody else leaves a record.

mod asked;
mod standing;

use domain::application::{Application, ApplicationState, MaterialKind, StateKind};
use domain::availability::{AvailabilityStep as Step, NextActor, of_application};
use domain::calendar::day_of;
use domain::ids::{ApplicationId, PersonId};
use domain::policy::PolicyProfile;
use domain::province::Jurisdiction;
use jiff::Timestamp;
use jiff::civil::Date;
use postgres::{Tx, outbox};
use service_runtime::clock::Clock as _;
use service_runtime::error::PEER_UNAVAILABLE;

use crate::command::facts;
use crate::deps::Deps;
use crate::error::Error;
use crate::peer::exchange::standing::NationalStanding;
use crate::sealing::PersonFacts;
use crate::store::application::{self, Record};
use crate::store::registered::{self, Registered};
use crate::store::{Within, clock, exchange, qualification};

pub(crate) use asked::{About, Asking, TypedDocument, explain};

/// The answer.
#[derive(Debug)]
pub(crate) struct Explanation {
    pub(crate) step: Step,
    pub(crate) since: Option<Timestamp>,
    pub(crate) due_on: Option<Date>,
    pub(crate) overdue: bool,
    pub(crate) paused: Option<(Date, String)>,
    pub(crate) application: Option<ApplicationId>,
    pub(crate) licence_identifier: Option<String>,
    /// Who acts next, by name.
    pub(crate) actors: Vec<String>,
    /// The step of the present registration while an application is under way.
    pub(crate) registration: Option<Step>,
    pub(crate) missing: Vec<MaterialKind>,
    pub(crate) corrections: Vec<String>,
    /// Last day of a suspension.
    pub(crate) until: Option<Date>,
    pub(crate) ground: String,
    /// The province that holds the registration, if another does.
    pub(crate) province: Option<String>,
    pub(crate) ahead: u64,
    pub(crate) nation_unreachable: bool,
}

impl Explanation {
    /// A step with nothing to add.
    fn at(step: Step) -> Self {
        Self {
            step,
            since: None,
            due_on: None,
            overdue: false,
            paused: None,
            application: None,
            licence_identifier: None,
            actors: Vec::new(),
            registration: None,
            missing: Vec::new(),
            corrections: Vec::new(),
            until: None,
            ground: String::new(),
            province: None,
            ahead: 0,
            nation_unreachable: false,
        }
    }
}

/// What is on record here.
struct Local {
    latest: Option<Record>,
    registered: Option<Registered>,
    /// The outbox as the nation has signed for it.
    receipted: i64,
    /// Why the nation takes nothing more.
    stopped: Option<String>,
    renewal_pending: bool,
    missing: Vec<MaterialKind>,
    clock: Option<domain::application::StepClock>,
}

/// About one person: the open application, with the registration beside it; else the registration; else the last
/// application; else the qualification.
async fn of_person(deps: &Deps, within: &Within, person: PersonId) -> Result<Explanation, Error> {
    let local = local(deps, within, person).await?;
    let open = local.latest.as_ref().filter(|record| is_open(record));
    let asks_nation = local.registered.is_some() || open.is_none();
    let (national, nation_unreachable) = if asks_nation {
        ask_nation(deps, person).await?
    } else {
        (None, false)
    };
    let today = day_of(deps.clock.now());
    let settled = standing::of(deps, &local, national, today);
    let mut found = match (open, settled, &local.latest) {
        (Some(record), settled, _) => Explanation {
            registration: settled.map(|settled| settled.step),
            ..under_way(deps, within, record, &local, today)?
        },
        (None, Some(settled), _) => settled,
        (None, None, Some(record)) => under_way(deps, within, record, &local, today)?,
        (None, None, None) => Explanation::at(unapplied(deps, person).await?),
    };
    found.nation_unreachable = nation_unreachable;
    Ok(found)
}

fn is_open(record: &Record) -> bool {
    !record.application.state().kind().is_final()
}

async fn local(deps: &Deps, within: &Within, person: PersonId) -> Result<Local, Error> {
    let now = deps.clock.now();
    deps.reader
        .snapshot("explain availability", async |tx: &mut Tx| {
            let ids = application::of_person(tx, person, None, 1).await?;
            let latest = application::load(tx, within, &ids).await?.pop();
            let (mut missing, mut step_clock, mut renewal_pending) = (Vec::new(), None, false);
            if let Some(record) = latest.as_ref().filter(|record| is_open(record)) {
                let id = record.application.id;
                step_clock = clock::find(tx, id).await?;
                renewal_pending = clock::is_renewal_pending(tx, id).await?;
                if matches!(
                    record.application.state().kind(),
                    StateKind::Draft | StateKind::EmployerConfirmed | StateKind::CorrectionRequested
                ) {
                    missing = super::application::missing(deps, tx, within, record, now).await?;
                }
            }
            Ok::<_, Error>(Local {
                latest,
                registered: registered::find(tx, within, person).await?,
                receipted: outbox::receipted(tx, &deps.stream).await?,
                stopped: exchange::stopped(tx).await?,
                renewal_pending,
                missing,
                clock: step_clock,
            })
        })
        .await
}

/// What the nation says; nothing, and that it did not answer, while it is away.
async fn ask_nation(deps: &Deps, person: PersonId) -> Result<(Option<NationalStanding>, bool), Error> {
    match deps.issuance.standing(person).await {
        Ok(told) => Ok((told, false)),
        Err(error) if error.is(PEER_UNAVAILABLE) => Ok((None, true)),
        Err(error) => Err(error),
    }
}

fn under_way(
    deps: &Deps,
    within: &Within,
    record: &Record,
    local: &Local,
    today: Date,
) -> Result<Explanation, Error> {
    let application = &record.application;
    let policy = deps.policy_of(application, deps.clock.now())?;
    let step = of_application(application, Some(policy), &local.missing);
    let former = !within.all
        && within.person != Some(application.person.as_uuid())
        && !within.employers.contains(&application.employer.as_uuid());
    if former && application.state().kind() == StateKind::Announced {
        return Ok(Explanation {
            since: Some(record.since),
            ..Explanation::at(Step::SupersededByChange)
        });
    }
    let pause = local.clock.as_ref().and_then(|clock| clock.open_pause());
    let due = record.due.filter(|_| pause.is_none());
    let corrections = match application.state() {
        ApplicationState::CorrectionRequested { correction, .. } => correction.points.clone(),
        _ => Vec::new(),
    };
    Ok(Explanation {
        since: Some(record.since),
        due_on: due.map(|due| due.day),
        overdue: due.is_some_and(|due| today > due.day),
        paused: pause.map(|pause| (pause.from, pause.reason.clone())),
        application: Some(application.id),
        actors: actors(deps, application, policy, step, local),
        missing: local.missing.clone(),
        corrections,
        ..Explanation::at(step)
    })
}

/// Whose turn it is, by name: those of the step's clock where it runs.
fn actors(
    deps: &Deps,
    application: &Application,
    policy: &PolicyProfile,
    step: Step,
    local: &Local,
) -> Vec<String> {
    let charged = match step.actor() {
        NextActor::AcceptingAuthority => policy.accepting_authority,
        NextActor::ReviewingAuthority | NextActor::DecidingAuthority | NextActor::JointReviewer => {
            policy.deciding_authority
        }
        NextActor::AnnouncingAuthority => policy.announcing_authority,
        NextActor::Employer => return vec![application.employer.resource_name()],
        NextActor::Nation => return vec!["nation".to_owned()],
        NextActor::Person | NextActor::Nobody | NextActor::OtherProvince => return Vec::new(),
    };
    match &local.clock {
        Some(clock) if !clock.authorities.is_empty() => {
            clock.authorities.iter().map(ToString::to_string).collect()
        }
        Some(_) | None => vec![charged.of(Jurisdiction::Province(deps.province)).to_string()],
    }
}

/// Nothing was applied for: whether there is a qualification that could be.
async fn unapplied(deps: &Deps, person: PersonId) -> Result<Step, Error> {
    let purpose = format!("provinces/{}/qualifications", deps.province);
    let known = deps.identity.person(person, &purpose).await?;
    of_qualifications(deps, &known).await
}

/// By the document, then by the name: another name on record is said, and nothing else of it.
async fn of_qualifications(deps: &Deps, known: &PersonFacts) -> Result<Step, Error> {
    let document = deps
        .sealing
        .document_index(known.document.kind(), &known.document);
    deps.reader
        .snapshot("qualifications of a person", async |tx: &mut Tx| {
            let on_record = !qualification::of_document(tx, &document).await?.is_empty();
            let found = facts::qualifications(deps, tx, known).await?;
            Ok::<_, Error>(match (on_record, found.is_empty()) {
                (_, false) => Step::NotApplied,
                (true, true) => Step::NameDiffers,
                (false, true) => Step::NoQualification,
            })
        })
        .await
}
