//! The numbered notice (文书) that an act causes, in the act's transaction: no number is skipped, no act goes without one.

use domain::application::{Act, ApplicationEvent, ApplicationState, Verdict};
use domain::authority::Actor;
use domain::calendar::day_of;
use domain::notice::{Notice, NoticeFact, NoticeKind};
use domain::refusal::Refusal;
use personal_data::masked_document_number;
use postgres::Tx;
use uuid::Uuid;

use crate::deps::Deps;
use crate::error::Error;
use crate::job;
use crate::store::application::Record;
use crate::store::notice::{self, StoredNotice};
use crate::store::{Within, employer, failing, person};

/// Gives the notice of a move, if it causes one; `written` is what the applicant is told where the file does not say it.
pub(super) async fn give(
    deps: &Deps,
    tx: &mut Tx,
    record: &Record,
    moved: &ApplicationEvent,
    written: Option<String>,
) -> Result<(), Error> {
    let (Some(kind), Actor::Officer(officer)) = (NoticeKind::of_act(moved.act), moved.actor) else {
        return Ok(());
    };
    let application = &record.application;
    let within = Within::of(&job::scope("give_notice"), deps.province);
    let row = person::find(tx, &within, application.person)
        .await?
        .ok_or_else(|| Error::internal("an application without its person"))?;
    let key = deps.sealing.key(application.person.as_uuid(), row.wrapped_key)?;
    let applicant = deps.sealing.open_person(&key, row.sealed)?;
    let employer = employer::find(tx, application.employer).await?;
    let failing = match failing::find(tx, application.id).await? {
        Some(sealed) if moved.act == Act::Refuse && !record.failed_rules.is_empty() => {
            deps.sealing.open_failing(&key, application.id, sealed)?
        }
        _ => Vec::new(),
    };
    let policy = &deps.policy_of(application, moved.at)?.notices;
    let issued_on = day_of(moved.at);
    let authority = officer.authority;
    let year = issued_on.year();
    let serial = notice::next_serial(tx, authority, kind, year.into()).await?;
    let number = policy.number(kind, authority, deps.province, year, serial.unsigned_abs());
    let (points, grounds) = said(record, written);
    let given = Notice {
        kind,
        number: number.clone(),
        authority,
        application: deps.application_name(application.id),
        issued_on,
        applicant: applicant.name.expose().to_owned(),
        document: masked_document_number(applicant.document.expose()),
        employer: employer.map(|known| known.title).unwrap_or_default(),
        application_type: application.kind,
        specialties: application.specialties.clone(),
        points,
        grounds,
        articles: articles(kind, record, &failing),
        facts: failing.into_iter().map(fact).collect(),
        remedies: if kind.is_adverse() {
            policy.remedies.clone()
        } else {
            String::new()
        },
        due_on: record
            .due
            .map(|due| due.day)
            .filter(|_| kind == NoticeKind::Extension),
        salt: Uuid::new_v4().simple().to_string(),
    };
    let content = serde_json::to_vec(&given).map_err(Error::internal)?;
    let id = Uuid::now_v7();
    let stored = StoredNotice {
        id,
        application: application.id,
        person: application.person,
        authority,
        kind,
        year: year.into(),
        serial,
        number,
        sealed: deps.sealing.seal_notice(&key, id, &content),
        digest: postgres::hash::sha256(&content).to_vec(),
        issued_at: moved.at,
    };
    Ok(notice::insert(tx, &stored).await?)
}

/// Points to correct, and grounds in words.
fn said(record: &Record, written: Option<String>) -> (Vec<String>, String) {
    match record.application.state() {
        ApplicationState::CorrectionRequested { correction, .. } => {
            (correction.points.clone(), String::new())
        }
        ApplicationState::NotAccepted(declined) => (
            Vec::new(),
            format!("{}。{}", declined.ground.name(), declined.grounds),
        ),
        ApplicationState::Refused(decision) => match &decision.verdict {
            Verdict::Refused { grounds, .. } => (Vec::new(), grounds.clone()),
            Verdict::Granted => (Vec::new(), String::new()),
        },
        _ => (Vec::new(), written.unwrap_or_default()),
    }
}

/// The article that asks for the notice, and those that it rests on; each once.
fn articles(kind: NoticeKind, record: &Record, failing: &[Refusal]) -> Vec<String> {
    let mut articles = vec![kind.article().to_owned()];
    if let ApplicationState::NotAccepted(declined) = record.application.state() {
        articles = vec![declined.ground.article().to_owned()];
    }
    for failed in failing {
        if !articles.contains(&failed.article) {
            articles.push(failed.article.clone());
        }
    }
    articles
}

fn fact(failed: Refusal) -> NoticeFact {
    NoticeFact {
        rule: failed.rule.code().to_owned(),
        article: failed.article,
        text: failed.text.zh,
        evidence: failed.facts,
    }
}
