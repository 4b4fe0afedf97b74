//! Two persons are one human being (合并), or are so no more (拆分), by an act of the nation. Rows of either id keep their
//! history; the surviving one is found by the documents of both; identity is told by a job (decision 0031).

use domain::document_number::DocumentNumber;
use domain::ids::{NationalActId, PersonId};
use domain::notification::NotificationKind;
use domain::person_link::{PersonLinkRefused, Side, check_beginning, check_merge};
use domain::reason::Reason as _;
use jiff::Timestamp;
use personal_data::DataKey;
use postgres::Tx;
use service_runtime::Scope;
use service_runtime::clock::day_of;
use service_runtime::error::NOT_FOUND;

use super::notify::{self, Notification};
use crate::change::Change;
use crate::deps::Deps;
use crate::error::{ACT_REFUSED, CLEARANCE_OPEN, Error, ruled};
use crate::peer::identity::Found;
use crate::query::registered::registered;
use crate::sealing::{open_json, seal_json};
use crate::store::exchange::clearance;
use crate::store::exchange::downstream::{self, News};
use crate::store::log::change;
use crate::store::register::entry::{self, NewEntry};
use crate::store::register::{column, person, person_link};

/// The document of whoever is to be merged away, as identity holds it. Asked before the transaction.
pub(super) async fn document_of(
    deps: &Deps,
    merged: PersonId,
    act: NationalActId,
    at: Timestamp,
) -> Result<DocumentNumber, Error> {
    let found = deps
        .identity
        .person(merged, &act.resource_name(), day_of(at))
        .await?;
    match found {
        Found::Complete(person) => Ok(person.document),
        Found::Incomplete | Found::Unknown => Err(NOT_FOUND.refusal().into()),
    }
}

/// Both must be known to the register, whose keys they then have.
pub(super) async fn ensure_known(deps: &Deps, who: PersonId, at: Timestamp) -> Result<(), Error> {
    let key = deps.sealing.new_key(who);
    let kept = deps
        .database
        .run_tx("keep person key", async |tx: &mut Tx| {
            person::ensure(tx, who, &key, at).await
        })
        .await?;
    kept.map(|_| ()).ok_or_else(|| NOT_FOUND.refusal().into())
}

/// Why no registration may begin, or stand again, under an id; none where it may.
pub(super) async fn against_beginning(
    tx: &mut Tx,
    who: PersonId,
) -> Result<Option<&'static str>, postgres::Error> {
    let merged = person_link::survivor(tx, who).await?.is_some();
    Ok(check_beginning(merged).err().map(|refused| refused.reason()))
}

/// The documents of everybody who is merged into a person, with the person's key.
pub(super) async fn documents(
    tx: &mut Tx,
    surviving: PersonId,
    key: &DataKey,
) -> Result<Vec<DocumentNumber>, Error> {
    let sealed = person_link::documents(tx, surviving).await?;
    sealed
        .into_iter()
        .map(|sealed| open_json(key, column::LINKED_DOCUMENT, sealed))
        .collect()
}

/// Whether they may be merged as things stand.
pub(super) async fn check(tx: &mut Tx, merged: PersonId, surviving: PersonId) -> Result<(), Error> {
    let side = |standing: person_link::Standing| Side {
        registered: standing.registered,
        recorded: standing.recorded,
        merged: standing.survivor.is_some(),
        survives_others: standing.survives_others,
    };
    let merged = side(person_link::standing(tx, merged).await?);
    let surviving = side(person_link::standing(tx, surviving).await?);
    check_merge(merged, surviving).map_err(|refused| ruled(ACT_REFUSED, &refused))
}

/// Merges, in the transaction of the confirmation; the merged one's row is locked. Returns the change that tells the
/// survivor's registration by the further document; none where they have none.
pub(super) async fn merge(
    deps: &Deps,
    tx: &mut Tx,
    (act, scope): (NationalActId, &Scope),
    (merged, surviving): (PersonId, PersonId),
    document: &DocumentNumber,
    now: Timestamp,
) -> Result<Option<i64>, Error> {
    let wrapped = person::lock(tx, surviving)
        .await?
        .ok_or_else(|| NOT_FOUND.refusal())?;
    check(tx, merged, surviving).await?;
    ensure_nothing_cleared(tx, [merged, surviving]).await?;
    let key = deps.sealing.key(surviving, wrapped)?;
    let sealed = seal_json(&key, column::LINKED_DOCUMENT, document);
    person_link::merge(tx, act, (merged, surviving), &sealed, now).await?;
    let change = tell(deps, tx, scope, surviving, now).await?;
    tell_those_concerned(tx, act, (merged, surviving), Some(surviving), now).await?;
    Ok(change)
}

/// What is cleared will be announced, with the documents it was cleared with: it comes first (design §3).
async fn ensure_nothing_cleared(tx: &mut Tx, two: [PersonId; 2]) -> Result<(), Error> {
    for who in two {
        if let Some(until) = clearance::open_until(tx, who).await? {
            let refusal = CLEARANCE_OPEN.refusal();
            return Err(refusal.metadata("announce_by", until.to_string()).into());
        }
    }
    Ok(())
}

/// Splits again, in the transaction of the confirmation; the merged one's row is locked.
pub(super) async fn split(
    deps: &Deps,
    tx: &mut Tx,
    (act, scope): (NationalActId, &Scope),
    merged: PersonId,
    now: Timestamp,
) -> Result<Option<i64>, Error> {
    let surviving = survivor(tx, merged).await?;
    person::lock(tx, surviving)
        .await?
        .ok_or_else(|| NOT_FOUND.refusal())?;
    ensure_nothing_cleared(tx, [merged, surviving]).await?;
    person_link::split(tx, act, merged, now).await?;
    let change = tell(deps, tx, scope, surviving, now).await?;
    tell_those_concerned(tx, act, (merged, surviving), None, now).await?;
    Ok(change)
}

/// Both ids hear of it by name, and every province that knows one of them; called last.
async fn tell_those_concerned(
    tx: &mut Tx,
    act: NationalActId,
    (merged, surviving): (PersonId, PersonId),
    survivor: Option<PersonId>,
    at: Timestamp,
) -> Result<(), Error> {
    let kind = match survivor {
        Some(_) => NotificationKind::PersonsMerged,
        None => NotificationKind::PersonSplit,
    };
    for person in [merged, surviving] {
        let told = Notification {
            kind,
            person,
            employer: None,
            subject: act.resource_name(),
            day: None,
            days_left: None,
            at,
            once: None,
        };
        notify::push(tx, &told).await?;
    }
    let news = News::PersonsLinked {
        person: merged,
        survivor,
        at,
    };
    for province in person_link::provinces(tx, [merged, surviving]).await? {
        downstream::append(tx, province, &news, at).await?;
    }
    Ok(())
}

/// Who stands for a merged person.
pub(super) async fn survivor(tx: &mut Tx, merged: PersonId) -> Result<PersonId, Error> {
    let standing = person_link::standing(tx, merged).await?;
    standing
        .survivor
        .ok_or_else(|| ruled(ACT_REFUSED, &PersonLinkRefused::NotMerged))
}

/// The survivor's entry with the documents that lead to it now.
async fn tell(
    deps: &Deps,
    tx: &mut Tx,
    scope: &Scope,
    surviving: PersonId,
    now: Timestamp,
) -> Result<Option<i64>, Error> {
    let Some(mut known) = registered(tx, &deps.sealing, surviving, scope).await? else {
        return Ok(None);
    };
    known.holder.other_documents = documents(tx, surviving, &known.key).await?;
    let saved = NewEntry {
        person: surviving,
        province: known.province,
        last_act: known.entry.last_act,
        entry: seal_json(&known.key, column::ENTRY, &known.entry),
        holder: seal_json(&known.key, column::HOLDER, &known.holder),
    };
    entry::save_all(tx, &[saved], now).await?;
    let (key, snapshot) = known.into_parts();
    let told = Change::Entry(Box::new(snapshot));
    Ok(Some(change::append(tx, &key, surviving, &told, now).await?))
}

/// Tells identity of links that it does not know yet; what fails is told with the next turn. Returns how many were told.
pub(crate) async fn tell_identity(deps: &Deps) -> Result<usize, Error> {
    let links = person_link::untold(&deps.read, 50).await?;
    for link in &links {
        deps.identity.link_persons(link.merged, link.surviving).await?;
        deps.database
            .run_tx("identity knows", async |tx: &mut Tx| {
                person_link::told(tx, link).await
            })
            .await?;
    }
    Ok(links.len())
}
