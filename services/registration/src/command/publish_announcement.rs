//! 公告: the legal moment. Rows, registrations and events of the whole batch in one transaction.

use domain::application::{ApplicationState, ApplicationType, StateKind};
use domain::calendar::day_of;
use domain::ids::AnnouncementId;
use domain::province::Jurisdiction;
use domain::refusal::Stage;
use domain::register::EndCause;
use jiff::SignedDuration;
use postgres::Tx;
use postgres::outbox::Event;
use serde_json::json;
use tracing::instrument;
use uuid::Uuid;

use super::facts::{self, Facts};
use super::open_publicity::check_batch;
use super::{Begin, Call, Moved, finish, note};
use crate::app::Deps;
use crate::error::Error;
use crate::peer::exchange::event::{self, Announced};
use crate::sealing::PersonFacts;
use crate::store::announcement::{self, Announcement, Line};
use crate::store::application::{self, Record};
use crate::store::registered::{self, Registered};
use crate::terms;

/// All or none. Every event carries the clearance that it uses.
#[instrument(name = "publish_announcement", skip_all, fields(count = applications.len()))]
pub(crate) async fn publish_announcement(
    deps: &Deps,
    call: &Call,
    applications: &[Uuid],
) -> Result<AnnouncementId, Error> {
    let result = publish(deps, call, applications).await;
    let subject = format!("provinces/{}/announcements/-", deps.province.code());
    let published = call.audited(deps, &subject, result).await?;
    deps.wake.push.notify_one();
    Ok(published)
}

async fn publish(deps: &Deps, call: &Call, applications: &[Uuid]) -> Result<AnnouncementId, Error> {
    check_batch(applications)?;
    let id = AnnouncementId::from_uuid(Uuid::now_v7());
    deps.database
        .run_tx("publish_announcement", async |tx: &mut Tx| {
            let claim = match call.begin(tx).await? {
                Begin::Replay(id) => return Ok(AnnouncementId::from_uuid(id)),
                Begin::First(claim) => claim,
            };
            let records = application::lock(tx, &call.within(deps), applications).await?;
            if records.len() != applications.len() {
                return Err(Error::not_found());
            }
            let year: i32 = day_of(call.at).year().into();
            let serial = announcement::next_number(tx, "announcement", year).await?;
            let number = format!("{}建注公告〔{year}〕{serial}号", deps.province.prefix());
            let known = judged(deps, tx, call, records).await?;
            let mut rows = Vec::new();
            for (record, facts) in known {
                rows.push(announce(deps, tx, call, (record, facts), (id, &number)).await?);
            }
            let payloads: Vec<_> = rows.iter().map(|row| row.payload.as_slice()).collect();
            let events: Vec<_> = payloads
                .iter()
                .map(|payload| Event {
                    format: event::FORMAT,
                    payload,
                    at: call.at,
                })
                .collect();
            finish(tx, claim, id.as_uuid()).await?;
            let last = tx.push_events(&deps.stream, &events).await?.sequence;
            let first = last - i64::try_from(rows.len()).unwrap_or_default() + 1;
            let announced_by = rows
                .first()
                .map(|row| row.announced_by.clone())
                .unwrap_or_default();
            let announcement = Announcement {
                id,
                year,
                serial,
                number,
                announced_at: call.at,
                announced_by,
                position: last,
            };
            let lines: Vec<_> = rows.iter().map(|row| row.line.clone()).collect();
            announcement::insert(tx, &announcement, &lines).await?;
            for (position, row) in (first..).zip(rows) {
                registered::upsert(
                    tx,
                    &Registered {
                        position,
                        ..row.registered
                    },
                )
                .await?;
            }
            Ok::<_, Error>(id)
        })
        .await
}

/// The facts about the person that the registration stands under from now on: a registration and a correction take
/// identity's, everything else leaves them (the nation does likewise).
fn facts_after(deps: &Deps, record: &Record, facts: &Facts) -> Result<PersonFacts, Error> {
    let takes_new = matches!(
        record.kind(),
        ApplicationType::Initial | ApplicationType::Reregistration | ApplicationType::Correction
    );
    let before = facts.registered.as_ref().filter(|_| !takes_new);
    match before.and_then(|known| known.sealed_facts.clone()) {
        Some(sealed) => deps.sealing.open_registered(&facts.key, sealed),
        None => Ok(facts.person.clone()),
    }
}

/// The rules once more, as known on the day of the announcement (153号 art 15): nobody is announced against one. Every
/// failing rule of every application is named; such a file goes back by `ReturnForReview`.
async fn judged(
    deps: &Deps,
    tx: &mut Tx,
    call: &Call,
    records: Vec<Record>,
) -> Result<Vec<(Record, Facts)>, Error> {
    let (mut known, mut all) = (Vec::new(), Vec::new());
    for record in records {
        let policy = deps.policy_of(&record.application, call.at)?;
        let facts = facts::load(deps, tx, &call.within(deps), &record).await?;
        // Out of order: the move itself says so.
        if record.application.state().kind() == StateKind::Cleared {
            let failing = facts.failing(Facts::asked(&record, Stage::Issue, call.at, &[]), policy);
            if !failing.is_empty() {
                all.push((deps.application_name(record.application.id), failing));
            }
        }
        known.push((record, facts));
    }
    if all.is_empty() {
        return Ok(known);
    }
    let named = all
        .iter()
        .map(|(name, failing)| (name.as_str(), failing.as_slice()));
    Err(Error::rules_of(named))
}

/// What one application contributes.
struct Row {
    line: Line,
    registered: Registered,
    payload: Vec<u8>,
    announced_by: String,
}

async fn announce(
    deps: &Deps,
    tx: &mut Tx,
    call: &Call,
    (mut record, facts): (Record, Facts),
    announcement: (AnnouncementId, &str),
) -> Result<Row, Error> {
    let policy = deps.policy_of(&record.application, call.at)?;
    let officer = call.officer(
        policy
            .announcing_authority
            .of(Jurisdiction::Province(deps.province)),
    )?;
    let skew = SignedDuration::try_from(deps.clock_skew).unwrap_or(SignedDuration::MAX);
    let named = (announcement.0, announcement.1.to_owned());
    let moved = record
        .application
        .clone()
        .announce(policy, officer, named, skew, call.at)?;
    let moved = Moved {
        evidence: json!({ "announcement": announcement.1 }),
        ..moved.into()
    };
    let decided_on = record
        .application
        .state()
        .decision()
        .map_or(call.at, |decision| decision.at);
    let terms = terms::after(
        &record,
        facts.registered.as_ref(),
        policy,
        day_of(decided_on),
        day_of(call.at),
    );
    record.actor = call.relations.clone();
    note(deps, tx, &call.caller, call.verb, &mut record, moved).await?;
    let ApplicationState::Announced(announced) = record.application.state() else {
        return Err(Error::internal("an announced application is announced"));
    };
    let cleared = &announced.cleared;
    let application = &record.application;
    let announced_by = officer.authority.to_string();
    let payload = event::announced(&Announced {
        application: &deps.application_name(application.id),
        clearance: cleared.clearance,
        person: application.person,
        employer: application.employer,
        kind: application.kind,
        hash: record.hash.as_deref().unwrap_or_default(),
        number: &cleared.number.to_string(),
        terms: &terms::told(&record, terms.clone()),
        cancellation: application.cancellation_terms(),
        correction: application.correction_terms(),
        announcement_number: announcement.1,
        at: call.at,
        announced_by: &announced_by,
        decided_by: &cleared.decision.by.authority.to_string(),
    });
    let under = facts_after(deps, &record, &facts)?;
    let line = Line {
        application: application.id,
        person: application.person,
        sealed_name: deps.sealing.seal_name(&facts.key, &under.name),
        registration_number: cleared.number.to_string(),
        employer_title: facts.employer.title.clone(),
        specialties: application.specialties.clone(),
        kind: application.kind,
    };
    let ended = application.cancellation().is_some_and(|details| details.whole);
    let before = facts.registered.map(|known| known.specialties);
    let registered = Registered {
        person: application.person,
        number: cleared.number.to_string(),
        employer: application.employer,
        employer_title: facts.employer.title,
        // What has ended stays in the mirror as it was.
        specialties: before.filter(|_| ended).unwrap_or(terms),
        announced_at: call.at,
        application: application.id,
        position: 0,
        licence_identifier: None,
        moved_to: None,
        moving_to: None,
        ended: ended.then_some((call.at, EndCause::Cancelled)),
        sealed_facts: Some(deps.sealing.seal_registered(&facts.key, &under)),
    };
    Ok(Row {
        line,
        registered,
        payload,
        announced_by,
    })
}
