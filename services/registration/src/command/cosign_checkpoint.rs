//! The province cosigns the nation's log (design §4, C2SP tlog-witness): what it remembers is stored before its cosignature
//! leaves. A log that shows two histories gets none; both are kept.

use postgres::Tx;
use postgres::audit::{Outcome, Record};
use postgres::lease::Lease;
use serde_json::json;
use service_runtime::clock::Clock as _;
use tlog::{AddCheckpoint, Hash, Memory, WitnessRefusal, leaf_hash};
use tracing::instrument;

use super::take_up_log::enrol_once;
use crate::deps::Deps;
use crate::error::Error;
use crate::job;
use crate::store::witness::{self, Evidence};
use crate::witness::Observer;

pub(crate) const VERB: &str = "cosign_checkpoint";

/// Cosigns what the nation asks for, if it goes on from what the witness remembers; false where nothing was cosigned.
#[instrument(name = "cosign_checkpoint", skip_all)]
pub(crate) async fn cosign_checkpoint(
    deps: &Deps,
    observer: &Observer,
    lease: &Lease,
) -> Result<bool, Error> {
    enrol_once(deps, observer).await?;
    let read = async |tx: &mut Tx| witness::memory(tx, &observer.origin).await;
    let memory = deps.reader.snapshot("read witness memory", read).await?;
    let remembered = match &memory {
        Memory::Lost => {
            tracing::debug!("the witness has lost its memory, or has not taken up the log");
            return Ok(false);
        }
        Memory::Enrolled => None,
        Memory::Remembered(known) => Some(known),
    };
    let Some(offered) = deps.issuance.fetch_checkpoint(remembered).await? else {
        return Ok(false);
    };
    let Ok(request) = AddCheckpoint::parse(&offered) else {
        refuse(deps, observer, &memory, &offered, "MALFORMED").await?;
        return Ok(false);
    };
    let pending = match observer
        .witness
        .add_checkpoint(&memory, &request, deps.clock.now())
    {
        Ok(pending) => pending,
        // Somebody else was faster.
        Err(WitnessRefusal::Remembers(_) | WitnessRefusal::Lost) => return Ok(false),
        Err(refusal) => {
            refuse(deps, observer, &memory, &offered, reason(&refusal)).await?;
            if matches!(refusal, WitnessRefusal::Forgotten(_)) {
                forget(deps, observer, &memory).await?;
            }
            return Ok(false);
        }
    };
    let stored = deps
        .database
        .run_tx("remember checkpoint", async |tx: &mut Tx| {
            tx.check_fence(lease).await?;
            witness::replace(tx, &observer.origin, pending.replaces(), Some(pending.memory())).await
        })
        .await?;
    if !stored {
        return Ok(false);
    }
    let size = pending.memory().size;
    deps.issuance.cosign(size, &pending.release()).await?;
    Ok(true)
}

/// Stable names of what a log did.
const fn reason(refusal: &WitnessRefusal) -> &'static str {
    match refusal {
        WitnessRefusal::Checkpoint(_) => "NOT_OF_THE_LOG",
        WitnessRefusal::Sizes => "LOG_WENT_BACK",
        WitnessRefusal::Fork(_) => "FORK",
        WitnessRefusal::Proof(_) => "NOT_CONSISTENT",
        WitnessRefusal::Forgotten(_) => "WITNESS_FORGOT",
        WitnessRefusal::Remembers(_) | WitnessRefusal::Lost | WitnessRefusal::Anchor(_) => "REFUSED",
    }
}

/// Keeps what was offered with what was remembered, once, and raises the alarm.
async fn refuse(
    deps: &Deps,
    observer: &Observer,
    memory: &Memory,
    offered: &str,
    reason: &'static str,
) -> Result<(), Error> {
    let remembered = match memory {
        Memory::Remembered(known) => Some(&known.note),
        Memory::Lost | Memory::Enrolled => None,
    };
    let both = remembered.map(ToString::to_string).unwrap_or_default() + offered;
    let digest: Hash = leaf_hash(both.as_bytes());
    let (at, origin) = (deps.clock.now(), &observer.origin);
    let fresh = deps
        .database
        .run_tx("keep evidence", async |tx: &mut Tx| {
            let found = Evidence {
                reason,
                remembered,
                offered,
                digest: *digest.as_bytes(),
            };
            let fresh = witness::keep_evidence(tx, origin, &found, at).await?;
            if fresh {
                let actor = job::actor(VERB, deps.province);
                let record = Record {
                    at,
                    actor: &actor,
                    verb: VERB,
                    article: "design §4",
                    subject: origin.as_str(),
                    outcome: Outcome::Refused { reason },
                    evidence: json!({ "digest": digest.to_string() }),
                };
                tx.audit(record).await?;
            }
            Ok::<_, postgres::Error>(fresh)
        })
        .await?;
    if fresh {
        tracing::error!(
            alarm = true,
            reason,
            monotonic_counter.witness_refusals = 1_u64,
            "the nation's log shows what does not go with what this witness has seen: nothing is cosigned, both are kept"
        );
    }
    Ok(())
}

/// The database was restored from a backup: the memory in it is of no use any more.
async fn forget(deps: &Deps, observer: &Observer, memory: &Memory) -> Result<(), Error> {
    deps.database
        .run_tx("forget checkpoint", async |tx: &mut Tx| {
            witness::replace(tx, &observer.origin, memory, None).await
        })
        .await?;
    tracing::error!(
        alarm = true,
        "this witness has cosigned more than it remembers: it cosigns nothing until an operator anchors it anew"
    );
    Ok(())
}
