//! The restoration under way, else the last one, for whoever may see the whole nation.

use domain::province::Province;
use domain::restoration::{Finding, RestorationStep};
use postgres::Tx;
use service_runtime::Scope;
use service_runtime::error::NOT_FOUND;

use crate::deps::Deps;
use crate::error::Error;
use crate::store::restoration::{self as store, Restoration, finding, target, told, witness};

/// Findings that are judged and shown.
pub(crate) const MOST_FINDINGS: i64 = 1_000;

/// A restoration with what it waits for and what was found.
pub(crate) struct View {
    pub(crate) restoration: Restoration,
    /// `provinces/32`: their events; `provinces/32/witness`: their word.
    pub(crate) waiting_for: Vec<String>,
    pub(crate) findings: Vec<(Finding, String)>,
    pub(crate) through: Option<(u64, u64)>,
}

pub(crate) async fn get_restoration(deps: &Deps, scope: &Scope) -> Result<View, Error> {
    let rows = scope.rows();
    if !(rows.all || rows.every_province) {
        return Err(NOT_FOUND.refusal().into());
    }
    let found = deps
        .read
        .snapshot("get restoration", async |tx: &mut Tx| {
            let Some(restoration) = store::latest(tx).await? else {
                return Ok::<_, Error>(None);
            };
            let waiting_for = match restoration.step {
                RestorationStep::Replay => {
                    let missing = target::missing(tx).await?;
                    missing
                        .into_iter()
                        .map(|code| format!("provinces/{code}"))
                        .collect()
                }
                RestorationStep::Compare => {
                    let silent = silent(deps, tx).await?;
                    silent
                        .into_iter()
                        .map(|province| format!("provinces/{province}/witness"))
                        .collect()
                }
                _ => Vec::new(),
            };
            Ok(Some(View {
                findings: finding::all(tx, restoration.id, MOST_FINDINGS).await?,
                through: told::through(tx).await?,
                restoration,
                waiting_for,
            }))
        })
        .await?;
    found.ok_or_else(|| NOT_FOUND.refusal().into())
}

/// Witnesses that have to speak before it opens: as many as make a quorum. None: enough have.
pub(crate) async fn silent(deps: &Deps, tx: &mut Tx) -> Result<Vec<Province>, Error> {
    let spoken = witness::all(tx).await?;
    let enough = i64::try_from(spoken.len()).unwrap_or(i64::MAX) >= deps.witnesses.quorum();
    if deps.witnesses.is_empty() || enough {
        return Ok(Vec::new());
    }
    let provinces = deps.witnesses.provinces();
    let silent = provinces.filter(|province| spoken.iter().all(|word| word.province != *province));
    Ok(silent.collect())
}
