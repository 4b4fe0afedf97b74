//! Records that an undecided renewal counts as granted, as the province's clock says (行政许可法 art 50).

use domain::register::{ActRecord, RegisterAct, decide};
use jiff::Timestamp;
use postgres::audit::{Outcome, Record};
use serde_json::json;
use service_runtime::clock::day_of;

use super::apply_act::Acted;
use super::working_set::WorkingSet;
use crate::deps::Deps;
use crate::event::{Failure, RenewalDeemed, Stop};
use crate::exchange::stream;
use crate::query::registered::Registered;
use crate::store::exchange::claim::End;

/// The act, its certificate version and what `verification` is told, in the applier's transaction. Nobody decided, so the
/// authorities of the entry stay. A registration that an act of the nation has ended meanwhile stays ended.
pub(super) fn deem_renewed(
    deps: &Deps,
    set: &mut WorkingSet,
    deemed: &RenewalDeemed,
    at: Timestamp,
) -> Result<(), Failure> {
    let (key, id, now) = (deemed.key, deemed.person, set.now());
    let before = set
        .registered(id)
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
        set.end_claim(key, End::Released("REGISTRATION_ENDED".to_owned()));
        set.audit(&audit(ended, json!({})));
        return Ok(());
    }
    let act = RegisterAct::DeemRenewed {
        terms: deemed.terms.clone(),
    };
    decide(Some(&before.entry), &act, day_of(at)).map_err(|refusal| Stop::rule(&refusal))?;
    let record = ActRecord {
        id: set.act_id(id, at),
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
    acted.record(set);
    let current = acted.certify(deps, set, key)?;
    acted.tell_entry(set, current.as_ref());
    set.end_claim(key, End::Used);
    set.audit(&audit(Outcome::Done, evidence));
    Ok(())
}
