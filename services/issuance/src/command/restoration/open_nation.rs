//! Two officers of the ministry open the nation although something was found.

use domain::authority::Officer;
use domain::restoration::{Finding, OpeningRefused, WordRefused, word_to_open};
use postgres::Tx;
use postgres::requests::Begun;
use serde_json::json;
use tracing::instrument;
use uuid::Uuid;

use super::{ARTICLE, compare, follow, name};
use crate::command::write::{Write, keep_id, kept_id};
use crate::deps::Deps;
use crate::error::{ACT_REFUSED, Error, ruled};
use crate::query::get_restoration::MOST_FINDINGS;
use crate::store::restoration::{self as store, finding};

/// An officer's word.
pub(crate) struct Input {
    pub(crate) write: Write,
    pub(crate) officer: Officer,
    pub(crate) restoration: Uuid,
    pub(crate) grounds: String,
}

/// Idempotent on the request. The first word is kept, the second opens.
///
/// # Errors
/// Why the word does not count, or the database's.
#[instrument(name = "open_nation", skip_all)]
pub(crate) async fn open_nation(deps: &Deps, input: &Input) -> Result<(), Error> {
    let subject = name(input.restoration);
    let said = deps
        .database
        .run_tx("open nation", async |tx: &mut Tx| say(deps, tx, input).await)
        .await;
    input.write.recorded(&deps.database, &subject, said).await?;
    follow(deps).await
}

async fn say(deps: &Deps, tx: &mut Tx, input: &Input) -> Result<(), Error> {
    let claim = match tx.begin_request(&input.write.request()).await? {
        Begun::Replay(kept) => return kept_id(kept).map(drop),
        Begun::First(claim) => claim,
    };
    let none = || ruled(ACT_REFUSED, &OpeningRefused::NotClosed);
    let one = store::lock_latest(tx).await?.ok_or_else(none)?;
    if one.id != input.restoration {
        return Err(none());
    }
    let findings = finding::all(tx, one.id, MOST_FINDINGS).await?;
    let found: Vec<Finding> = findings.iter().map(|(finding, _)| *finding).collect();
    let first = one.first_officer.map(Into::into);
    let second = word_to_open(one.step, &found, &input.officer, first, &input.grounds);
    let second = second.map_err(|refused| match refused {
        WordRefused::Opening(refused) => ruled(ACT_REFUSED, &refused),
        WordRefused::FourEyes(refused) => ruled(ACT_REFUSED, &refused),
    })?;
    if second {
        compare::open(deps, tx, one.id, Some(input.officer.id.as_uuid())).await?;
    } else {
        store::first_word(tx, one.id, input.officer.id.as_uuid(), &input.grounds).await?;
    }
    let named: Vec<String> = findings
        .iter()
        .map(|(finding, subject)| format!("{} {subject}", finding.code()))
        .collect();
    let evidence = json!({ "opens": second, "grounds": input.grounds, "findings": named });
    input.write.done(tx, &name(one.id), ARTICLE, evidence).await?;
    Ok(tx.finish_request(claim, &keep_id(one.id)).await?)
}
