//! Fenced leases: one holder of a background job at a time, and no late writer after it changed.
//!
//! A lease is a hint about who should work; the fence is what makes a lost lease harmless. Times come from the
//! caller's system clock; clocks of holders may differ by less than the lease's term without harm to data.

mod periodic;

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use sqlx::{query, query_scalar};

pub use periodic::{Periodic, Step};

use crate::types::ToSql;
use crate::{Database, Error, Tx};

/// A lease as it was granted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    name: String,
    holder: String,
    fence: i64,
}

impl Lease {
    /// Number that grows with every grant.
    #[must_use]
    pub fn fence(&self) -> i64 {
        self.fence
    }

    /// Name of the job.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl Database {
    /// Takes a lease that is free, expired, or left by an earlier life of the same holder. `None` while
    /// another holds it.
    ///
    /// # Errors
    /// The database's.
    pub async fn acquire_lease(
        &self,
        name: &str,
        holder: &str,
        now: Timestamp,
        term: Duration,
    ) -> Result<Option<Lease>, Error> {
        let until = expiry(now, term);
        self.run_tx("acquire lease", async |tx: &mut Tx| {
            let fence = query_scalar!(
                "INSERT INTO shared.lease AS held (name, holder, fence, expires_at) VALUES ($1, $2, 1, $3)
                 ON CONFLICT (name) DO UPDATE
                 SET holder = excluded.holder, fence = held.fence + 1, expires_at = excluded.expires_at,
                     updated_by = shared.transaction_name()
                 WHERE held.expires_at <= $4 OR held.holder = excluded.holder
                 RETURNING fence",
                name,
                holder,
                until.to_sql(),
                now.to_sql(),
            )
            .fetch_optional(tx.conn())
            .await?;
            Ok(fence.map(|fence| Lease {
                name: name.to_owned(),
                holder: holder.to_owned(),
                fence,
            }))
        })
        .await
    }

    /// Extends a lease still held under the same fence, even if it ran out meanwhile.
    ///
    /// # Errors
    /// [`Error::LeaseLost`] if another took it.
    pub async fn renew_lease(&self, lease: &Lease, now: Timestamp, term: Duration) -> Result<(), Error> {
        self.set_expiry("renew lease", lease, expiry(now, term)).await
    }

    /// Gives a lease back, so that another need not wait for its end.
    ///
    /// # Errors
    /// [`Error::LeaseLost`] if another took it.
    pub async fn release_lease(&self, lease: &Lease, now: Timestamp) -> Result<(), Error> {
        self.set_expiry("release lease", lease, now).await
    }

    async fn set_expiry(
        &self,
        transaction: &'static str,
        lease: &Lease,
        until: Timestamp,
    ) -> Result<(), Error> {
        self.run_tx(transaction, async |tx: &mut Tx| {
            let result = query!(
                "UPDATE shared.lease SET expires_at = $4, updated_by = shared.transaction_name()
                 WHERE name = $1 AND holder = $2 AND fence = $3",
                lease.name,
                lease.holder,
                lease.fence,
                until.to_sql(),
            )
            .execute(tx.conn())
            .await?;
            if result.rows_affected() == 1 {
                Ok(())
            } else {
                Err(lost(lease))
            }
        })
        .await
    }
}

impl Tx {
    /// Holds the fence for the length of this transaction: no other holder can take the lease before it ends,
    /// and it fails if one already has. Every write of a leased job starts with this.
    ///
    /// # Errors
    /// [`Error::LeaseLost`].
    pub async fn check_fence(&mut self, lease: &Lease) -> Result<(), Error> {
        let held = query_scalar!(
            "SELECT fence FROM shared.lease WHERE name = $1 AND fence = $2 FOR SHARE",
            lease.name,
            lease.fence,
        )
        .fetch_optional(self.conn())
        .await?;
        if held.is_some() { Ok(()) } else { Err(lost(lease)) }
    }
}

fn expiry(now: Timestamp, term: Duration) -> Timestamp {
    now.saturating_add(SignedDuration::try_from(term).unwrap_or(SignedDuration::MAX))
        .unwrap_or(Timestamp::MAX)
}

fn lost(lease: &Lease) -> Error {
    Error::LeaseLost {
        name: lease.name.clone(),
    }
}
