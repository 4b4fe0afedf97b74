//! First step: what stands outside the database is read into it.

use domain::restoration::RestorationStep;
use postgres::Tx;

use super::advance;
use crate::counterfoil;
use crate::deps::Deps;
use crate::error::Error;
use crate::store::exchange::succession;
use crate::store::restoration::{self as store, Restoration, paper};

/// Reads the counterfoils of the log beyond where the database stood, and the papers of provinces since; successions, which are about
/// nobody and never change, are put back at once. Provinces may tell again from then on.
///
/// # Errors
/// A store's: it is tried again.
pub(crate) async fn load(deps: &Deps, one: &Restoration) -> Result<(), Error> {
    for place in counterfoil::beyond(&deps.objects, one.from_position).await? {
        let content = counterfoil::read(&deps.objects, &place).await?;
        deps.database
            .run_tx("read counterfoil", async |tx: &mut Tx| {
                store::counterfoil::load(tx, &content, one.from_position).await
            })
            .await?;
    }
    for place in counterfoil::papers_since(&deps.objects, one.asked_since()).await? {
        let papers = counterfoil::papers(&deps.objects, &place).await?;
        deps.database
            .run_tx("read papers", async |tx: &mut Tx| {
                for paper in &papers {
                    paper::insert(tx, paper).await?;
                }
                Ok::<_, Error>(())
            })
            .await?;
    }
    let successions = counterfoil::successions_since(&deps.objects, one.asked_since()).await?;
    deps.database
        .run_tx("end reading", async |tx: &mut Tx| {
            for row in &successions {
                succession::put_back(tx, row).await?;
            }
            advance(deps, tx, one.id, (RestorationStep::Load, RestorationStep::Replay)).await
        })
        .await
}
