//! A reconsideration or a judgment undid a cancellation, as the province tells: the registration stands again with its terms,
//! in a new certificate version. Both entries stay in the history.

use domain::ids::RegisterActId;
use domain::reason::Reason as _;
use domain::register::{ActRecord, RegisterAct, decide};
use jiff::Timestamp;
use postgres::Tx;
use postgres::audit::{Outcome, Record};
use serde_json::json;
use service_runtime::Scope;
use service_runtime::clock::day_of;
use uuid::Uuid;

use super::apply_act::Acted;
use crate::deps::Deps;
use crate::event::{Failure, Reinstated, Stop};
use crate::exchange::stream;
use crate::query::registered::{Registered, registered};
use crate::store::exchange::downstream::{self, News};
use crate::store::register::person;

/// What cannot be reinstated is recorded and leaves the stream going: somebody who is registered elsewhere by now, or whom the
/// nation has revoked meanwhile. In the first case the province is told who holds it.
pub(super) async fn reinstate(
    deps: &Deps,
    tx: &mut Tx,
    scope: &Scope,
    told: &Reinstated,
    now: Timestamp,
) -> Result<(), Failure> {
    person::lock(tx, told.person)
        .await?
        .ok_or(Stop::NOT_REGISTERED_HERE)?;
    let before = registered(tx, &deps.sealing, told.person, scope).await?;
    let before = before.ok_or(Stop::NOT_REGISTERED_HERE)?;
    let act = RegisterAct::Reinstate {
        document: told.document.clone(),
    };
    let elsewhere = before.province != told.key.province;
    let refused = if elsewhere {
        Some(Stop::NOT_REGISTERED_HERE.reason)
    } else {
        let decided = decide(Some(&before.entry), &act, day_of(told.at));
        decided.err().map(|refusal| refusal.reason())
    };
    if let Some(reason) = refused {
        if elsewhere {
            let news = News::MovedAway {
                person: told.person,
                to: before.province,
            };
            downstream::append(tx, told.key.province, &news, now).await?;
        }
        return audit(tx, told, Outcome::Refused { reason }, now).await;
    }
    let record = ActRecord {
        id: RegisterActId::from_uuid(Uuid::new_v4()),
        person: told.person,
        at: told.at,
        act,
        decided_by: told.decided_by,
        announced_by: told.announced_by,
        announcement_number: None,
        application: Some(told.key.application),
    };
    let Registered {
        entry,
        holder,
        key: data_key,
        ..
    } = before;
    let acted = Acted::new(&data_key, record, Some(&entry), holder, told.key.province, now)?;
    acted.record(tx, Some(&entry)).await?;
    let current = acted.certify(deps, tx, told.key).await?;
    acted.tell_entry(tx, current.as_ref()).await?;
    audit(tx, told, Outcome::Done, now).await
}

async fn audit(tx: &mut Tx, told: &Reinstated, outcome: Outcome<'_>, now: Timestamp) -> Result<(), Failure> {
    let (actor, subject) = (stream(told.key.province), told.key.to_string());
    let record = Record {
        at: now,
        actor: &actor,
        verb: "reinstate",
        article: "行政复议法 art 63–64; 行政诉讼法 art 70",
        subject: &subject,
        outcome,
        evidence: json!({ "document": told.document }),
    };
    Ok(tx.audit(record).await?)
}
