//! Fourth step: the log grows again leaf by leaf, and at the end of each counterfoil has the root that it had.

use domain::restoration::{Finding, RestorationStep};
use postgres::Tx;

use super::{advance, found};
use crate::deps::Deps;
use crate::error::Error;
use crate::store::restoration::Restoration;
use crate::store::restoration::regrown::{Grown, grow};

/// Why a transaction that let the log grow is undone.
#[derive(Debug)]
enum Undone {
    Differs { first: u64, through: u64 },
    Error(Error),
}

impl From<postgres::Error> for Undone {
    fn from(error: postgres::Error) -> Self {
        Self::Error(error.into())
    }
}

impl postgres::TransactionError for Undone {
    fn database(&self) -> Option<&postgres::Error> {
        match self {
            Self::Error(error) => postgres::TransactionError::database(error),
            Self::Differs { .. } => None,
        }
    }
}

/// True once the log has the size that it had. Where the tree is another, nothing of that piece stays, and the leaves are named
/// among which it differs.
///
/// # Errors
/// The database's: it is tried again.
pub(crate) async fn regrow(deps: &Deps, one: &Restoration) -> Result<bool, Error> {
    loop {
        let grown = deps
            .database
            .run_tx("regrow log", async |tx: &mut Tx| match grow(tx).await? {
                Grown::Differs { first, through } => Err(Undone::Differs { first, through }),
                grown => Ok(grown),
            })
            .await;
        match grown {
            Ok(Grown::Further) => {}
            Ok(_) => break,
            Err(Undone::Error(error)) => return Err(error),
            Err(Undone::Differs { first, through }) => {
                let subject = format!("log/leaves/{first}-{through}");
                deps.database
                    .run_tx("note finding", async |tx: &mut Tx| {
                        found(deps, tx, one.id, (Finding::RootDiffers, &subject)).await
                    })
                    .await?;
                return Ok(false);
            }
        }
    }
    deps.database
        .run_tx("end regrowing", async |tx: &mut Tx| {
            advance(
                deps,
                tx,
                one.id,
                (RestorationStep::Regrow, RestorationStep::Compare),
            )
            .await
        })
        .await?;
    Ok(true)
}
