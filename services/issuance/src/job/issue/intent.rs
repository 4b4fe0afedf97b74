//! Step 5: what is going to be signed is stored before anybody is asked to sign it.
//!
//! A crash after it leaves an intent without a signature. The next attempt renders the same bytes again, finds the same
//! digests and goes on; different ones stop the set, because then the same facts no longer make the same documents.

use postgres::Tx;

use super::{Batch, Failure, Rendered, Stop};
use crate::error::Error;
use crate::issuing::Issuing;
use crate::store::issuing::intent::{self, Digests};
use crate::store::issuing::job::{self, Leased};

/// Stores the intents of a batch in one transaction, or finds them stored.
pub(super) async fn store(issuing: &Issuing, mut batch: Batch<Rendered>) -> Result<Batch<Rendered>, Error> {
    let going = batch.take();
    let intents: Vec<(&Leased, Digests)> = going
        .iter()
        .map(|(leased, rendered)| (leased, digests(rendered)))
        .collect();
    let at = issuing.now();
    let stored = issuing
        .database
        .run_tx("store intents", async |tx: &mut Tx| {
            let mut stored = Vec::with_capacity(intents.len());
            for (leased, ours) in &intents {
                let theirs = intent::store(tx, ours, at).await?;
                stored.push((job::intended(tx, leased, at).await?, theirs == *ours));
            }
            Ok::<_, postgres::Error>(stored)
        })
        .await?;
    drop(intents);
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
