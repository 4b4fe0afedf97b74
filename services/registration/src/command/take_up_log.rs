//! Takes up the nation's log, once, or ends a loss of memory with what others vouch for: acts of an operator, audited.

use postgres::Tx;
use postgres::audit::{Outcome, Record};
use serde_json::json;
use service_runtime::clock::Clock as _;
use thiserror::Error;
use tlog::{Note, Quorum, WitnessRefusal};

use crate::deps::Deps;
use crate::job;
use crate::store::witness;
use crate::witness::Observer;

const ENROL: &str = "enrol_witness";
const ANCHOR: &str = "anchor_witness";

/// Why an operator's act is not taken.
#[derive(Debug, Error)]
pub enum WitnessError {
    /// `[witness]` is not configured.
    #[error("the configuration has no section [witness]")]
    NotConfigured,
    /// The log was taken up before.
    #[error("the witness has taken up this log before; a loss of memory ends with an anchor")]
    AlreadyEnrolled,
    /// The checkpoint does not anchor it.
    #[error(transparent)]
    Refused(#[from] WitnessRefusal),
    /// Another process was faster.
    #[error("the memory has changed meanwhile")]
    Moved,
    /// The database.
    #[error(transparent)]
    Database(#[from] postgres::Error),
}

/// Takes up the log if the operator's file says so. The file goes first: one word is good for one beginning, whatever happens.
pub(crate) async fn enrol_once(deps: &Deps, observer: &Observer) -> Result<(), postgres::Error> {
    let Some(path) = &observer.enrolment else {
        return Ok(());
    };
    match std::fs::remove_file(path) {
        Ok(()) => {}
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => {
            tracing::warn!(%error, "the file of the witness's enrolment cannot be taken away; it is not enrolled");
            return Ok(());
        }
    }
    let actor = job::actor(ENROL, deps.province);
    if !enrol(deps, observer, &actor).await? {
        tracing::warn!("the witness had taken up the log before; the file of its enrolment is gone");
    }
    Ok(())
}

/// Takes up the log; false if it was before.
pub(crate) async fn enrol(deps: &Deps, observer: &Observer, actor: &str) -> Result<bool, postgres::Error> {
    let (at, origin) = (deps.clock.now(), &observer.origin);
    deps.database
        .run_tx(ENROL, async |tx: &mut Tx| {
            let fresh = witness::enrol(tx, origin).await?;
            if fresh {
                let record = Record {
                    at,
                    actor,
                    verb: ENROL,
                    article: "design §4",
                    subject: origin.as_str(),
                    outcome: Outcome::Done,
                    evidence: json!({ "witness": observer.witness.verifier().to_string() }),
                };
                tx.audit(record).await?;
            }
            Ok::<_, postgres::Error>(fresh)
        })
        .await
}

/// Ends a loss: with a checkpoint that a quorum of others has cosigned.
pub(crate) async fn anchor(
    deps: &Deps,
    observer: &Observer,
    actor: &str,
    (note, others): (&Note, &Quorum),
) -> Result<u64, WitnessError> {
    let (at, origin) = (deps.clock.now(), &observer.origin);
    let read = async |tx: &mut Tx| {
        witness::note_loss(tx, origin).await?;
        witness::memory(tx, origin).await
    };
    let memory = deps.database.run_tx("note loss", read).await?;
    let anchored = observer.witness.anchor(&memory, note, others)?;
    let (anchored, memory) = (&anchored, &memory);
    let stored = deps
        .database
        .run_tx(ANCHOR, async |tx: &mut Tx| {
            let stored = witness::replace(tx, origin, memory, Some(anchored)).await?;
            if stored {
                let record = Record {
                    at,
                    actor,
                    verb: ANCHOR,
                    article: "design §4",
                    subject: origin.as_str(),
                    outcome: Outcome::Done,
                    evidence: json!({ "size": anchored.size, "root": anchored.root.to_string() }),
                };
                tx.audit(record).await?;
            }
            Ok::<_, postgres::Error>(stored)
        })
        .await?;
    if stored {
        Ok(anchored.size)
    } else {
        Err(WitnessError::Moved)
    }
}
