//! The streams of the provinces and what officers proposed about them, for officers of the nation.

use domain::ids::StreamRepairId;
use domain::province::Province;
use domain::stream_repair::StreamRepair;
use postgres::Tx;
use postgres::inbox::{self, Source};
use postgres::outbox::Envelope;
use service_runtime::Scope;
use service_runtime::error::NOT_FOUND;
use uuid::Uuid;

use super::national_acts::national;
use crate::deps::Deps;
use crate::error::Error;
use crate::exchange::stream;
use crate::store::exchange::reported_head::{self, Reported};
use crate::store::exchange::stopped::{self, Stopped};
use crate::store::exchange::stream_repair;

/// Where one stands.
pub(crate) struct View {
    pub(crate) province: Province,
    pub(crate) source: Source,
    pub(crate) stopped: Option<Stopped>,
    pub(crate) head: Option<Reported>,
}

/// Every province that is enrolled.
pub(crate) async fn list_province_streams(deps: &Deps, scope: &Scope) -> Result<Vec<View>, Error> {
    national(scope)?;
    deps.read
        .snapshot("list province streams", async |tx: &mut Tx| {
            let mut found = Vec::new();
            for province in deps.exchange.provinces() {
                found.push(View {
                    province,
                    source: inbox::source(tx, &stream(province)).await?,
                    stopped: stopped::current(tx, province).await?,
                    head: reported_head::find(tx, province).await?,
                });
            }
            Ok::<_, Error>(found)
        })
        .await
}

/// One repair.
pub(crate) async fn get_stream_repair(
    deps: &Deps,
    scope: &Scope,
    id: StreamRepairId,
) -> Result<StreamRepair, Error> {
    national(scope)?;
    let read = async |tx: &mut Tx| stream_repair::find(tx, id).await;
    let found = deps.read.snapshot("get stream repair", read).await?;
    found.ok_or_else(|| NOT_FOUND.refusal().into())
}

/// Those of a province, or all that wait for a second officer.
pub(crate) async fn list_stream_repairs(
    deps: &Deps,
    scope: &Scope,
    province: Option<Province>,
    after: Option<Uuid>,
    limit: u32,
) -> Result<Vec<StreamRepair>, Error> {
    national(scope)?;
    let read = async |tx: &mut Tx| stream_repair::list(tx, province, after, limit.into()).await;
    Ok(deps.read.snapshot("list stream repairs", read).await?)
}

/// A province's own envelopes after a number, as the nation keeps them.
pub(crate) async fn fetch_envelopes(
    deps: &Deps,
    province: Province,
    after: u64,
    limit: i64,
) -> Result<Vec<Envelope>, Error> {
    let read = async |tx: &mut Tx| stopped::envelopes_after(tx, province, after, limit).await;
    Ok(deps.read.snapshot("fetch envelopes", read).await?)
}
