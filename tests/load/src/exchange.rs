//! The exchange between nation and provinces, and the log: issuance's whole service on a PostgreSQL that waits for the disk,
//! provinces with keys of their own over mutual TLS, identity's double.
//!
//! Whatever the nation does beside is in the figures: numbering, the log, status lists, the chain of the audit. Documents are not
//! made but for `exchange.lag_p99`: the issuing job ends after its first turn, as a test ends it; what it costs is `issuance.bulk`.

mod append;
mod apply;
mod bare;
mod lag;
mod province;
mod reconcile;
mod trees;

use anyhow::Result;
use tokio::runtime::Runtime;

use crate::nation::Wants;
use crate::row::Row;
use crate::server::Server;

/// Of the nation where only the exchange is measured.
const WITHOUT_DOCUMENTS: Wants = Wants {
    documents: false,
    lists: true,
};

/// Measures every row.
pub(crate) fn measure() -> Result<Vec<Row>> {
    let mut rows = vec![trees::measure()?];
    let (runtime, server) = (runtime()?, Server::start()?);
    runtime.block_on(Box::pin(async {
        rows.extend(apply::measure(&server).await?);
        rows.push(append::measure(&server).await?);
        rows.extend(reconcile::measure(&server).await?);
        rows.extend(Box::pin(lag::measure(&server)).await?);
        Ok(rows)
    }))
}

/// Runs a part alone.
pub(crate) fn measure_part(part: &str) -> Result<Vec<Row>> {
    let (runtime, server) = (runtime()?, Server::start()?);
    runtime.block_on(Box::pin(async {
        match part {
            "exchange.apply" => apply::measure(&server).await,
            "exchange.lag" => Box::pin(lag::measure(&server)).await,
            "log.append" => Ok(vec![append::measure(&server).await?]),
            _ => reconcile::measure(&server).await,
        }
    }))
}

/// Documents are drawn on deep stacks.
fn runtime() -> Result<Runtime> {
    service_runtime::tls::install_provider();
    Ok(tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .thread_stack_size(8 << 20)
        .build()?)
}
