//! A reconsideration or a judgment undid a cancellation, as the province tells: the registration stands again with its terms,
//! in a new certificate version. Both entries stay in the history.

use domain::reason::Reason as _;
use domain::register::{ActRecord, RegisterAct, decide};
use postgres::audit::{Outcome, Record};
use serde_json::json;
use service_runtime::clock::day_of;

use super::apply_act::Acted;
use super::working_set::WorkingSet;
use crate::deps::Deps;
use crate::event::{Failure, Reinstated, Stop};
use crate::exchange::stream;
use crate::query::registered::Registered;
use crate::store::exchange::downstream::News;

/// What cannot be reinstated is recorded and leaves the stream going: somebody who is registered elsewhere by now, or whom the
/// nation has revoked meanwhile. In the first case the province is told who holds it.
pub(super) fn reinstate(deps: &Deps, set: &mut WorkingSet, told: &Reinstated) -> Result<(), Failure> {
    let before = set.registered(told.person).ok_or(Stop::NOT_REGISTERED_HERE)?;
    let act = RegisterAct::Reinstate {
        document: told.document.clone(),
    };
    let elsewhere = before.province != told.key.province;
    let refused = if elsewhere {
        Some(Stop::NOT_REGISTERED_HERE.reason)
    } else {
        let decided = decide(Some(&before.entry), &act, day_of(told.at));
        let refused = decided.err().map(|refusal| refusal.reason());
        refused.or_else(|| set.against_beginning(told.person))
    };
    if let Some(reason) = refused {
        if elsewhere {
            let news = News::MovedAway {
                person: told.person,
                to: before.province,
            };
            set.news(told.key.province, news);
        }
        audit(set, told, Outcome::Refused { reason });
        return Ok(());
    }
    let record = ActRecord {
        id: set.act_id(told.person, told.at),
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
    let acted = Acted::new(
        &data_key,
        record,
        Some(&entry),
        holder,
        told.key.province,
        set.now(),
    )?;
    acted.record(set);
    let current = acted.certify(deps, set, told.key)?;
    acted.tell_entry(set, current.as_ref());
    audit(set, told, Outcome::Done);
    Ok(())
}

fn audit(set: &mut WorkingSet, told: &Reinstated, outcome: Outcome<'_>) {
    let (actor, subject) = (stream(told.key.province), told.key.to_string());
    let record = Record {
        at: set.now(),
        actor: &actor,
        verb: "reinstate",
        article: "行政复议法 art 63–64; 行政诉讼法 art 70",
        subject: &subject,
        outcome,
        evidence: json!({ "document": told.document }),
    };
    set.audit(&record);
}
