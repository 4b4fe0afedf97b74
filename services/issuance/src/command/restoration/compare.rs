//! Last step: the witnesses' checkpoints and the keeper's journal are compared with what was rebuilt. Where all agree the nation opens
//! by itself.

use domain::province::Province;
use domain::restoration::{Finding, opens_by_itself};
use postgres::Tx;
use tlog::{Checkpoint, Note};
use uuid::Uuid;

use super::assess::{Cause, close};
use super::{found, record};
use crate::deps::Deps;
use crate::error::Error;
use crate::issuing::Issuing;
use crate::query::get_restoration::{MOST_FINDINGS, silent};
use crate::store::issuing::store_check;
use crate::store::log::checkpoint;
use crate::store::restoration::witness::{self, Word};
use crate::store::restoration::{self as store, Restoration, finding, regrown};

/// Sets compared at once with the keeper's journal.
const SETS: i64 = 1_000;

/// Hears what a witness says that it remembers. What the log did not sign is no word; a checkpoint that it signed, of a larger tree than
/// there is, tells that the register was restored to an earlier point. True while the nation is closed.
///
/// # Errors
/// The database's.
pub(crate) async fn hear(deps: &Deps, province: Province, size: u64, note: &str) -> Result<bool, Error> {
    let Some(root) = remembered(deps, size, note) else {
        return Ok(!deps.gate.is_open());
    };
    if deps.gate.is_open() {
        let latest = checkpoint::latest(&deps.read).await?.map_or(0, |(size, _)| size);
        if size <= latest {
            return Ok(false);
        }
        close(
            deps,
            Cause::WitnessBeyond,
            &format!("provinces/{province}/witness"),
        )
        .await?;
    }
    let (word, now) = (Word { province, size, root }, deps.now());
    deps.database
        .run_tx("hear witness", async |tx: &mut Tx| {
            witness::save(tx, &word, note, now).await
        })
        .await?;
    Ok(true)
}

/// The root that a note states, by the log's own signature; none with size 0. Nothing where it is no word.
fn remembered(deps: &Deps, size: u64, note: &str) -> Option<Option<Vec<u8>>> {
    if size == 0 {
        return Some(None);
    }
    let log = deps.log.as_ref()?;
    let note = Note::parse(note).ok()?;
    let stated = Checkpoint::open(&note, log.origin(), std::slice::from_ref(log.verifier())).ok()?;
    (stated.size == size).then(|| Some(stated.root.as_bytes().to_vec()))
}

/// Compares, and opens where everything agrees. True once it is open.
///
/// # Errors
/// The database's, or the keeper of the seals cannot be asked: it is tried again.
pub(crate) async fn compare(deps: &Deps, issuing: &Issuing, one: &Restoration) -> Result<bool, Error> {
    let heard = deps
        .database
        .run_tx("compare witnesses", async |tx: &mut Tx| {
            witnesses(deps, tx, one.id).await?;
            Ok::<_, Error>(silent(deps, tx).await?.is_empty())
        })
        .await?;
    if !heard {
        return Ok(false);
    }
    journal(deps, issuing, one.id).await?;
    let opened = deps
        .database
        .run_tx("open nation", async |tx: &mut Tx| {
            let found = finding::all(tx, one.id, MOST_FINDINGS).await?;
            let found: Vec<Finding> = found.into_iter().map(|(finding, _)| finding).collect();
            if !opens_by_itself(&found) {
                return Ok(false);
            }
            open(deps, tx, one.id, None).await?;
            Ok::<_, Error>(true)
        })
        .await?;
    Ok(opened)
}

/// The nation works again, with a record.
pub(super) async fn open(deps: &Deps, tx: &mut Tx, id: Uuid, second: Option<Uuid>) -> Result<(), Error> {
    store::open(tx, id, second, deps.now()).await?;
    record(deps, tx, id, serde_json::json!({ "to": "OPENED" })).await
}

async fn witnesses(deps: &Deps, tx: &mut Tx, id: Uuid) -> Result<(), Error> {
    let (size, vouched) = regrown::sizes(tx).await?;
    // The largest size at which a witness agrees: leaves before it are the same.
    let mut same = vouched.min(size);
    for word in witness::all(tx).await?.into_iter().filter(|word| word.size > 0) {
        let of = format!("provinces/{}/checkpoints/{}", word.province, word.size);
        if word.size > size {
            let subject = format!("{of}, log/leaves/{size}-{}", word.size - 1);
            found(deps, tx, id, (Finding::LogShorter, &subject)).await?;
        } else if word.root.as_deref() == Some(regrown::root_at(tx, word.size).await?.as_bytes().as_slice()) {
            same = same.max(word.size);
        } else {
            let first = if same < word.size { same } else { 0 };
            let subject = format!("{of}, log/leaves/{first}-{}", word.size - 1);
            found(deps, tx, id, (Finding::WitnessContradicts, &subject)).await?;
        }
    }
    Ok(())
}

/// Every act of the keeper has its intent again, so nothing is sealed a second time.
async fn journal(deps: &Deps, issuing: &Issuing, id: Uuid) -> Result<(), Error> {
    let mut after = Uuid::nil();
    loop {
        let sets = store_check::set_ids(&deps.read, after, SETS).await?;
        let whole = i64::try_from(sets.len()).is_ok_and(|count| count == SETS);
        let through = sets.last().copied().filter(|_| whole).unwrap_or(Uuid::max());
        let acts = issuing
            .seal
            .journal(after, through)
            .await
            .map_err(Error::internal)?;
        let mut acted: Vec<Uuid> = acts.iter().map(|act| act.intent).collect();
        acted.dedup();
        let known = store_check::intents(&deps.read, &acted).await?;
        let lost: Vec<Uuid> = acted
            .into_iter()
            .filter(|intent| !known.contains(intent))
            .collect();
        if !lost.is_empty() {
            deps.database
                .run_tx("note findings", async |tx: &mut Tx| {
                    for intent in &lost {
                        let subject = format!("intents/{intent}");
                        found(deps, tx, id, (Finding::IntentLost, &subject)).await?;
                    }
                    Ok::<_, Error>(())
                })
                .await?;
        }
        if !whole {
            return Ok(());
        }
        after = through;
    }
}
