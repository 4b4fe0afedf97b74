//! Takes a witness's cosignature of a checkpoint (design §4).

use domain::province::Province;
use postgres::Tx;
use tlog::{Cosignature, Note, NoteSignature};
use tracing::instrument;

use crate::deps::Deps;
use crate::error::{Error, PROVINCE_NOT_ENROLLED};
use crate::store::log::{checkpoint, cosignature};

/// What a cosignature is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotTaken {
    /// Of no checkpoint.
    Size,
    /// By no key of the province's witness, or over something else.
    Cosignature,
}

/// Keeps the cosignature if it holds under the key that the province is enrolled with.
#[instrument(name = "cosign", skip_all, fields(%province, size))]
pub(crate) async fn cosign(
    deps: &Deps,
    province: Province,
    size: u64,
    line: &str,
) -> Result<Result<(), NotTaken>, Error> {
    let key = deps.witnesses.key(province);
    let key = key.ok_or_else(|| PROVINCE_NOT_ENROLLED.refusal().metadata("key", "witness"))?;
    let Some(note) = checkpoint::of_size(&deps.read, size).await? else {
        return Ok(Err(NotTaken::Size));
    };
    let note = Note::parse(&note).map_err(Error::internal)?;
    let signature = NoteSignature::parse(line).ok();
    let holds = signature.and_then(|signature| Cosignature::verify(note.text(), &signature, key));
    let Some(holds) = holds else {
        return Ok(Err(NotTaken::Cosignature));
    };
    let witness = key.to_string();
    deps.database
        .run_tx("cosign", async |tx: &mut Tx| {
            cosignature::insert(tx, size, &witness, line, holds.at).await
        })
        .await?;
    Ok(Ok(()))
}
