//! Step 5: what is going to be signed is stored before anybody is asked to sign it.
//!
//! A crash after it leaves an intent without a signature. The next attempt renders the same bytes again, finds the same
//! digests and goes on; different ones stop the set, because then the same facts no longer make the same documents.

use std::collections::HashSet;

use postgres::Tx;
use uuid::Uuid;

use super::{Batch, Failure, Rendered, Stop};
use crate::counterfoil::keep_intents;
use crate::error::Error;
use crate::issuing::Issuing;
use crate::store::issuing::intent::{self, Digests};
use crate::store::issuing::job::{self, Leased};
use crate::store::restoration::regrown;

/// Stores the intents of a batch in one transaction, or finds them stored.
pub(super) async fn store(issuing: &Issuing, mut batch: Batch<Rendered>) -> Result<Batch<Rendered>, Error> {
    let going = batch.take();
    if going.is_empty() {
        return Ok(batch.after([]));
    }
    let leased: Vec<&Leased> = going.iter().map(|(leased, _)| leased).collect();
    let intents: Vec<Digests> = going.iter().map(|(_, rendered)| digests(rendered)).collect();
    let at = issuing.now();
    let stored: Vec<(bool, bool)> = issuing
        .database
        .run_tx("store intents", async |tx: &mut Tx| {
            let theirs = intent::store_all(tx, &intents, at).await?;
            let held = job::intended_all(tx, &leased, at).await?;
            let each = leased.iter().zip(&intents);
            let stored =
                each.map(|(leased, ours)| (held.contains(&leased.id), theirs.get(&ours.set) == Some(ours)));
            Ok::<_, postgres::Error>(stored.collect())
        })
        .await?;
    drop(leased);
    keep(issuing, &intents).await?;
    Ok(
        batch.after(going.into_iter().zip(stored).map(|((leased, rendered), stored)| {
            let outcome = match stored {
                (true, true) => Ok(rendered),
                (false, _) => Err(Failure::Postponed("another worker has the set".to_owned())),
                (true, false) => {
                    let detail = "the documents rendered now are not those of the stored intent";
                    Err(Failure::Stopped(Stop::new("RENDERING_DIFFERS", detail)))
                }
            };
            (leased, outcome)
        })),
    )
}

/// Keeps sets and intents outside the database before anybody is asked to sign them (decision 0035): a restored database finds them again,
/// and nothing is signed a second time. Once in the life of a process; again does no harm.
async fn keep(issuing: &Issuing, intents: &[Digests]) -> Result<(), Error> {
    let (sets, known) = {
        let kept = issuing.kept.lock().await;
        let unknown = |set: &Uuid| !kept.sets.contains(set);
        let sets: Vec<Uuid> = intents.iter().map(|intent| intent.set).filter(unknown).collect();
        (sets, kept.shared.iter().cloned().collect::<Vec<Vec<u8>>>())
    };
    if sets.is_empty() {
        return Ok(());
    }
    let rows = issuing
        .database
        .run_tx("copy intents", async |tx: &mut Tx| {
            regrown::intent_rows(tx, &sets, &known).await
        })
        .await?;
    keep_intents(&issuing.objects, &rows, issuing.now()).await?;
    let mut kept = issuing.kept.lock().await;
    if kept.sets.len() > MOST_KEPT {
        *kept = KeptOutside::default();
    }
    kept.sets.extend(sets);
    for shared in ["seals", "validation"] {
        let rows = rows[shared].as_array().into_iter().flatten();
        let digests = rows.filter_map(|row| row["digest"].as_str()?.strip_prefix("\\x"));
        kept.shared
            .extend(digests.filter_map(|digest| hex::decode(digest).ok()));
    }
    Ok(())
}

/// What this process has kept outside the database.
#[derive(Debug, Default)]
pub(crate) struct KeptOutside {
    /// Ids.
    sets: HashSet<Uuid>,
    /// Digests of seals and validation data that sets refer to.
    shared: HashSet<Vec<u8>>,
}

/// Sets that a process remembers to have kept.
const MOST_KEPT: usize = 10_000;

fn digests(rendered: &Rendered) -> Digests {
    let draft = &rendered.draft;
    Digests {
        set: rendered.loaded.set.id,
        ofd_data_hash: draft.linted.ofd_data_hash(),
        pdf_digest: draft.linted.pdf_digest(),
        pdf_sm3: rendered.pdf_sm3,
        unsigned_ofd: draft.unsigned_ofd,
        unsigned_pdf: draft.unsigned_pdf,
    }
}
