//! 恢复使用: by two officers.

use domain::seal::SealAct;
use postgres::Tx;
use serde_json::json;
use tracing::instrument;

use crate::app::Deps;
use crate::error::Error;
use crate::management::{self, Call, Trace};

/// Proposes, or as the second officer does it.
#[instrument(name = "resume_seal", skip_all)]
pub(crate) async fn resume_seal(
    deps: &Deps,
    call: &Call,
    name: &str,
    ground: &str,
    content: [u8; 32],
) -> Result<(), Error> {
    let outcome = resume(deps, call, name, ground, content).await;
    management::refused(deps, call, "resume_seal", name, outcome).await
}

async fn resume(deps: &Deps, call: &Call, name: &str, ground: &str, content: [u8; 32]) -> Result<(), Error> {
    deps.database
        .run_tx("resume seal", async |tx: &mut Tx| {
            let Some(claim) = management::begin(tx, call).await? else {
                return Ok(());
            };
            let record = management::locked(tx, name).await?;
            let trace = Trace {
                verb: "resume_seal",
                event: "resume",
                ground,
                evidence: json!({}),
            };
            let first = management::agreed(tx, call, &record, &SealAct::Resume, content, &trace).await?;
            if let Some(first) = first {
                management::moved(tx, call, record, &SealAct::Resume, Some(&first), trace).await?;
            }
            Ok::<_, Error>(management::end(tx, claim).await?)
        })
        .await
}
