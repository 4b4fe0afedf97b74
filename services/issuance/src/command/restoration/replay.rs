//! Second step: provinces tell again what was lost, and what they asked for besides is done again in between, at the register time of
//! the first time.

use std::collections::BTreeSet;

use domain::restoration::RestorationStep;
use jiff::Timestamp;
use postgres::Tx;
use uuid::Uuid;

use super::advance;
use crate::command::claim_application::{self, claim};
use crate::command::release_claim::{self, release};
use crate::counterfoil::{AskedFor, What};
use crate::deps::Deps;
use crate::error::Error;
use crate::event::Event;
use crate::store::exchange::claim as claims;
use crate::store::restoration::{Restoration, paper, target, told};

/// Does again what was asked for about somebody before an event, and returns the register time at which the event was first applied.
pub(crate) async fn replay_until(
    deps: &Deps,
    tx: &mut Tx,
    event: &Event,
    now: Timestamp,
) -> Result<Timestamp, Error> {
    let (person, application) = event.about();
    let person = match (person, application) {
        (Some(person), _) => Some(person.as_uuid()),
        (None, Some(application)) => paper::person_of(tx, application).await?,
        (None, None) => None,
    };
    let Some(person) = person else { return Ok(now) };
    loop {
        let first = told::applied_at(tx, person, event.occurred_at).await?;
        let until = first.unwrap_or(event.occurred_at);
        // What was told first may be told again by a paper, as that a move begins; the event's own comes after it.
        if !papers(deps, tx, person, until).await? {
            return Ok(until);
        }
    }
}

/// Applies papers of somebody up to an instant, in their order, as far as what comes before them has been told again.
async fn papers(deps: &Deps, tx: &mut Tx, person: Uuid, until: Timestamp) -> Result<bool, Error> {
    let mut applied = false;
    for waiting in paper::waiting(tx, &[person], until).await? {
        let asked: AskedFor = serde_json::from_value(waiting.content).map_err(Error::internal)?;
        if !again(deps, tx, &asked).await? {
            return Ok(applied);
        }
        paper::applied(tx, &waiting.name).await?;
        applied = true;
    }
    Ok(applied)
}

/// False where it has to wait: another claim or clearance of the person still stands. What the database knows since later stays.
async fn again(deps: &Deps, tx: &mut Tx, asked: &AskedFor) -> Result<bool, Error> {
    let known = claims::lock(tx, asked.key()).await?;
    let later = known.as_ref().is_some_and(|claim| claim.since > asked.at);
    match &asked.what {
        What::Claim { .. } | What::Release { .. } if later => {}
        What::Claim { actor, kind } => {
            let held = known.is_some_and(|claim| claim.open);
            let other = claims::open_since(tx, asked.person).await?.is_some();
            if kind.needs_claim() && other && !held {
                return Ok(false);
            }
            let input = claim_application::Input {
                actor: actor.clone(),
                key: asked.key(),
                person: asked.person,
                kind: *kind,
            };
            claim(deps, tx, &input, asked.at).await?;
        }
        What::Release { actor, reason } => {
            let input = release_claim::Input {
                actor: actor.clone(),
                key: asked.key(),
                reason: reason.clone(),
            };
            release(deps, tx, &input, asked.at).await?;
        }
        What::Clear { rows } => return Ok(paper::clear_again(tx, rows).await?),
        What::Migrate { rows } => paper::migrate_again(tx, rows).await?,
    }
    Ok(true)
}

/// Once every province has told everything again, the papers that no event followed are applied too.
///
/// # Errors
/// The database's: it is tried again.
pub(crate) async fn finish(deps: &Deps, one: &Restoration) -> Result<bool, Error> {
    let read = async |tx: &mut Tx| target::missing(tx).await;
    if !deps.read.snapshot("look at provinces", read).await?.is_empty() {
        return Ok(false);
    }
    let mut stuck: BTreeSet<Uuid> = BTreeSet::new();
    loop {
        let (person, applied) = deps
            .database
            .run_tx("apply papers", async |tx: &mut Tx| {
                let skipped: Vec<Uuid> = stuck.iter().copied().collect();
                let Some(person) = paper::anybody(tx, &skipped).await? else {
                    return Ok::<_, Error>((None, false));
                };
                Ok((Some(person), papers(deps, tx, person, Timestamp::MAX).await?))
            })
            .await?;
        match (person, applied) {
            (None, _) => break,
            (Some(_), true) => {}
            (Some(person), false) => {
                stuck.insert(person);
            }
        }
    }
    deps.database
        .run_tx("end replay", async |tx: &mut Tx| {
            advance(
                deps,
                tx,
                one.id,
                (RestorationStep::Replay, RestorationStep::Rebuild),
            )
            .await
        })
        .await?;
    Ok(true)
}
