//! Claims a person for one open application nationwide (design §3).

use domain::application::ApplicationType;
use domain::ids::PersonId;
use jiff::Timestamp;
use postgres::Tx;
use postgres::audit::{Outcome, Record};
use serde_json::json;
use tracing::instrument;

use super::apply_act::moving;
use super::link_persons;
use super::working_set::{Wanted, WorkingSet};
use crate::counterfoil::{AskedFor, What, keep_papers};
use crate::deps::Deps;
use crate::error::{CLAIM_OF_ANOTHER, Error};
use crate::store::exchange::claim::{self, Key};

/// What a province asks for.
#[derive(Debug, Clone)]
pub(crate) struct Input {
    pub(crate) actor: String,
    pub(crate) key: Key,
    pub(crate) person: PersonId,
    pub(crate) kind: ApplicationType,
}

/// Whose the claim is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Claimed {
    /// This application's.
    Held,
    /// Another's, since then.
    Taken(Option<Timestamp>),
    /// Nobody's: the person is merged into another, who applies.
    MergedAway(&'static str),
}

/// Why a claim is not held, as the province is told.
pub(crate) const OTHER_APPLICATION_OPEN: &str = "OTHER_APPLICATION_OPEN";

fn record<'a>(input: &'a Input, subject: &'a str, at: Timestamp, outcome: Outcome<'a>) -> Record<'a> {
    Record {
        at,
        actor: &input.actor,
        verb: "claim_application",
        article: "design §3",
        subject,
        outcome,
        evidence: json!({ "person": input.person.to_string(), "type": input.kind.code() }),
    }
}

/// Claims in a transaction; why not, where somebody else has to apply.
pub(super) async fn claim(
    deps: &Deps,
    tx: &mut Tx,
    input: &Input,
    now: Timestamp,
) -> Result<Option<&'static str>, Error> {
    let subject = input.key.to_string();
    let record = |outcome| record(input, &subject, now, outcome);
    if let Some(known) = claim::lock(tx, input.key).await? {
        if known.person != input.person || known.kind != input.kind {
            return Err(CLAIM_OF_ANOTHER.into());
        }
        if known.open {
            return Ok(None);
        }
    }
    if let Some(reason) = link_persons::against_beginning(tx, input.person).await? {
        tx.audit(record(Outcome::Refused { reason })).await?;
        return Ok(Some(reason));
    }
    if !claim::open(tx, input.key, input.person, input.kind, now).await? {
        // The same question was faster: the holder's call and the job's retry come together.
        return Ok(None);
    }
    tx.audit(record(Outcome::Done)).await?;
    if input.kind == ApplicationType::Change {
        let wanted = Wanted::people([input.person]);
        let mut set = WorkingSet::read(deps, tx, wanted, now).await?;
        moving::begun(&mut set, input.key, input.person)?;
        set.write(deps, tx).await?;
    }
    Ok(None)
}

/// Idempotent on the application: what is held stays held, what was released is claimed anew.
#[instrument(name = "claim_application", skip_all, fields(application = %input.key))]
pub(crate) async fn claim_application(deps: &Deps, input: Input) -> Result<Claimed, Error> {
    let now = deps.now();
    let subject = input.key.to_string();
    let claimed = deps
        .database
        .run_tx("claim application", async |tx: &mut Tx| {
            claim(deps, tx, &input, now).await
        })
        .await;
    if matches!(claimed, Ok(None)) {
        let asked = AskedFor {
            person: input.person,
            province: input.key.province,
            application: input.key.application,
            at: now,
            what: What::Claim {
                actor: input.actor.clone(),
                kind: input.kind,
            },
        };
        keep_papers(&deps.objects, now, &[asked]).await?;
    }
    let taken =
        matches!(&claimed, Err(Error::Database(error)) if error.constraint() == Some("claim_one_open"));
    if !taken {
        deps.bells.changes.notify_one();
        deps.bells.downstream.notify_waiters();
        return claimed.map(|refused| refused.map_or(Claimed::Held, Claimed::MergedAway));
    }
    deps.database
        .record_refusal(record(
            &input,
            &subject,
            now,
            Outcome::Refused {
                reason: OTHER_APPLICATION_OPEN,
            },
        ))
        .await?;
    let since = deps
        .read
        .snapshot("look at claim", async |tx: &mut Tx| {
            claim::open_since(tx, input.person).await
        })
        .await?;
    Ok(Claimed::Taken(since))
}
