//! A second officer confirms or declines an act of the nation. Confirmed, it changes the register at once: the feed, the
//! certificates and the province's mirror follow.

use domain::authority::{Authority, Officer};
use domain::document_number::DocumentNumber;
use domain::ids::{NationalActId, RegisterActId};
use domain::national_act::{Measure, NationalAct};
use domain::register::{ActRecord, RegisterAct, StatusCode, decide};
use postgres::Tx;
use postgres::requests::Begun;
use serde_json::json;
use service_runtime::clock::day_of;
use service_runtime::error::NOT_FOUND;
use tokio::time::Instant;
use tracing::instrument;
use uuid::Uuid;

use super::apply_act::Acted;
use super::link_persons;
use super::working_set::{Wanted, WorkingSet};
use super::write::{Write, keep_id, kept_id};
use crate::deps::Deps;
use crate::error::{ACT_REFUSED, CLEARANCE_OPEN, Error, ruled};
use crate::query::registered::{Registered, registered};
use crate::sealing::{open_json, seal_json};
use crate::store::exchange::claim::Key;
use crate::store::exchange::clearance;
use crate::store::exchange::downstream::News;
use crate::store::log::position_of;
use crate::store::register::national_act::{self, Stored};
use crate::store::register::{column, person};

/// What the second officer says.
pub(crate) struct Input {
    pub(crate) write: Write,
    pub(crate) officer: Officer,
    pub(crate) act: NationalActId,
}

/// The legal moment. Idempotent on the request; returns the position of the change.
#[instrument(name = "confirm_national_act", skip_all, fields(act = %input.act))]
pub(crate) async fn confirm_national_act(
    deps: &Deps,
    input: &Input,
    deadline: Instant,
) -> Result<Option<u64>, Error> {
    let subject = input.act.resource_name();
    let confirmed = confirm_once(deps, input, &subject).await;
    let change = input.write.recorded(&deps.database, &subject, confirmed).await?;
    deps.bells.changes.notify_one();
    deps.bells.downstream.notify_waiters();
    match change {
        Some(change) => position_of(&deps.database, change, deadline).await.map(Some),
        None => Ok(None),
    }
}

/// Identity is asked for the document of whoever is merged away before the transaction.
async fn confirm_once(deps: &Deps, input: &Input, subject: &str) -> Result<Option<i64>, Error> {
    let look = async |tx: &mut Tx| national_act::find(tx, input.act).await;
    let proposed = deps.read.snapshot("look at national act", look).await?;
    let proposed = proposed.ok_or_else(|| NOT_FOUND.refusal())?;
    let key = deps.sealing.key(proposed.person, wrapped(&proposed)?)?;
    let act: NationalAct = open_json(&key, column::NATIONAL_ACT, proposed.record)?;
    let document = match act.measure {
        Measure::Merge { .. } => {
            Some(link_persons::document_of(deps, act.person, act.id, input.write.at).await?)
        }
        _ => None,
    };
    deps.database
        .run_tx("confirm national act", async |tx: &mut Tx| {
            confirm(deps, tx, input, (subject, document.as_ref())).await
        })
        .await
}

async fn confirm(
    deps: &Deps,
    tx: &mut Tx,
    input: &Input,
    (subject, document): (&str, Option<&DocumentNumber>),
) -> Result<Option<i64>, Error> {
    let write = &input.write;
    let claim = match tx.begin_request(&write.request()).await? {
        Begun::Replay(kept) => {
            let found = national_act::find(tx, kept_id(kept)?.into()).await?;
            return Ok(found.and_then(|stored| stored.change));
        }
        Begun::First(claim) => claim,
    };
    let (stored, act) = locked(deps, tx, input).await?;
    let confirmed = act
        .confirm(input.officer, write.at)
        .map_err(|refused| ruled(ACT_REFUSED, &refused))?;
    let key = deps.sealing.key(stored.person, wrapped(&stored)?)?;
    let sealed = seal_json(&key, column::NATIONAL_ACT, &confirmed);
    let who = (stored.id, &write.scope);
    let change = match (confirmed.measure, document, confirmed.measure.act()) {
        (Measure::Merge { into }, Some(document), _) => {
            let two = (confirmed.person, into);
            link_persons::merge(deps, tx, who, two, document, write.at).await?
        }
        (Measure::Split, ..) => link_persons::split(deps, tx, who, confirmed.person, write.at).await?,
        (_, _, Some(act)) => Some(act_on_register(deps, tx, input, &confirmed, act).await?),
        (_, _, None) => return Err(Error::internal("a merge without its document")),
    };
    let state = confirmed.four_eyes.state().code();
    national_act::settle(tx, stored.id, state, &sealed, change).await?;
    let evidence = json!({
        "measure": confirmed.measure.code(), "reference": confirmed.reference,
        "sm3": hex::encode(&stored.paper.digest), "change": change,
    });
    write
        .done(tx, subject, confirmed.measure.article(), evidence)
        .await?;
    tx.finish_request(claim, &keep_id(stored.id.as_uuid())).await?;
    Ok(change)
}

/// What the register's own rules allow, now.
async fn act_on_register(
    deps: &Deps,
    tx: &mut Tx,
    input: &Input,
    confirmed: &NationalAct,
    act: RegisterAct,
) -> Result<i64, Error> {
    let before = registered(tx, &deps.sealing, confirmed.person, &input.write.scope).await?;
    let before = before.ok_or_else(|| NOT_FOUND.refusal())?;
    // What is cleared will be announced, and is never refused then: it comes first (design §3).
    if let Some(until) = clearance::open_until(tx, confirmed.person).await? {
        let refusal = CLEARANCE_OPEN.refusal();
        return Err(refusal.metadata("announce_by", until.to_string()).into());
    }
    decide(Some(&before.entry), &act, day_of(input.write.at))
        .map_err(|refused| ruled(ACT_REFUSED, &refused))?;
    apply(deps, tx, input, (confirmed, act), before).await
}

/// Act, entry, certificate, changes, and the province's news, in the caller's transaction.
async fn apply(
    deps: &Deps,
    tx: &mut Tx,
    input: &Input,
    (act, done): (&NationalAct, RegisterAct),
    before: Registered,
) -> Result<i64, Error> {
    let Registered {
        entry,
        holder,
        province,
        key,
        ..
    } = before;
    let record = ActRecord {
        id: RegisterActId::from_uuid(Uuid::new_v4()),
        person: act.person,
        at: input.write.at,
        act: done,
        decided_by: Authority::Ministry,
        announced_by: Authority::Ministry,
        announcement_number: None,
        application: None,
    };
    let at = record.at;
    let mut set = WorkingSet::read(deps, tx, Wanted::people([act.person]), at).await?;
    let acted = Acted::new(&key, record, Some(&entry), holder, province, at)?;
    acted.record(&mut set);
    // None of these acts makes a version; the proposal stands where an application stands otherwise.
    let stands_for = Key {
        province,
        application: act.id.as_uuid().into(),
    };
    let current = acted.certify(deps, &mut set, stands_for)?;
    let change = acted.tell_entry(&mut set, current.as_ref());
    let (status, cause, until) = match act.measure {
        Measure::Revoke { ground } => (ground.cause().status(), Some(ground.cause()), None),
        Measure::Suspend { until } => (StatusCode::Suspended, None, until),
        Measure::Restore | Measure::Merge { .. } | Measure::Split => (StatusCode::Valid, None, None),
    };
    let news = News::NationalActTaken {
        person: act.person,
        status,
        cause,
        until,
        at,
    };
    set.news(province, news);
    change.id(&set.write(deps, tx).await?)
}

/// A second officer does not agree: it has no effect. Idempotent on the request.
#[instrument(name = "decline_national_act", skip_all, fields(act = %input.act))]
pub(crate) async fn decline_national_act(deps: &Deps, input: &Input, grounds: &str) -> Result<(), Error> {
    let (write, subject) = (&input.write, input.act.resource_name());
    let declined = deps
        .database
        .run_tx("decline national act", async |tx: &mut Tx| {
            let claim = match tx.begin_request(&write.request()).await? {
                Begun::Replay(_) => return Ok(()),
                Begun::First(claim) => claim,
            };
            let (stored, act) = locked(deps, tx, input).await?;
            let declined = act
                .decline(input.officer, grounds, write.at)
                .map_err(|refused| ruled(ACT_REFUSED, &refused))?;
            let key = deps.sealing.key(declined.person, wrapped(&stored)?)?;
            let sealed = seal_json(&key, column::NATIONAL_ACT, &declined);
            let state = declined.four_eyes.state().code();
            national_act::settle(tx, stored.id, state, &sealed, None).await?;
            let article = declined.measure.article();
            write
                .done(
                    tx,
                    &subject,
                    article,
                    json!({ "measure": declined.measure.code() }),
                )
                .await?;
            tx.finish_request(claim, &keep_id(stored.id.as_uuid())).await?;
            Ok::<_, Error>(())
        })
        .await;
    write.recorded(&deps.database, &subject, declined).await
}

/// The act with its persons' rows locked in the order of their ids, so that acts upon one person take turns.
async fn locked(deps: &Deps, tx: &mut Tx, input: &Input) -> Result<(Stored, NationalAct), Error> {
    let found = national_act::find(tx, input.act).await?;
    let found = found.ok_or_else(|| NOT_FOUND.refusal())?;
    let key = deps.sealing.key(found.person, wrapped(&found)?)?;
    let act: NationalAct = open_json(&key, column::NATIONAL_ACT, found.record)?;
    let mut whom = vec![act.person];
    if let Measure::Merge { into } = act.measure {
        whom.push(into);
    }
    whom.sort_unstable();
    for who in whom {
        person::lock(tx, who).await?.ok_or_else(|| NOT_FOUND.refusal())?;
    }
    let stored = national_act::find(tx, input.act).await?;
    let stored = stored.ok_or_else(|| NOT_FOUND.refusal())?;
    let key = deps.sealing.key(stored.person, wrapped(&stored)?)?;
    let act = open_json(&key, column::NATIONAL_ACT, stored.record.clone())?;
    Ok((stored, act))
}

fn wrapped(stored: &Stored) -> Result<Vec<u8>, Error> {
    let key = stored.wrapped_key.clone();
    key.ok_or_else(|| NOT_FOUND.refusal().into())
}
