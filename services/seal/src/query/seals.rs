//! The seals in keeping, with their states.

use postgres::Tx;

use crate::app::Deps;
use crate::error::{Error, SEAL_UNKNOWN};
use crate::keystore::KeptSeal;
use crate::store::seal::{self, SealState};

/// Every seal.
pub(crate) async fn list(deps: &Deps) -> Result<Vec<(&KeptSeal, SealState)>, Error> {
    let states = deps
        .database
        .run_tx("list seals", async |tx: &mut Tx| seal::states(tx).await)
        .await?;
    let state = |kept: &KeptSeal| states.get(&kept.name).copied().unwrap_or(SealState::Suspended);
    Ok(deps.keystore.iter().map(|kept| (kept, state(kept))).collect())
}

/// One seal.
pub(crate) async fn find<'a>(deps: &'a Deps, name: &str) -> Result<(&'a KeptSeal, SealState), Error> {
    let found = list(deps).await?.into_iter().find(|(kept, _)| kept.name == name);
    found.ok_or_else(|| SEAL_UNKNOWN.refusal().into())
}
