//! The second pair of eyes: confirms or declines proposed facts, each by itself.

use domain::authority::{Authority, Officer};
use domain::fact::{Fact, FactRefused, FactState, Subject};
use domain::ids::{FactId, PersonId};
use domain::notification::{Addressee, NotificationKind, Particulars};
use domain::reason::{BilingualText, Reason as _};
use jiff::Timestamp;
use postgres::Tx;
use postgres::audit::{Outcome as AuditOutcome, Record as AuditRecord};
use serde_json::json;
use tracing::instrument;
use uuid::Uuid;

use super::notify::{self, Notification};
use super::{Begin, Call, finish};
use crate::deps::Deps;
use crate::error::{BATCH_INVALID, Error};
use crate::recorded::{self, Known};
use crate::store::fact;

/// Most facts of one call.
const FACTS: usize = 200;

/// What became of one.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) fact: FactId,
    pub(crate) state: FactState,
    /// Why it stays as it is.
    pub(crate) refused: Option<(&'static str, BilingualText)>,
}

/// Idempotent on the request; a repetition tells where the facts stand. One refusal holds up none of the others.
#[instrument(name = "confirm_facts", skip_all, fields(count = ids.len(), confirmed))]
pub(crate) async fn confirm_facts(
    deps: &Deps,
    call: &Call,
    ids: &[Uuid],
    confirmed: bool,
    grounds: &str,
) -> Result<Vec<Outcome>, Error> {
    let result = confirm(deps, call, ids, confirmed, grounds).await;
    call.audited(deps, &format!("provinces/{}/facts/-", deps.province), result)
        .await
}

async fn confirm(
    deps: &Deps,
    call: &Call,
    ids: &[Uuid],
    confirmed: bool,
    grounds: &str,
) -> Result<Vec<Outcome>, Error> {
    let mut distinct = ids.to_vec();
    distinct.sort_unstable();
    distinct.dedup();
    if ids.is_empty() || ids.len() > FACTS || distinct.len() != ids.len() {
        return Err(BATCH_INVALID.into());
    }
    let officer = call.officer(Authority::Province(deps.province))?;
    let within = call.within(deps);
    let (within, distinct) = (&within, &distinct);
    deps.database
        .run_tx("confirm_facts", async |tx: &mut Tx| {
            let begun = call.begin(tx).await?;
            let found = fact::lock(tx, within, distinct).await?;
            if found.len() != distinct.len() {
                return Err(Error::not_found());
            }
            let mut outcomes = Vec::new();
            let Begin::First(claim) = begun else {
                outcomes.extend(found.into_iter().map(|stored| Outcome {
                    fact: stored.id,
                    state: stored.state,
                    refused: None,
                }));
                return Ok(outcomes);
            };
            for stored in found {
                let known = recorded::open(deps, tx, within, stored).await?;
                let moved = if confirmed {
                    known.fact.clone().confirm(officer, call.at)
                } else {
                    known.fact.clone().decline(officer, grounds, call.at)
                };
                outcomes.push(settle(deps, tx, call, &known, moved, officer).await?);
            }
            finish(tx, claim, call.request).await?;
            Ok::<_, Error>(outcomes)
        })
        .await
}

/// Stores the move, and with a confirmed correction the move of what it corrects; or notes why there is none.
async fn settle(
    deps: &Deps,
    tx: &mut Tx,
    call: &Call,
    known: &Known,
    moved: Result<Fact, FactRefused>,
    officer: Officer,
) -> Result<Outcome, Error> {
    let within = call.within(deps);
    let moved = match moved {
        Ok(moved) => match known
            .fact
            .corrects
            .filter(|_| moved.state().confirmation().is_some())
        {
            None => Ok(moved),
            Some(corrected) => {
                let row = fact::lock(tx, &within, &[corrected.as_uuid()]).await?.pop();
                let row = row.ok_or_else(|| Error::internal("a corrected fact is not on record"))?;
                let before = recorded::open(deps, tx, &within, row).await?.fact;
                match before.correct(&moved, call.at) {
                    Ok(after) => {
                        fact::advance(tx, after.id, after.state()).await?;
                        Ok(moved)
                    }
                    Err(refused) => Err(refused),
                }
            }
        },
        Err(refused) => Err(refused),
    };
    let (subject, article) = (deps.fact_name(known.fact.id), known.fact.article());
    let (outcome, audit) = match &moved {
        Ok(moved) => {
            fact::advance(tx, moved.id, moved.state()).await?;
            if moved.state().confirmation().is_some()
                && let Subject::Person(person) = moved.subject
            {
                tell(deps, tx, person, &subject, call.at).await?;
            }
            let outcome = Outcome {
                fact: moved.id,
                state: moved.state().clone(),
                refused: None,
            };
            (outcome, AuditOutcome::Done)
        }
        Err(refused) => {
            let outcome = Outcome {
                fact: known.fact.id,
                state: known.fact.state().clone(),
                refused: Some((refused.reason(), refused.text())),
            };
            let reason = refused.reason();
            (outcome, AuditOutcome::Refused { reason })
        }
    };
    let article = moved
        .as_ref()
        .map_or_else(|refused| refused.article(), |_| article);
    tx.audit(AuditRecord {
        at: call.at,
        actor: &call.caller,
        verb: call.verb,
        article,
        subject: &subject,
        outcome: audit,
        evidence: json!({
            "state": outcome.state.code(), "by": officer, "sm3": hex::encode(&known.evidence.digest),
            "corrects": known.fact.corrects.map(|id| deps.fact_name(id)),
        }),
    })
    .await?;
    Ok(outcome)
}

/// Tells the person that a fact about them counts from now on; not what it says.
async fn tell(deps: &Deps, tx: &mut Tx, person: PersonId, fact: &str, at: Timestamp) -> Result<(), Error> {
    let told = Notification {
        kind: NotificationKind::FactsChanged,
        to: vec![Addressee::Person(person)],
        person: Some(person),
        subject: fact.to_owned(),
        particulars: Particulars::default(),
        at,
        once: None,
    };
    notify::push(deps, tx, &told).await?;
    Ok(())
}
