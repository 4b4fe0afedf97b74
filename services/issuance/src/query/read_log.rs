//! What the transparency log says of itself, for anybody: a checkpoint, and proofs under one.

use service_runtime::Refusal;
use service_runtime::error::NOT_FOUND;
use tlog::{DetachedProof, Hash, Note, TILE_WIDTH, TilePath};
use tracing::instrument;

use crate::deps::Deps;
use crate::error::Error;
use crate::store::log::{checkpoint, cosignature, leaf};

/// Paths in one call: sixteen bundles are about a megabyte.
const MAX_PATHS: usize = 16;
/// Checkpoints in one call.
const MAX_CHECKPOINTS: i32 = 1_000;

/// A checkpoint as it was signed.
pub(crate) struct Signed {
    size: u64,
    pub(crate) note: String,
}

/// Which checkpoint is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Which {
    /// The latest that was signed.
    Latest,
    /// The latest that a quorum of witnesses has cosigned.
    Witnessed,
    /// That of a size.
    Size(u64),
}

/// A checkpoint with the cosignatures that it has.
#[instrument(name = "get_checkpoint", skip_all)]
pub(crate) async fn get_checkpoint(deps: &Deps, which: Which) -> Result<Signed, Error> {
    let size = match which {
        Which::Latest => None,
        Which::Witnessed => {
            let witnessed = cosignature::witnessed(&deps.read, &deps.witnesses).await?;
            Some(witnessed.ok_or_else(|| NOT_FOUND.refusal())?)
        }
        Which::Size(size) => Some(size),
    };
    let found = match size {
        None => checkpoint::latest(&deps.read).await?,
        Some(size) => checkpoint::of_size(&deps.read, size)
            .await?
            .map(|note| (size, note)),
    };
    let (size, note) = found.ok_or_else(|| NOT_FOUND.refusal())?;
    Ok(Signed { size, note })
}

/// An entry and its detached proof under a checkpoint.
#[instrument(name = "get_inclusion_proof", skip_all)]
pub(crate) async fn get_inclusion_proof(
    deps: &Deps,
    index: u64,
    which: Which,
) -> Result<(Vec<u8>, DetachedProof), Error> {
    let signed = get_checkpoint(deps, which).await?;
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
    which: Which,
) -> Result<(Vec<Hash>, Signed), Error> {
    let signed = get_checkpoint(deps, which).await?;
    let hashes = consistency_between(deps, old_size, signed.size).await?;
    Ok((hashes, signed))
}

/// Why the tree of a size begins with that of an older size.
pub(crate) async fn consistency_between(deps: &Deps, old_size: u64, size: u64) -> Result<Vec<Hash>, Error> {
    let needed = tlog::consistency_tiles(old_size, size).map_err(|_| NOT_FOUND.refusal())?;
    let tiles = leaf::tiles(&deps.read, needed, size).await?;
    tlog::consistency(&tiles, old_size, size).map_err(Error::internal)
}

/// Tiles and bundles with their paths, as far as the latest checkpoint vouches for them.
#[instrument(name = "get_tiles", skip_all)]
pub(crate) async fn get_tiles(deps: &Deps, paths: Vec<String>) -> Result<Vec<(String, Vec<u8>)>, Error> {
    if paths.is_empty() || paths.len() > MAX_PATHS {
        return Err(Refusal::invalid("paths", format!("must be 1 to {MAX_PATHS}")).into());
    }
    let size = get_checkpoint(deps, Which::Latest).await?.size;
    let mut tiles = Vec::with_capacity(paths.len());
    for path in paths {
        let asked = TilePath::parse(&path).ok_or_else(|| {
            Refusal::invalid(
                "paths",
                "must be paths of C2SP tlog-tiles, each in its one spelling",
            )
        })?;
        tiles.push((path, content(deps, asked, size).await?));
    }
    Ok(tiles)
}

async fn content(deps: &Deps, asked: TilePath, size: u64) -> Result<Vec<u8>, Error> {
    match asked {
        TilePath::Hashes(id, width) => {
            if width > id.width_in(size) {
                return Err(NOT_FOUND.refusal().into());
            }
            let mut tiles = leaf::tiles(&deps.read, [id], size).await?;
            let hashes = tiles.remove(&id).unwrap_or_default();
            let width = usize::try_from(width).map_err(Error::internal)?;
            let hashes = hashes.get(..width);
            Ok(Hash::concat(hashes.ok_or_else(|| {
                Error::internal("the log has fewer hashes than it vouches for")
            })?))
        }
        TilePath::Entries(index, width) => {
            let first = index.checked_mul(TILE_WIDTH);
            let within = |first: &u64| first.checked_add(width).is_some_and(|end| end <= size);
            let first = first.filter(within).ok_or_else(|| NOT_FOUND.refusal())?;
            let entries = leaf::entries(&deps.read, first, width).await?;
            if entries.len() as u64 != width {
                return Err(Error::internal("the log has fewer entries than it vouches for"));
            }
            tlog::encode_bundle(entries.iter().map(Vec::as_slice)).map_err(Error::internal)
        }
    }
}

/// A page of all checkpoints, by size.
#[instrument(name = "list_checkpoints", skip_all)]
pub(crate) async fn list_checkpoints(
    deps: &Deps,
    after_size: u64,
    page_size: i32,
) -> Result<Vec<String>, Error> {
    let limit = match page_size {
        0 => MAX_CHECKPOINTS,
        1..=MAX_CHECKPOINTS => page_size,
        _ => {
            let bounds = format!("must be 0 to {MAX_CHECKPOINTS}");
            return Err(Refusal::invalid("page_size", bounds).into());
        }
    };
    Ok(checkpoint::after(&deps.read, after_size, limit.into()).await?)
}
