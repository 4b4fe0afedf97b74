//! Detached proofs of leaves, under what a quorum of witnesses has seen (design §4).

use std::collections::{BTreeSet, HashMap};

use domain::certificate::LogEntry;
use postgres::ReadDatabase;
use tlog::{DetachedProof, Leaf, Note};
use uuid::Uuid;

use crate::error::Error;
use crate::store::log::{checkpoint, cosignature, leaf};
use crate::witnesses::Witnesses;

/// The proof that an entry is in the log; none where it is not, or no quorum has seen it yet.
pub(crate) async fn of_index(
    read: &ReadDatabase,
    witnesses: &Witnesses,
    index: u64,
) -> Result<Option<DetachedProof>, Error> {
    let size = cosignature::witnessed(read, witnesses).await?;
    let Some(size) = size.filter(|size| index < *size) else {
        return Ok(None);
    };
    let needed = tlog::inclusion_tiles(index, size).map_err(Error::internal)?;
    let tiles = leaf::tiles(read, needed, size).await?;
    let path = tlog::inclusion(&tiles, index, size).map_err(Error::internal)?;
    let note = checkpoint::of_size(read, size).await?;
    let note = note.ok_or_else(|| Error::internal("a checkpoint is gone"))?;
    Ok(Some(DetachedProof {
        extra: None,
        index,
        path,
        checkpoint: Note::parse(&note).map_err(Error::internal)?,
    }))
}

/// The same for a leaf that is looked for.
pub(crate) async fn of_leaf(
    read: &ReadDatabase,
    witnesses: &Witnesses,
    leaf: &Leaf,
) -> Result<Option<DetachedProof>, Error> {
    match leaf::index_of(read, leaf.hash()).await? {
        Some(index) => of_index(read, witnesses, index).await,
        None => Ok(None),
    }
}

/// What the keeper of the seals wants to see: of each version that the latest checkpoint has, the proof of its leaf with the entry in it.
pub(crate) async fn of_versions(
    read: &ReadDatabase,
    versions: &[Uuid],
) -> Result<HashMap<Uuid, DetachedProof>, Error> {
    let Some((size, note)) = checkpoint::latest(read).await? else {
        return Ok(HashMap::new());
    };
    let mut leaves = leaf::of_versions(read, versions).await?;
    leaves.retain(|(_, index, _)| *index < size);
    let mut needed = BTreeSet::new();
    for (_, index, _) in &leaves {
        needed.extend(tlog::inclusion_tiles(*index, size).map_err(Error::internal)?);
    }
    let tiles = leaf::tiles(read, needed, size).await?;
    let note = Note::parse(&note).map_err(Error::internal)?;
    leaves
        .into_iter()
        .map(|(version, index, entry)| {
            let path = tlog::inclusion(&tiles, index, size).map_err(Error::internal)?;
            let proof = DetachedProof {
                extra: Some(entry),
                index,
                path,
                checkpoint: note.clone(),
            };
            Ok((version, proof))
        })
        .collect()
}

/// What a use copy brings along: the leaf that commits to the facts of its version, with its proof.
pub(crate) async fn of_version(
    read: &ReadDatabase,
    witnesses: &Witnesses,
    version: Uuid,
) -> Result<Option<LogEntry>, Error> {
    let Some((index, entry)) = leaf::of_version(read, version).await? else {
        return Ok(None);
    };
    let Ok(Leaf::Facts(commitment)) = Leaf::decode(&entry) else {
        return Err(Error::internal("the leaf of a version is none of facts"));
    };
    let Some(proof) = of_index(read, witnesses, index).await? else {
        return Ok(None);
    };
    let checkpoint = tlog::Checkpoint::parse(proof.checkpoint.text()).map_err(Error::internal)?;
    Ok(Some(LogEntry {
        origin: checkpoint.origin.to_string(),
        leaf_index: index,
        commitment: hex::encode(commitment),
        proof: proof.to_string(),
    }))
}
