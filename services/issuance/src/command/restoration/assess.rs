//! Finds out whether the database was restored to an earlier point, and closes the nation.

use domain::province::Province;
use postgres::Tx;
use postgres::audit::{Outcome, Record};
use serde_json::json;
use uuid::Uuid;

use super::{ARTICLE, name};
use crate::counterfoil;
use crate::deps::Deps;
use crate::error::Error;
use crate::store::restoration::{self, target};

/// By what it is noticed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cause {
    /// Counterfoils of positions that the database does not have.
    CounterfoilsBeyond,
    /// A province holds a receipt for what is not applied: it tells again as far as that.
    ReceiptBeyond { province: Province, through: u64 },
    /// A witness remembers a checkpoint of a larger log.
    WitnessBeyond,
    /// An operator says so.
    Declared,
}

impl Cause {
    const fn code(self) -> &'static str {
        match self {
            Self::CounterfoilsBeyond => "COUNTERFOILS_BEYOND",
            Self::ReceiptBeyond { .. } => "RECEIPT_BEYOND",
            Self::WitnessBeyond => "WITNESS_BEYOND",
            Self::Declared => "DECLARED",
        }
    }
}

/// Before anything is served: follows a restoration under way, or begins one where the object store knows more than the database.
///
/// # Errors
/// One of the two stores cannot be read: nothing is served then.
pub(crate) async fn assess(deps: &Deps) -> Result<(), Error> {
    let step = restoration::step(&deps.read).await?;
    deps.gate.follow(step);
    if step.is_some() {
        return Ok(());
    }
    let read = async |tx: &mut Tx| restoration::standing(tx).await;
    let (position, _) = deps.read.snapshot("look at the log", read).await?;
    if counterfoil::reaches(&deps.objects).await? > position {
        close(deps, Cause::CounterfoilsBeyond, "jobs/restore_nation").await?;
    }
    Ok(())
}

/// Closes the nation, with a record; it is told once. While it is closed a receipt says only how far its province has told.
///
/// # Errors
/// The database's.
pub(crate) async fn close(deps: &Deps, cause: Cause, by: &str) -> Result<(), Error> {
    let (id, now) = (Uuid::now_v7(), deps.now());
    let begun = deps
        .database
        .run_tx("close nation", async |tx: &mut Tx| {
            let begun = restoration::begin(tx, id, (cause.code(), by), now).await?;
            if let Cause::ReceiptBeyond { province, through } = cause {
                target::told(tx, province, through).await?;
            }
            if !begun {
                return Ok(false);
            }
            let (position, size) = restoration::standing(tx).await?;
            let subject = name(id);
            tx.audit(Record {
                at: now,
                actor: by,
                verb: "close_nation",
                article: ARTICLE,
                subject: &subject,
                outcome: Outcome::Done,
                evidence: json!({ "cause": cause.code(), "position": position, "size": size }),
            })
            .await?;
            Ok::<_, Error>(true)
        })
        .await?;
    if begun {
        tracing::error!(
            alarm = true,
            cause = cause.code(),
            "the register was restored to an earlier point: the nation is closed until it agrees with what others hold"
        );
    }
    deps.gate.follow(restoration::step(&deps.read).await?);
    Ok(())
}
