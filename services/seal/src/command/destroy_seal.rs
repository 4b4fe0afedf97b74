//! 注销: by two officers. The keys are destroyed; seal, certificates and journal stay.

use domain::seal::SealAct;
use postgres::Tx;
use serde_json::json;
use tracing::instrument;

use crate::app::Deps;
use crate::error::Error;
use crate::management::{self, Call, Trace};
use crate::store::key;

/// Proposes, or as the second officer does it.
#[instrument(name = "destroy_seal", skip_all)]
pub(crate) async fn destroy_seal(
    deps: &Deps,
    call: &Call,
    name: &str,
    ground: &str,
    content: [u8; 32],
) -> Result<(), Error> {
    let outcome = destroy(deps, call, name, ground, content).await;
    management::refused(deps, call, "destroy_seal", name, outcome).await?;
    management::destroy_keys(deps).await?;
    Ok(())
}

async fn destroy(deps: &Deps, call: &Call, name: &str, ground: &str, content: [u8; 32]) -> Result<(), Error> {
    let act = SealAct::Destroy {
        ground: ground.to_owned(),
    };
    deps.database
        .run_tx("destroy seal", async |tx: &mut Tx| {
            let Some(claim) = management::begin(tx, call).await? else {
                return Ok(());
            };
            let record = management::locked(tx, name).await?;
            let trace = Trace {
                verb: "destroy_seal",
                event: "destroy",
                ground,
                evidence: json!({}),
            };
            if let Some(first) = management::agreed(tx, call, &record, &act, content, &trace).await? {
                key::end(tx, name, None).await?;
                management::moved(tx, call, record, &act, Some(&first), trace).await?;
            }
            Ok::<_, Error>(management::end(tx, claim).await?)
        })
        .await
}
