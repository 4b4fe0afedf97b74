//! 备案: the seal is filed, and may be used from here on.

use domain::seal::{Filing, SealAct};
use postgres::Tx;
use serde_json::json;
use tracing::instrument;

use crate::app::Deps;
use crate::error::{Error, SEAL_CONTENT_INVALID};
use crate::management::{self, Call, Trace};

/// Records the filing.
#[instrument(name = "file_seal", skip_all)]
pub(crate) async fn file_seal(deps: &Deps, call: &Call, name: &str, filing: Filing) -> Result<(), Error> {
    let outcome = file(deps, call, name, filing).await;
    management::refused(deps, call, "file_seal", name, outcome).await
}

async fn file(deps: &Deps, call: &Call, name: &str, filing: Filing) -> Result<(), Error> {
    if filing.number.trim().is_empty() || filing.authority.trim().is_empty() {
        return Err(SEAL_CONTENT_INVALID
            .refusal()
            .field("filing", "needs number and authority")
            .into());
    }
    deps.database
        .run_tx("file seal", async |tx: &mut Tx| {
            let Some(claim) = management::begin(tx, call).await? else {
                return Ok(());
            };
            let record = management::locked(tx, name).await?;
            let trace = Trace {
                verb: "file_seal",
                event: "file",
                ground: "",
                evidence: json!({ "number": filing.number, "authority": filing.authority, "on": filing.on.to_string() }),
            };
            management::moved(tx, call, record, &SealAct::File(filing.clone()), None, trace).await?;
            Ok::<_, Error>(management::end(tx, claim).await?)
        })
        .await
}
