//! A move between provinces in the register: noted when it begins (办理转出), cancelled (10), or written with the announcement
//! as 转出 and 转入 (08) in one transaction (domain §1.6).

use domain::ids::{ClearanceId, PersonId, RegisterActId};
use domain::register::{ActRecord, RegisterAct, RegisterEntry, decide};
use service_runtime::clock::day_of;
use sha2::{Digest as _, Sha256};
use uuid::Builder;

use super::Acted;
use crate::command::working_set::WorkingSet;
use crate::event::{Announced, Failure, Stop};
use crate::query::registered::Registered;
use crate::store::exchange::claim::Key;
use crate::store::exchange::downstream::News;

/// Notes that an application of another province would move the registration. Whoever is not registered elsewhere does not
/// move; somebody suspended may apply, and is not noted.
pub(crate) fn begun(set: &mut WorkingSet, key: Key, of: PersonId) -> Result<(), Failure> {
    let Some(before) = set.registered(of) else {
        return Ok(());
    };
    if before.province == key.province || before.entry.is_ended() {
        return Ok(());
    }
    let to = key.province;
    let news = News::MoveBegun { person: of, to };
    note(set, before, RegisterAct::NoteMoveBegun { to }, news, key)
}

/// Takes a move back that this application had begun (取消转出).
pub(crate) fn cancelled(set: &mut WorkingSet, key: Key, of: PersonId) -> Result<(), Failure> {
    let moving = set
        .registered(of)
        .filter(|before| before.entry.moving_to == Some(key.province) && before.province != key.province);
    let Some(before) = moving else { return Ok(()) };
    let news = News::MoveCancelled { person: of };
    note(set, before, RegisterAct::CancelMoveOut, news, key)
}

fn note(
    set: &mut WorkingSet,
    before: Registered,
    act: RegisterAct,
    news: News,
    key: Key,
) -> Result<(), Failure> {
    let now = set.now();
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
        id: set.act_id(entry.person, now),
        person: entry.person,
        at: now,
        act,
        decided_by: entry.decided_by,
        announced_by: entry.announced_by,
        announcement_number: None,
        application: Some(key.application),
    };
    let acted = Acted::new(&data_key, record, Some(&entry), holder, province, now)?;
    acted.record(set);
    acted.tell_entry(set, current_certificate.as_ref());
    set.news(province, news);
    Ok(())
}

/// Whether an announcement takes the registration from another province.
pub(super) fn moves(announced: &Announced, before: Option<&Registered>) -> bool {
    before.is_some_and(|before| !before.entry.is_ended() && before.province != announced.key.province)
        && announced.kind == domain::application::ApplicationType::Change
}

/// Writes 转出 for the province that is left, and returns the entry that 转入 goes on from. The instant between the two is
/// nobody's to see: no change is told.
pub(super) fn leave(
    set: &mut WorkingSet,
    announced: &Announced,
    before: &Registered,
) -> Result<RegisterEntry, Failure> {
    let act = RegisterAct::MoveOut;
    decide(Some(&before.entry), &act, day_of(announced.announced_at))
        .map_err(|refusal| Stop::rule(&refusal))?;
    let record = ActRecord {
        id: left_by(announced.clearance),
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
        set.now(),
    )?;
    acted.record(set);
    Ok(acted.entry)
}

/// The id of 转出. No change tells it, so it follows from the clearance: whenever the announcement is applied again it is the same
/// (decision 0035).
fn left_by(clearance: ClearanceId) -> RegisterActId {
    let digest: [u8; 32] = Sha256::new_with_prefix(b"MOVE_OUT")
        .chain_update(clearance.as_uuid().as_bytes())
        .finalize()
        .into();
    let id = std::array::from_fn(|index| digest[index]);
    RegisterActId::from_uuid(Builder::from_custom_bytes(id).into_uuid())
}

/// A change that comes from another province is a 转入.
pub(super) fn arrive(act: RegisterAct) -> RegisterAct {
    match act {
        RegisterAct::ChangeEmployer { employer } => RegisterAct::MoveIn { employer },
        other => other,
    }
}
