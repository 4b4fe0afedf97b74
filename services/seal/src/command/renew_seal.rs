//! 换发: the seal is made anew with other certificates, by two officers. Earlier makings stay for verification, and finish
//! what carries them unless their keys are destroyed with it.

use domain::seal::SealAct;
use postgres::Tx;
use serde_json::json;
use tracing::instrument;

use crate::app::Deps;
use crate::drafting::{self, Brought};
use crate::error::Error;
use crate::management::{self, Call, Trace};
use crate::query::seals;
use crate::store::seal::Asked;
use crate::store::{key, making, seal};

/// What a renewal is, besides its certificates.
pub(crate) struct Renewal<'a> {
    pub brought: Brought,
    pub ground: &'a str,
    pub destroy_former_keys: bool,
    /// SHA-256 of all of it.
    pub content: [u8; 32],
}

/// Proposes, or as the second officer does it.
#[instrument(name = "renew_seal", skip_all)]
pub(crate) async fn renew_seal(
    deps: &Deps,
    call: &Call,
    name: &str,
    renewal: &Renewal<'_>,
) -> Result<(), Error> {
    let outcome = renew(deps, call, name, renewal).await;
    management::refused(deps, call, "renew_seal", name, outcome).await?;
    management::destroy_keys(deps).await?;
    Ok(())
}

async fn renew(deps: &Deps, call: &Call, name: &str, renewal: &Renewal<'_>) -> Result<(), Error> {
    let asked = as_it_is(deps, name).await?;
    deps.database
        .run_tx("renew seal", async |tx: &mut Tx| {
            let Some(claim) = management::begin(tx, call).await? else {
                return Ok(());
            };
            let record = management::locked(tx, name).await?;
            let generation = key::latest(tx, name).await?;
            let keys = key::of_generation(tx, name, generation).await?;
            let (brought, maker) = (&renewal.brought, deps.maker.as_ref());
            // Made at the proposal too, so that what cannot be made is not proposed.
            let (made, making) = drafting::draft(maker, &record, &asked, brought, &keys, call.at)?;
            let trace = Trace {
                verb: "renew_seal",
                event: "renew",
                ground: renewal.ground,
                evidence: json!({ "seal_sm3": hex::encode(making.digest), "key_generation": generation,
                    "destroy_former_keys": renewal.destroy_former_keys, "elsewhere": brought.seal.is_some() }),
            };
            let act = SealAct::Renew;
            if let Some(first) = management::agreed(tx, call, &record, &act, renewal.content, &trace).await? {
                let content = making::Content {
                    key_generation: generation,
                    seal: made.der(),
                    seal_chain: &making.seal_chain,
                    pdf_chain: &making.pdf_chain,
                };
                making::keep(tx, name, &making.digest, &content, call.at).await?;
                seal::set_digest(tx, name, &making.digest).await?;
                if renewal.destroy_former_keys {
                    key::end(tx, name, Some(generation)).await?;
                }
                management::moved(tx, call, record, &act, Some(&first), trace).await?;
            }
            Ok::<_, Error>(management::end(tx, claim).await?)
        })
        .await
}

/// What stands on the seal stays: as asked for, or as the imported one has it.
async fn as_it_is(deps: &Deps, name: &str) -> Result<Asked, Error> {
    let view = seals::find(deps, name).await?;
    if let Some(asked) = view.record.request {
        return Ok(asked);
    }
    let making = view
        .making
        .ok_or_else(|| Error::internal("an imported seal without a making"))?;
    let seal = making.stamp.seal();
    let picture = seal.picture();
    Ok(Asked {
        title: seal.name().to_owned(),
        kind: seal.kind(),
        picture: picture.bytes.to_vec(),
        width_mm: picture.width.try_into().unwrap_or_default(),
        height_mm: picture.height.try_into().unwrap_or_default(),
    })
}
