//! What announcing a batch is, whoever decides on it: rows, registrations, events, and the signed list over them, in one
//! transaction. The list is signed inside it, by the province's own key in this process: an announcement is never there
//! unsigned (decision 0011).

use std::collections::{BTreeMap, BTreeSet};

use announcement_list::Tree;
use domain::announcement::{ListingFault, NumberFormat};
use domain::application::{Application, ApplicationState, ApplicationType, StateKind};
use domain::authority::Authority;
use domain::calendar::day_of;
use domain::ids::{AnnouncementId, ApplicationId};
use domain::name::PersonName;
use domain::province::Jurisdiction;
use domain::refusal::Stage;
use domain::register::EndCause;
use domain::stream_repair::Parted;
use jiff::SignedDuration;
use postgres::Tx;
use postgres::outbox::Event;
use serde_json::json;

use super::check_head;
use super::facts::{self, Facts};
use super::{Call, Moved, note};
use crate::deps::Deps;
use crate::error::{BATCH_INVALID, Error};
use crate::listing::{self, Head};
use crate::peer::exchange::event::{self, Announced};
use crate::sealing::PersonFacts;
use crate::store::announcement::{self, Announcement, Line};
use crate::store::application::Record;
use crate::store::exchange;
use crate::store::registered::{self, Registered};
use crate::store::registration_number;
use crate::terms;

/// What makes an announcement a correcting one (更正公告).
pub(super) struct Correcting<'a> {
    pub(super) announcement: &'a Announcement,
    /// By application: what was wrong, and in which row.
    pub(super) rows: BTreeMap<ApplicationId, (ListingFault, Option<u32>)>,
}

/// Announces locked applications, all or none; pushes their events last. Every event carries the clearance that it uses.
pub(super) async fn announce_all(
    deps: &Deps,
    tx: &mut Tx,
    call: &Call,
    id: AnnouncementId,
    records: Vec<Record>,
    correcting: Option<&Correcting<'_>>,
) -> Result<(), Error> {
    let (authority, format) = announcer(deps, call, &records)?;
    let (year, serial, number) = next_number(deps, tx, call, authority, &format).await?;
    let known = judged(deps, tx, call, records).await?;
    let mut rows = Vec::new();
    for (record, facts) in known {
        let ordinal = u32::try_from(rows.len() + 1).unwrap_or(u32::MAX);
        let place = Place {
            id,
            number: &number,
            ordinal,
            correcting,
        };
        rows.push(announce(deps, tx, call, (record, facts), &place).await?);
    }
    let announced_by = authority.to_string();
    let head = Head {
        number: &number,
        announced_by: &announced_by,
        announced_at: call.at,
        corrects: correcting.map(|correcting| correcting.announcement.number.as_str()),
    };
    let root = Tree::new(rows.iter().map(|row| row.line.commitment).collect()).root();
    let signature = deps
        .list_key
        .sign(&listing::statement(deps.province, &head, rows.len(), root))?;
    let lines: Vec<_> = rows.iter().map(|row| row.line.clone()).collect();
    announcement::keep_key(tx, &deps.list_key.id(), &deps.list_key.spki(), call.at).await?;
    for row in &rows {
        let (person, number) = (row.registered.person, &row.registered.number);
        registration_number::hold(tx, person, number, row.number_before.as_deref(), call.at).await?;
    }
    let payloads: Vec<_> = rows.iter().map(|row| row.payload.as_slice()).collect();
    let event = |payload| Event {
        format: event::FORMAT,
        payload,
        at: call.at,
    };
    let events: Vec<_> = payloads.into_iter().map(event).collect();
    check_head::agreed(deps)?;
    let last = tx.push_events(&deps.stream, &events).await?.sequence;
    let first = last - i64::try_from(rows.len()).unwrap_or_default() + 1;
    let announcement = Announcement {
        id,
        year,
        serial,
        number,
        announced_at: call.at,
        announced_by,
        position: last,
        corrects: correcting.map(|correcting| correcting.announcement.id),
        root,
        key_id: deps.list_key.id(),
        signature,
    };
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
    Ok(())
}

/// One announcement is of one authority, under the numbers of its policy.
fn announcer(deps: &Deps, call: &Call, records: &[Record]) -> Result<(Authority, NumberFormat), Error> {
    let (mut authorities, mut format) = (BTreeSet::new(), NumberFormat::default());
    for record in records {
        let policy = deps.policy_of(&record.application, call.at)?;
        let charged = policy.announcing_authority;
        authorities.insert(charged.of(Jurisdiction::Province(deps.province)).to_string());
        format = policy.announcement_number.clone();
    }
    let authority = match (authorities.pop_first(), authorities.is_empty()) {
        (Some(only), true) => only.parse().ok(),
        _ => None,
    };
    Ok((authority.ok_or(BATCH_INVALID)?, format))
}

/// The next number of an authority in the year of the call.
pub(super) async fn next_number(
    deps: &Deps,
    tx: &mut Tx,
    call: &Call,
    authority: Authority,
    format: &NumberFormat,
) -> Result<(i32, i32, String), Error> {
    let year: i32 = day_of(call.at).year().into();
    let kind = match authority {
        Authority::Province(_) => "announcement",
        _ => "announcement/ministry",
    };
    let serial = announcement::next_number(tx, kind, year).await?;
    Ok((year, serial, format.number(deps.province, year, serial)))
}

/// Where a row comes to stand.
struct Place<'a> {
    id: AnnouncementId,
    number: &'a str,
    ordinal: u32,
    correcting: Option<&'a Correcting<'a>>,
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
        if exchange::was_announced(tx, record.application.id).await? {
            return Err(Parted::AnnouncedBefore.into());
        }
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
    number_before: Option<String>,
}

async fn announce(
    deps: &Deps,
    tx: &mut Tx,
    call: &Call,
    (mut record, facts): (Record, Facts),
    place: &Place<'_>,
) -> Result<Row, Error> {
    let policy = deps.policy_of(&record.application, call.at)?;
    let officer = call.officer(
        policy
            .announcing_authority
            .of(Jurisdiction::Province(deps.province)),
    )?;
    let skew = SignedDuration::try_from(deps.clock_skew).unwrap_or(SignedDuration::MAX);
    let named = (place.id, place.number.to_owned());
    let moved = record
        .application
        .clone()
        .announce(policy, officer, named, skew, call.at)?;
    let moved = Moved {
        evidence: json!({ "announcement": place.number }),
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
        announcement_number: place.number,
        at: call.at,
        announced_by: &announced_by,
        decided_by: &cleared.decision.by.authority.to_string(),
    });
    let under = facts_after(deps, &record, &facts)?;
    let line = line(
        deps,
        application,
        &facts,
        &under.name,
        (&cleared.number.to_string(), place),
    );
    let ended = application.cancellation().is_some_and(|details| details.whole);
    let number_before = facts.registered.as_ref().map(|known| known.number.clone());
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
        imported: false,
        position: 0,
        licence_identifier: None,
        moved_to: None,
        moving_to: None,
        suspended: None,
        ended: ended.then_some((call.at, EndCause::Cancelled)),
        sealed_facts: Some(deps.sealing.seal_registered(&facts.key, &under)),
    };
    Ok(Row {
        line,
        registered,
        payload,
        number_before,
    })
}

/// The line with its commitment.
fn line(
    deps: &Deps,
    application: &Application,
    facts: &Facts,
    name: &PersonName,
    (number, place): (&str, &Place<'_>),
) -> Line {
    let correcting = place.correcting;
    let salt = listing::new_salt();
    let mut line = Line {
        application: application.id,
        person: application.person,
        sealed_name: deps.sealing.seal_name(&facts.key, name),
        registration_number: number.to_owned(),
        employer_title: facts.employer.title.clone(),
        specialties: application.specialties.clone(),
        kind: application.kind,
        correction: correcting.and_then(|correcting| correcting.rows.get(&application.id).copied()),
        commitment: [0; 32],
        sealed_salt: deps.sealing.seal_salt(&facts.key, application.id, salt.0),
    };
    line.commitment = listing::row(place.ordinal, name, &line, salt).commitment();
    line
}
