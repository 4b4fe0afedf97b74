//! The seals in keeping, with their states and their present making.

use std::sync::Arc;

use domain::seal::Proposal;
use postgres::Tx;

use crate::app::Deps;
use crate::error::{Error, SEAL_UNKNOWN};
use crate::making::Making;
use crate::store::proposal;
use crate::store::seal::{self, Record};

/// A seal as it is shown.
pub(crate) struct View {
    pub record: Record,
    /// None while nothing is made.
    pub making: Option<Arc<Making>>,
    /// What waits for a second officer.
    pub proposal: Option<(Proposal, String)>,
}

/// Every seal, by name.
pub(crate) async fn list(deps: &Deps) -> Result<Vec<View>, Error> {
    let records = deps
        .database
        .run_tx("list seals", async |tx: &mut Tx| {
            let mut found = Vec::new();
            for record in seal::all(tx).await? {
                let waiting = proposal::find(tx, &record.name).await?;
                found.push((record, waiting));
            }
            Ok::<_, postgres::Error>(found)
        })
        .await?;
    let mut views = Vec::with_capacity(records.len());
    for (record, proposal) in records {
        let making = match &record.digest {
            Some(digest) => Some(deps.making(digest).await?),
            None => None,
        };
        views.push(View {
            record,
            making,
            proposal,
        });
    }
    Ok(views)
}

/// One seal.
pub(crate) async fn find(deps: &Deps, name: &str) -> Result<View, Error> {
    let found = list(deps)
        .await?
        .into_iter()
        .find(|view| view.record.name == name);
    found.ok_or_else(|| SEAL_UNKNOWN.into())
}
