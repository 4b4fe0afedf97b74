//! Third step: what was told and no province tells again is put back as it was told, file by file and copy by copy; whatever has no
//! explanation is named.

use domain::restoration::{Finding, RestorationStep};
use postgres::Tx;
use serde_json::Value;

use super::{advance, found};
use crate::counterfoil;
use crate::deps::Deps;
use crate::error::Error;
use crate::store::restoration::told::{self, ToldRow};
use crate::store::restoration::{Restoration, regrown};

/// Changes of one transaction.
const BATCH: usize = 200;

/// What a batch came to.
enum Batch {
    More,
    Done,
    /// A leaf belongs to nothing: the log cannot grow over it.
    Barred,
}

/// True once every position has its change again.
///
/// # Errors
/// A store's: it is tried again.
pub(crate) async fn rebuild(deps: &Deps, one: &Restoration) -> Result<bool, Error> {
    let intents = counterfoil::intents_since(&deps.objects, one.asked_since()).await?;
    // Sets refer to them.
    deps.database
        .run_tx("put back seals", async |tx: &mut Tx| {
            for rows in &intents {
                regrown::referred(tx, rows).await?;
            }
            Ok::<_, Error>(())
        })
        .await?;
    loop {
        let batch = deps.database.run_tx("put back changes", async |tx: &mut Tx| {
            put_back(deps, tx, one).await
        });
        match batch.await? {
            Batch::More => {}
            Batch::Barred => return Ok(false),
            Batch::Done => break,
        }
    }
    let sets: Vec<&Value> = intents
        .iter()
        .filter_map(|one| one["sets"].as_array())
        .flatten()
        .collect();
    deps.database
        .run_tx("put back intents", async |tx: &mut Tx| {
            for rows in &sets {
                if !regrown::intent(tx, rows).await? {
                    let set = rows["set"]["id"].as_str().unwrap_or_default();
                    found(
                        deps,
                        tx,
                        one.id,
                        (Finding::RowsNotRebuilt, &format!("intents/{set}")),
                    )
                    .await?;
                }
            }
            advance(
                deps,
                tx,
                one.id,
                (RestorationStep::Rebuild, RestorationStep::Regrow),
            )
            .await
        })
        .await?;
    Ok(true)
}

async fn put_back(deps: &Deps, tx: &mut Tx, one: &Restoration) -> Result<Batch, Error> {
    for _ in 0..BATCH {
        let Some(change) = told::next(tx).await? else {
            return Ok(Batch::Done);
        };
        if change.kind == "version" && change.leaf.is_some() {
            let index = told::index_of(tx, change.position, one.from_size).await?;
            let subject = format!("log/leaves/{index}");
            found(deps, tx, one.id, (Finding::LeafWithoutAct, &subject)).await?;
            return Ok(Batch::Barred);
        }
        let id = regrown::put_back(tx, &change).await?;
        if let Some((finding, subject)) = rows(tx, &change, id).await? {
            found(deps, tx, one.id, (finding, &subject)).await?;
        }
        told::taken(tx, &[change.position.cast_signed()]).await?;
    }
    Ok(Batch::More)
}

/// The rows that belong to a change that was put back; a finding where they are not whole.
async fn rows(tx: &mut Tx, told: &ToldRow, change: i64) -> Result<Option<(Finding, String)>, Error> {
    let papers = &told.papers;
    let position = || format!("positions/{}", told.position);
    Ok(match told.kind.as_str() {
        "entry" if papers["transition"].is_object() => {
            regrown::transition(tx, &papers["transition"], change).await?;
            None
        }
        "copy" => {
            let mut whole = true;
            let copies = papers["copies"].as_array().map(Vec::as_slice).unwrap_or_default();
            for rows in copies {
                whole &= regrown::copy(tx, rows, change).await?;
            }
            (!whole || copies.is_empty()).then(|| (Finding::RowsNotRebuilt, position()))
        }
        "document" => match &papers["document"] {
            Value::Null => None,
            rows => (!regrown::document(tx, rows).await?).then(|| (Finding::RowsNotRebuilt, position())),
        },
        _ => Some((Finding::ChangeNotRebuilt, position())),
    })
}
