//! Applications with what is shown beside them.

use domain::application::{MaterialKind, StepClock};
use domain::authority::Authority;
use domain::calendar::day_of;
use domain::ids::{ApplicationId, EmployerId, OfficerId, PersonId};
use jiff::Timestamp;
use personal_data::{masked_document_number, masked_name};
use postgres::Tx;
use service_runtime::Scope;
use service_runtime::clock::Clock as _;
use service_runtime::error::PERMISSION_DENIED;
use uuid::Uuid;

use crate::command::facts::{self, Facts};
use crate::deps::Deps;
use crate::error::Error;
use crate::store::application::{self, Record, WorkCursor, WorkFilter};
use crate::store::clock::{self, ClockEvent};
use crate::store::material::{self, Material};
use crate::store::review::{self, Review};
use crate::store::{Within, national_entry, work};

/// An application as its readers see it.
#[derive(Debug)]
pub(crate) struct View {
    pub(crate) record: Record,
    pub(crate) employer_title: String,
    pub(crate) materials: Vec<Material>,
    pub(crate) missing: Vec<MaterialKind>,
    /// The province that it moves the person from.
    pub(crate) moves_from: Option<String>,
    /// The clock of the step that is due.
    pub(crate) clock: Option<StepClock>,
}

/// An application on an officer's list.
#[derive(Debug)]
pub(crate) struct Work {
    pub(crate) view: View,
    pub(crate) reviews: Vec<Review>,
    /// Masked name and document number.
    pub(crate) holder: String,
    pub(crate) overdue: bool,
    /// Who has it in hand for one of the reader's authorities.
    pub(crate) claimed_by: Option<OfficerId>,
}

/// One application within the scope.
pub(crate) async fn find(deps: &Deps, scope: &Scope, id: ApplicationId) -> Result<View, Error> {
    let views = views(deps, scope, &[id.as_uuid()]).await?;
    views.into_iter().next().ok_or_else(Error::not_found)
}

/// Several, in the order of `ids`.
async fn views(deps: &Deps, scope: &Scope, ids: &[Uuid]) -> Result<Vec<View>, Error> {
    let (within, now) = (Within::of(scope, deps.province), deps.clock.now());
    let within = &within;
    deps.reader
        .snapshot("read applications", async |tx: &mut Tx| {
            let mut views = Vec::new();
            for record in application::load(tx, within, ids).await? {
                views.push(view(deps, tx, within, record, now).await?.0);
            }
            Ok::<_, Error>(views)
        })
        .await
}

async fn view(
    deps: &Deps,
    tx: &mut Tx,
    within: &Within,
    record: Record,
    now: Timestamp,
) -> Result<(View, Facts), Error> {
    let facts = facts::load(deps, tx, within, &record).await?;
    let materials = material::of_application(tx, record.application.id).await?;
    let missing = missing_of(deps, &facts, &record, &materials, now)?;
    let employer_title = facts.employer.title.clone();
    let moves_from = national_entry::province(tx, record.application.id).await?;
    let clock = clock::find(tx, record.application.id).await?;
    let mut record = record;
    record.failed_rules = facts.known_failing(deps, tx, &record).await?;
    // The person's past is the person's and the authority's to know.
    if !within.all && within.person != Some(record.application.person.as_uuid()) {
        record.failed_rules.retain(|failed| !failed.rule.is_personal());
    }
    Ok((
        View {
            record,
            employer_title,
            materials,
            missing,
            moves_from,
            clock,
        },
        facts,
    ))
}

fn missing_of(
    deps: &Deps,
    facts: &Facts,
    record: &Record,
    materials: &[Material],
    now: Timestamp,
) -> Result<Vec<MaterialKind>, Error> {
    let attached: Vec<_> = materials.iter().map(|one| one.kind).collect();
    let policy = deps.policy_of(&record.application, now)?;
    let submitted = record
        .application
        .state()
        .submission()
        .map_or(now, |submission| submission.at);
    let education = facts.education_due(record.kind(), &record.application.specialties, submitted, policy);
    let mut context = record.application.material_context(education);
    context.termination_unconfirmed |= record.termination_paper.is_some();
    Ok(policy.missing_materials(record.kind(), context, &attached))
}

/// The materials that an application still lacks.
pub(super) async fn missing(
    deps: &Deps,
    tx: &mut Tx,
    within: &Within,
    record: &Record,
    now: Timestamp,
) -> Result<Vec<MaterialKind>, Error> {
    let facts = facts::load(deps, tx, within, record).await?;
    let materials = material::of_application(tx, record.application.id).await?;
    missing_of(deps, &facts, record, &materials, now)
}

/// A person's own, newest first; the cursor is the last application of the page before.
pub(crate) async fn of_person(
    deps: &Deps,
    scope: &Scope,
    after: Option<Uuid>,
    limit: u32,
) -> Result<Vec<View>, Error> {
    let person = PersonId::from_uuid(scope.require_person()?);
    let list = async |tx: &mut Tx| application::of_person(tx, person, after, limit.into()).await;
    let ids = deps.reader.snapshot("list own applications", list).await?;
    views(deps, scope, &ids).await
}

/// Those that wait for an employer's registrar.
pub(crate) async fn of_employer(
    deps: &Deps,
    scope: &Scope,
    employer: EmployerId,
    after: Option<Uuid>,
    limit: u32,
) -> Result<Vec<View>, Error> {
    if !scope.may_see_employer(employer.as_uuid()) {
        return Err(PERMISSION_DENIED.refusal().into());
    }
    let list = async |tx: &mut Tx| application::waiting_for_employer(tx, employer, after, limit.into()).await;
    let ids = deps
        .reader
        .snapshot("list applications of an employer", list)
        .await?;
    views(deps, scope, &ids).await
}

/// An officer's work, the most urgent first.
pub(crate) async fn work(
    deps: &Deps,
    scope: &Scope,
    filter: WorkFilter,
    after: Option<WorkCursor>,
    limit: u32,
) -> Result<Vec<Work>, Error> {
    let (within, now) = (Within::of(scope, deps.province), deps.clock.now());
    let within = &within;
    if !within.all {
        return Err(PERMISSION_DENIED.refusal().into());
    }
    let grants = scope.grants().iter();
    let authorities: Vec<Authority> = grants.filter_map(|grant| grant.authority.parse().ok()).collect();
    let authorities = &authorities;
    deps.reader
        .snapshot("list work", async |tx: &mut Tx| {
            let ids = application::work(tx, filter, day_of(now), after, limit.into()).await?;
            let mut listed = Vec::new();
            for record in application::load(tx, within, &ids).await? {
                let overdue = record.due.is_some_and(|due| day_of(now) > due.day);
                let reviews = review::of_application(tx, record.application.id).await?;
                let (view, facts) = view(deps, tx, within, record, now).await?;
                let name = masked_name(facts.person.name.expose());
                let number = masked_document_number(facts.person.document.expose());
                let mut claimed_by = None;
                for authority in authorities {
                    let held = work::claimed(tx, view.record.application.id, *authority).await?;
                    claimed_by = claimed_by.or_else(|| held.map(|claim| claim.officer));
                }
                listed.push(Work {
                    claimed_by,
                    view,
                    reviews,
                    holder: format!("{name} {number}"),
                    overdue,
                });
            }
            Ok::<_, Error>(listed)
        })
        .await
}

/// What was done to the clocks of a file, in order, for those who may see it.
pub(crate) async fn clock_events(
    deps: &Deps,
    scope: &Scope,
    id: ApplicationId,
) -> Result<Vec<ClockEvent>, Error> {
    let within = Within::of(scope, deps.province);
    let within = &within;
    deps.reader
        .snapshot("list clock events", async |tx: &mut Tx| {
            let found = application::load(tx, within, &[id.as_uuid()]).await?.pop();
            found.ok_or_else(Error::not_found)?;
            Ok::<_, Error>(clock::events(tx, id).await?)
        })
        .await
}
