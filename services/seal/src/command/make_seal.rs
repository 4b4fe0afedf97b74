//! 制作: by another officer than the one who asked for it.

use domain::seal::{SealAct, SealState};
use postgres::Tx;
use serde_json::json;
use tracing::instrument;

use crate::app::Deps;
use crate::drafting::{self, Brought};
use crate::error::{Error, SEAL_CONTENT_INVALID};
use crate::management::{self, Call, Trace};
use crate::store::{key, making, seal};

/// Makes the seal, or takes the one that was made elsewhere.
#[instrument(name = "make_seal", skip_all)]
pub(crate) async fn make_seal(deps: &Deps, call: &Call, name: &str, brought: &Brought) -> Result<(), Error> {
    let outcome = make(deps, call, name, brought).await;
    management::refused(deps, call, "make_seal", name, outcome).await
}

async fn make(deps: &Deps, call: &Call, name: &str, brought: &Brought) -> Result<(), Error> {
    deps.database
        .run_tx("make seal", async |tx: &mut Tx| {
            let Some(claim) = management::begin(tx, call).await? else {
                return Ok(());
            };
            let record = management::locked(tx, name).await?;
            let requester = match &record.state {
                SealState::Requested { requested } => requested.officer.clone(),
                _ => String::new(),
            };
            let generation = key::latest(tx, name).await?;
            let keys = key::of_generation(tx, name, generation).await?;
            let asked = record.request.clone().ok_or_else(unasked)?;
            if keys.is_empty() {
                let missing = SEAL_CONTENT_INVALID
                    .refusal()
                    .field("name", "has no keys yet: RotateKey makes them");
                return Err(missing.into());
            }
            // The maker's key is at hand and answers at once (decision 0019); no key of a module is asked inside.
            let (made, making) =
                drafting::draft(deps.maker.as_ref(), &record, &asked, brought, &keys, call.at)?;
            let content = making::Content {
                key_generation: generation,
                seal: made.der(),
                seal_chain: &making.seal_chain,
                pdf_chain: &making.pdf_chain,
            };
            making::keep(tx, name, &making.digest, &content, call.at).await?;
            seal::set_digest(tx, name, &making.digest).await?;
            let trace = Trace {
                verb: "make_seal",
                event: "make",
                ground: "",
                evidence: json!({ "seal_sm3": hex::encode(making.digest), "key_generation": generation,
                    "elsewhere": brought.seal.is_some() }),
            };
            management::moved(tx, call, record, &SealAct::Make, Some(&requester), trace).await?;
            Ok::<_, Error>(management::end(tx, claim).await?)
        })
        .await
}

fn unasked() -> Error {
    SEAL_CONTENT_INVALID
        .refusal()
        .field("name", "was imported, not asked for: the ceremony makes it anew")
        .into()
}
