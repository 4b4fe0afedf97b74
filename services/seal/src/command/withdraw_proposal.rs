//! Takes back what waits for a second officer: by either.

use domain::seal::SealRefused;
use postgres::Tx;
use serde_json::json;
use tracing::instrument;

use crate::app::Deps;
use crate::error::Error;
use crate::management::{self, Call};
use crate::store::proposal;

/// Takes it back.
#[instrument(name = "withdraw_proposal", skip_all)]
pub(crate) async fn withdraw_proposal(deps: &Deps, call: &Call, name: &str) -> Result<(), Error> {
    let outcome = withdraw(deps, call, name).await;
    management::refused(deps, call, "withdraw_proposal", name, outcome).await
}

async fn withdraw(deps: &Deps, call: &Call, name: &str) -> Result<(), Error> {
    deps.database
        .run_tx("withdraw proposal", async |tx: &mut Tx| {
            let Some(claim) = management::begin(tx, call).await? else {
                return Ok(());
            };
            management::locked(tx, name).await?;
            let (waiting, _) = proposal::find(tx, name)
                .await?
                .ok_or(SealRefused::NothingProposed)?;
            proposal::remove(tx, name).await?;
            let evidence = json!({ "withdrawn": waiting.act, "proposed_by": waiting.first.officer });
            management::audit(
                tx,
                call,
                "withdraw_proposal",
                "国办发〔2025〕33号",
                name,
                evidence,
            )
            .await?;
            Ok::<_, Error>(management::end(tx, claim).await?)
        })
        .await
}
