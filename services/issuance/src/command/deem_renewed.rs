//! Records that an undecided renewal counts as granted, as the province's clock says (行政许可法 art 50).

use domain::ids::RegisterActId;
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
use crate::event::{Failure, RenewalDeemed, Stop};
use crate::exchange::stream;
use crate::query::registered::{Registered, registered};
use crate::store::exchange::claim;
use crate::store::register::person;

/// The act, its certificate version and what `verification` is told, in the applier's transaction. Nobody decided, so the
/// authorities of the entry stay. A registration that an act of the nation has ended meanwhile stays ended.
pub(super) async fn deem_renewed(
    deps: &Deps,
    tx: &mut Tx,
    scope: &Scope,
    deemed: &RenewalDeemed,
    at: Timestamp,
    now: Timestamp,
) -> Result<(), Failure> {
    let (key, id) = (deemed.key, deemed.person);
    person::lock(tx, id).await?.ok_or(Stop::NOT_REGISTERED_HERE)?;
    let before = registered(tx, &deps.sealing, id, scope).await?;
    let before = before
        .filter(|before| before.province == key.province)
        .ok_or(Stop::NOT_REGISTERED_HERE)?;
    let (actor, subject) = (stream(key.province), key.to_string());
    let audit = |outcome, evidence| Record {
        at: now,
        actor: &actor,
        verb: "deem_renewed",
        article: "行政许可法 art 50",
        subject: &subject,
        outcome,
        evidence,
    };
    if before.entry.is_ended() {
        let ended = Outcome::Refused {
            reason: "REGISTRATION_ENDED",
        };
        claim::end(tx, key, false, Some("REGISTRATION_ENDED"), now).await?;
        return Ok(tx.audit(audit(ended, json!({}))).await?);
    }
    let act = RegisterAct::DeemRenewed {
        terms: deemed.terms.clone(),
    };
    decide(Some(&before.entry), &act, day_of(at)).map_err(|refusal| Stop::rule(&refusal))?;
    let record = ActRecord {
        id: RegisterActId::from_uuid(Uuid::new_v4()),
        person: id,
        at,
        act,
        decided_by: before.entry.decided_by,
        announced_by: before.entry.announced_by,
        announcement_number: None,
        application: Some(key.application),
    };
    let evidence = json!({ "act": record.id.to_string(), "terms": deemed.terms });
    let Registered {
        entry,
        holder,
        key: data_key,
        ..
    } = before;
    let acted = Acted::new(&data_key, record, Some(&entry), holder, key.province, now)?;
    acted.record(tx, Some(&entry)).await?;
    let current = acted.certify(deps, tx, key).await?;
    acted.tell_entry(tx, current.as_ref()).await?;
    claim::end(tx, key, true, None, now).await?;
    Ok(tx.audit(audit(Outcome::Done, evidence)).await?)
}
