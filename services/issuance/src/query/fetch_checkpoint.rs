//! What a province's witness is asked to cosign next.

use domain::province::Province;
use tlog::{AddCheckpoint, Note};
use tracing::instrument;

use super::read_log::consistency_between;
use crate::deps::Deps;
use crate::error::{Error, PROVINCE_NOT_ENROLLED};
use crate::store::log::{checkpoint, cosignature};

/// A request to cosign, for a witness that remembers a tree of this size; none where nothing is new to it.
///
/// Witnesses ask at their own pace and the log grows in between, so a checkpoint that others have begun to cosign goes before the
/// latest one: otherwise no two would ever cosign the same.
#[instrument(name = "fetch_checkpoint", skip_all, fields(%province, remembered))]
pub(crate) async fn fetch_checkpoint(
    deps: &Deps,
    province: Province,
    remembered: u64,
) -> Result<Option<AddCheckpoint>, Error> {
    let key = deps.witnesses.key(province);
    let key = key.ok_or_else(|| PROVINCE_NOT_ENROLLED.refusal().metadata("key", "witness"))?;
    let Some((latest, _)) = checkpoint::latest(&deps.read).await? else {
        return Ok(None);
    };
    let last = cosignature::last_of(&deps.read, &key.to_string()).await?;
    let size = if last > remembered {
        // It has forgotten: its own cosignature tells it.
        last
    } else if latest < remembered {
        // We have: it tells us.
        latest
    } else {
        let after = cosignature::witnessed(&deps.read, &deps.witnesses).await?;
        let after = after.unwrap_or(0).max(last);
        let begun = cosignature::begun(&deps.read, &deps.witnesses, after, remembered).await?;
        begun.unwrap_or(latest)
    };
    if size == last && size == remembered {
        return Ok(None);
    }
    let note = checkpoint::of_size(&deps.read, size).await?;
    let note = note.ok_or_else(|| Error::internal("a checkpoint is gone"))?;
    let proof = if size <= remembered || last > remembered {
        Vec::new()
    } else {
        consistency_between(deps, remembered, size).await?
    };
    Ok(Some(AddCheckpoint {
        old_size: remembered,
        proof,
        checkpoint: Note::parse(&note).map_err(Error::internal)?,
    }))
}
