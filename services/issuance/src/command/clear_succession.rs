//! Clears a succession of an employer before a province announces it: who the employers are, as identity says.

use domain::ids::{EmployerId, SuccessionId};
use domain::province::Province;
use domain::register::RegisteredEmployer;
use jiff::Timestamp;
use postgres::Tx;
use postgres::audit::{Outcome, Record};
use serde_json::json;
use tracing::instrument;

use crate::counterfoil::keep_succession;
use crate::deps::Deps;
use crate::error::Error;
use crate::store::exchange::succession::{self, Succession};

/// What a province asks for.
#[derive(Debug, Clone)]
pub(crate) struct Input {
    pub(crate) actor: String,
    pub(crate) province: Province,
    pub(crate) succession: SuccessionId,
    pub(crate) employer: EmployerId,
    /// Every employer that takes somebody, each once.
    pub(crate) successors: Vec<EmployerId>,
}

/// Stable reasons, as the province is told.
const EMPLOYER_UNKNOWN: &str = "EMPLOYER_UNKNOWN";
const EMPLOYER_OUTSIDE_PROVINCE: &str = "EMPLOYER_OUTSIDE_PROVINCE";
const CLEARED_DIFFERENTLY: &str = "CLEARED_DIFFERENTLY";

/// Idempotent on the succession: the employers as cleared first stay, or why it is not cleared.
///
/// # Errors
/// Identity or the database cannot be asked; no answer is then given.
#[instrument(name = "clear_succession", skip_all, fields(province = %input.province, succession = %input.succession))]
pub(crate) async fn clear_succession(
    deps: &Deps,
    input: &Input,
) -> Result<Result<Vec<RegisteredEmployer>, &'static str>, Error> {
    let now = deps.now();
    let subject = format!("provinces/{}/successions/{}", input.province, input.succession);
    let record = |outcome| Record {
        at: now,
        actor: &input.actor,
        verb: "clear_succession",
        article: "153号 art 13; design §3",
        subject: &subject,
        outcome,
        evidence: json!({ "employer": input.employer.to_string() }),
    };
    let cleared = match ask(deps, input).await? {
        Ok(asked) => {
            deps.database
                .run_tx("clear succession", async |tx: &mut Tx| {
                    if succession::insert(tx, &asked, now).await? {
                        tx.audit(record(Outcome::Done)).await?;
                    }
                    let kept = succession::find(tx, input.province, input.succession).await?;
                    Ok::<_, Error>(
                        kept.filter(|kept| agrees(kept, input))
                            .map(|kept| kept.successors)
                            .ok_or(CLEARED_DIFFERENTLY),
                    )
                })
                .await?
        }
        Err(reason) => Err(reason),
    };
    if cleared.is_ok() {
        keep(deps, input, now).await?;
    }
    if let Err(reason) = cleared {
        deps.database
            .record_refusal(record(Outcome::Refused { reason }))
            .await?;
    }
    Ok(cleared)
}

/// Keeps it outside the database, before the province is answered: its events rest on it.
async fn keep(deps: &Deps, input: &Input, now: Timestamp) -> Result<(), Error> {
    let row = deps
        .database
        .run_tx("copy succession", async |tx: &mut Tx| {
            succession::row(tx, input.province, input.succession).await
        })
        .await?;
    let row = row.ok_or_else(|| Error::internal("a cleared succession is gone"))?;
    keep_succession(&deps.objects, &row, now).await
}

/// Identity is asked before the transaction: no call is made while rows are locked.
async fn ask(deps: &Deps, input: &Input) -> Result<Result<Succession, &'static str>, Error> {
    let mut successors = Vec::with_capacity(input.successors.len());
    for successor in &input.successors {
        let Some(known) = deps.identity.employer(*successor).await? else {
            return Ok(Err(EMPLOYER_UNKNOWN));
        };
        if known.province != input.province {
            return Ok(Err(EMPLOYER_OUTSIDE_PROVINCE));
        }
        successors.push(known);
    }
    Ok(Ok(Succession {
        province: input.province,
        id: input.succession,
        employer: input.employer,
        successors,
    }))
}

fn agrees(kept: &Succession, input: &Input) -> bool {
    let named = |id: &EmployerId| kept.successors.iter().any(|known| known.id == *id);
    kept.employer == input.employer
        && kept.successors.len() == input.successors.len()
        && input.successors.iter().all(named)
}
