//! What the transparency log says of itself, for anybody: a checkpoint, and proofs under one.

use service_runtime::error::NOT_FOUND;
use tlog::{DetachedProof, Hash, Note};
use tracing::instrument;

use crate::deps::Deps;
use crate::error::Error;
use crate::store::log::{checkpoint, leaf};

/// A checkpoint as it was signed.
pub(crate) struct Signed {
    size: u64,
    pub(crate) note: String,
}

/// The checkpoint of a size, or the latest.
#[instrument(name = "get_checkpoint", skip_all)]
pub(crate) async fn get_checkpoint(deps: &Deps, size: Option<u64>) -> Result<Signed, Error> {
    let found = match size {
        None => checkpoint::latest(&deps.read).await?,
        Some(size) => checkpoint::of_size(&deps.read, size)
            .await?
            .map(|note| (size, note)),
    };
    let (size, note) = found.ok_or_else(|| NOT_FOUND.refusal())?;
    Ok(Signed { size, note })
}

/// An entry and its detached proof under the checkpoint of a size, or the latest.
#[instrument(name = "get_inclusion_proof", skip_all)]
pub(crate) async fn get_inclusion_proof(
    deps: &Deps,
    index: u64,
    size: Option<u64>,
) -> Result<(Vec<u8>, DetachedProof), Error> {
    let signed = get_checkpoint(deps, size).await?;
    let needed = tlog::inclusion_tiles(index, signed.size).map_err(|_| NOT_FOUND.refusal())?;
    let tiles = leaf::tiles(&deps.read, needed, signed.size).await?;
    let path = tlog::inclusion(&tiles, index, signed.size).map_err(Error::internal)?;
    let entry = leaf::entry(&deps.read, index).await?;
    let proof = DetachedProof {
        extra: None,
        index,
        path,
        checkpoint: Note::parse(&signed.note).map_err(Error::internal)?,
    };
    Ok((entry.ok_or_else(|| NOT_FOUND.refusal())?, proof))
}

/// Why the tree of a checkpoint begins with that of an older size.
#[instrument(name = "get_consistency_proof", skip_all)]
pub(crate) async fn get_consistency_proof(
    deps: &Deps,
    old_size: u64,
    size: Option<u64>,
) -> Result<(Vec<Hash>, Signed), Error> {
    let signed = get_checkpoint(deps, size).await?;
    let needed = tlog::consistency_tiles(old_size, signed.size).map_err(|_| NOT_FOUND.refusal())?;
    let tiles = leaf::tiles(&deps.read, needed, signed.size).await?;
    let hashes = tlog::consistency(&tiles, old_size, signed.size).map_err(Error::internal)?;
    Ok((hashes, signed))
}
