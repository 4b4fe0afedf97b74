//! Claims a person for one open application nationwide (design §3).

use domain::application::ApplicationType;
use domain::ids::PersonId;
use jiff::Timestamp;
use postgres::Tx;
use postgres::audit::{Outcome, Record};
use serde_json::json;
use tracing::instrument;

use super::apply_act::moving;
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
}

/// Why a claim is not held, as the province is told.
pub(crate) const OTHER_APPLICATION_OPEN: &str = "OTHER_APPLICATION_OPEN";

/// Idempotent on the application: what is held stays held, what was released is claimed anew.
#[instrument(name = "claim_application", skip_all, fields(application = %input.key))]
pub(crate) async fn claim_application(deps: &Deps, input: Input) -> Result<Claimed, Error> {
    let now = deps.now();
    let subject = input.key.to_string();
    let record = |outcome| Record {
        at: now,
        actor: &input.actor,
        verb: "claim_application",
        article: "design §3",
        subject: &subject,
        outcome,
        evidence: json!({ "person": input.person.to_string(), "type": input.kind.code() }),
    };
    let claimed = deps
        .database
        .run_tx("claim application", async |tx: &mut Tx| {
            if let Some(known) = claim::lock(tx, input.key).await? {
                if known.person != input.person || known.kind != input.kind {
                    return Err(CLAIM_OF_ANOTHER.into());
                }
                if known.open {
                    return Ok(());
                }
            }
            claim::open(tx, input.key, input.person, input.kind, now).await?;
            tx.audit(record(Outcome::Done)).await?;
            if input.kind == ApplicationType::Change {
                moving::begun(deps, tx, input.key, input.person, now).await?;
            }
            Ok(())
        })
        .await;
    let taken =
        matches!(&claimed, Err(Error::Database(error)) if error.constraint() == Some("claim_one_open"));
    if !taken {
        deps.bells.changes.notify_one();
        deps.bells.downstream.notify_waiters();
        return claimed.map(|()| Claimed::Held);
    }
    deps.database
        .record_refusal(record(Outcome::Refused {
            reason: OTHER_APPLICATION_OPEN,
        }))
        .await?;
    let since = deps
        .read
        .snapshot("look at claim", async |tx: &mut Tx| {
            claim::open_since(tx, input.person).await
        })
        .await?;
    Ok(Claimed::Taken(since))
}
