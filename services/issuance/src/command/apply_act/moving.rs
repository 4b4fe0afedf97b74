//! A move between provinces in the register: noted when it begins (办理转出), cancelled (10), or written with the announcement
//! as 转出 and 转入 (08) in one transaction (domain §1.6).

use domain::ids::{PersonId, RegisterActId};
use domain::register::{ActRecord, RegisterAct, RegisterEntry, decide};
use jiff::Timestamp;
use postgres::Tx;
use service_runtime::Scope;
use service_runtime::auth::JobName;
use service_runtime::clock::day_of;
use uuid::Uuid;

use super::Acted;
use crate::deps::Deps;
use crate::event::{Announced, Failure, Stop};
use crate::query::registered::{Registered, registered};
use crate::store::exchange::claim::Key;
use crate::store::exchange::downstream::{self, News};
use crate::store::register::person;

/// A move touches what another province wrote.
const JOB: JobName = JobName::new("note_move");

/// Notes that an application of another province would move the registration. Whoever is not registered elsewhere does not
/// move; somebody suspended may apply, and is not noted.
pub(crate) async fn begun(
    deps: &Deps,
    tx: &mut Tx,
    key: Key,
    of: PersonId,
    now: Timestamp,
) -> Result<(), Failure> {
    let Some(before) = held(deps, tx, of).await? else {
        return Ok(());
    };
    if before.province == key.province || before.entry.is_ended() {
        return Ok(());
    }
    let to = key.province;
    let news = News::MoveBegun { person: of, to };
    note(tx, before, RegisterAct::NoteMoveBegun { to }, news, key, now).await
}

/// Takes a move back that this application had begun (取消转出).
pub(crate) async fn cancelled(
    deps: &Deps,
    tx: &mut Tx,
    key: Key,
    of: PersonId,
    now: Timestamp,
) -> Result<(), Failure> {
    let moving = held(deps, tx, of)
        .await?
        .filter(|before| before.entry.moving_to == Some(key.province) && before.province != key.province);
    let Some(before) = moving else { return Ok(()) };
    let news = News::MoveCancelled { person: of };
    note(tx, before, RegisterAct::CancelMoveOut, news, key, now).await
}

async fn held(deps: &Deps, tx: &mut Tx, of: PersonId) -> Result<Option<Registered>, Failure> {
    if person::lock(tx, of).await?.is_none() {
        return Ok(None);
    }
    Ok(registered(tx, &deps.sealing, of, &Scope::for_job(&JOB)).await?)
}

async fn note(
    tx: &mut Tx,
    before: Registered,
    act: RegisterAct,
    news: News,
    key: Key,
    now: Timestamp,
) -> Result<(), Failure> {
    let Registered {
        entry,
        holder,
        province,
        current_certificate,
        key: data_key,
    } = before;
    if decide(Some(&entry), &act, day_of(now)).is_err() {
        return Ok(());
    }
    let record = ActRecord {
        id: RegisterActId::from_uuid(Uuid::new_v4()),
        person: entry.person,
        at: now,
        act,
        decided_by: entry.decided_by,
        announced_by: entry.announced_by,
        announcement_number: None,
        application: Some(key.application),
    };
    let acted = Acted::new(&data_key, record, Some(&entry), holder, province, now)?;
    acted.record(tx, Some(&entry)).await?;
    acted.tell_entry(tx, current_certificate.as_ref()).await?;
    downstream::append(tx, province, &news, now).await?;
    Ok(())
}

/// Whether an announcement takes the registration from another province.
pub(super) fn moves(announced: &Announced, before: Option<&Registered>) -> bool {
    before.is_some_and(|before| !before.entry.is_ended() && before.province != announced.key.province)
        && announced.kind == domain::application::ApplicationType::Change
}

/// Writes 转出 for the province that is left, and returns the entry that 转入 goes on from. The instant between the two is
/// nobody's to see: no change is told.
pub(super) async fn leave(
    tx: &mut Tx,
    announced: &Announced,
    before: &Registered,
    now: Timestamp,
) -> Result<RegisterEntry, Failure> {
    let act = RegisterAct::MoveOut;
    decide(Some(&before.entry), &act, day_of(announced.announced_at))
        .map_err(|refusal| Stop::rule(&refusal))?;
    let record = ActRecord {
        id: RegisterActId::from_uuid(Uuid::new_v4()),
        person: announced.person,
        at: announced.announced_at,
        act,
        decided_by: announced.decided_by,
        announced_by: announced.announced_by,
        announcement_number: announced.announcement_number.clone(),
        application: Some(announced.key.application),
    };
    let holder = before.holder.clone();
    let acted = Acted::new(
        &before.key,
        record,
        Some(&before.entry),
        holder,
        before.province,
        now,
    )?;
    acted.record(tx, Some(&before.entry)).await?;
    Ok(acted.entry)
}

/// A change that comes from another province is a 转入.
pub(super) fn arrive(act: RegisterAct) -> RegisterAct {
    match act {
        RegisterAct::ChangeEmployer { employer } => RegisterAct::MoveIn { employer },
        other => other,
    }
}
