//! 停用: by one officer, at once. What was not signed yet waits.

use domain::seal::SealAct;
use postgres::Tx;
use serde_json::json;
use tracing::instrument;

use crate::app::Deps;
use crate::error::Error;
use crate::management::{self, Call, Trace};

/// Suspends the seal.
#[instrument(name = "suspend_seal", skip_all)]
pub(crate) async fn suspend_seal(deps: &Deps, call: &Call, name: &str, ground: &str) -> Result<(), Error> {
    let outcome = suspend(deps, call, name, ground).await;
    management::refused(deps, call, "suspend_seal", name, outcome).await
}

async fn suspend(deps: &Deps, call: &Call, name: &str, ground: &str) -> Result<(), Error> {
    let act = SealAct::Suspend {
        ground: ground.to_owned(),
    };
    deps.database
        .run_tx("suspend seal", async |tx: &mut Tx| {
            let Some(claim) = management::begin(tx, call).await? else {
                return Ok(());
            };
            let record = management::locked(tx, name).await?;
            let trace = Trace {
                verb: "suspend_seal",
                event: "suspend",
                ground,
                evidence: json!({}),
            };
            management::moved(tx, call, record, &act, None, trace).await?;
            Ok::<_, Error>(management::end(tx, claim).await?)
        })
        .await
}
