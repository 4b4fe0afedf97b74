//! 更换密钥: keys for the next making, in the backends of the profile of originals. The present making goes on with its own.

use domain::seal::SealAct;
use postgres::Tx;
use serde_json::json;
use tracing::instrument;

use crate::app::Deps;
use crate::backend::NewKey;
use crate::error::{Error, KEY_UNAVAILABLE};
use crate::making::Kind;
use crate::management::{self, Call, Trace};
use crate::query::seals;
use crate::store::key::{self, Known};

/// Makes the keys, or finds those that the same request made.
#[instrument(name = "rotate_key", skip_all)]
pub(crate) async fn rotate_key(deps: &Deps, call: &Call, name: &str) -> Result<Vec<Known>, Error> {
    let outcome = rotate(deps, call, name).await;
    management::refused(deps, call, "rotate_key", name, outcome).await
}

/// The intent first; then each backend makes its key or finds it; then what they made.
async fn rotate(deps: &Deps, call: &Call, name: &str) -> Result<Vec<Known>, Error> {
    let view = seals::find(deps, name).await?;
    let made = view
        .making
        .as_ref()
        .map(|making| making.stamp.seal().name().to_owned());
    let title = view
        .record
        .request
        .map(|asked| asked.title)
        .or(made)
        .unwrap_or_default();
    let backends = Kind::KEYS.map(|kind| deps.backends.serving_name("original", kind));
    let noted = deps
        .database
        .run_tx("note next keys", async |tx: &mut Tx| {
            let record = management::locked(tx, name).await?;
            if let Some(claim) = management::begin(tx, call).await? {
                let noted = key::next(tx, name, backends, call.request_id, call.at).await?;
                let generation = noted.first().map(|known| known.name.generation);
                let trace = Trace {
                    verb: "rotate_key",
                    event: "rotate_key",
                    ground: "",
                    evidence: json!({ "generation": generation }),
                };
                management::moved(tx, call, record, &SealAct::RotateKey, None, trace).await?;
                management::end(tx, claim).await?;
            }
            Ok::<_, Error>(key::next(tx, name, backends, call.request_id, call.at).await?)
        })
        .await?;
    let mut keys = Vec::new();
    for mut known in noted {
        let unavailable =
            |fault: crate::backend::Fault| KEY_UNAVAILABLE.refusal().metadata("detail", fault.to_string());
        let (_, backend) = deps.backends.named(&known.backend).map_err(unavailable)?;
        if known.public.is_none() && backend.makes_keys() {
            let new = backend.create_key(known.name.clone(), title.clone()).await;
            let NewKey { public, request } = new.map_err(unavailable)?;
            let public = public.to_spki();
            deps.database
                .run_tx("keep public key", async |tx: &mut Tx| {
                    key::made(tx, &known.name, &public, &request).await
                })
                .await?;
            (known.public, known.request) = (Some(public), Some(request));
        }
        if known.public.is_some() {
            keys.push(known);
        }
    }
    Ok(keys)
}
