//! The seals that documents carry: the present one from its keeper, earlier ones from their rows.
//!
//! A set keeps the seal that it was prepared with, so a seal that is made anew between two attempts changes nothing.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use postgres::Database;
use service_runtime::Refusal;
use service_runtime::error::PEER_UNAVAILABLE;
use tokio::time::Instant;

use crate::error::Error;
use crate::peer::seal::{SealClient, SealMaterial, SealUnavailable};
use crate::store::issuing::seal;

/// How long the keeper is not asked again for the present seal.
const KNOWN_FOR: Duration = Duration::from_secs(60);

/// What is known of seals in this process.
pub(crate) struct Seals {
    client: SealClient,
    name: String,
    current: Mutex<Option<(Instant, Arc<SealMaterial>)>>,
    known: Mutex<HashMap<[u8; 32], Arc<SealMaterial>>>,
}

impl Seals {
    /// With the seal of this name as the present one.
    pub(crate) fn new(client: SealClient, name: String) -> Self {
        Self {
            client,
            name,
            current: Mutex::default(),
            known: Mutex::default(),
        }
    }

    /// The present seal; its row is there when this returns.
    pub(crate) async fn current(&self, database: &Database) -> Result<Arc<SealMaterial>, Error> {
        let cached = self.current.lock().clone();
        if let Some((asked, material)) = cached
            && asked.elapsed() < KNOWN_FOR
        {
            return Ok(material);
        }
        let material = self.client.find(&self.name).await.map_err(|error| away(&error))?;
        seal::keep(database, &material).await?;
        let material = Arc::new(material);
        self.known.lock().insert(material.digest(), Arc::clone(&material));
        *self.current.lock() = Some((Instant::now(), Arc::clone(&material)));
        Ok(material)
    }

    /// The present seal as its keeper has it now, whatever was known before.
    pub(crate) async fn refreshed(&self, database: &Database) -> Result<Arc<SealMaterial>, Error> {
        *self.current.lock() = None;
        self.current(database).await
    }

    /// The present seal, asked for anew where the one known is the making that the keeper has just refused.
    pub(crate) async fn other_than(
        &self,
        database: &Database,
        refused: [u8; 32],
    ) -> Result<Arc<SealMaterial>, Error> {
        {
            let mut current = self.current.lock();
            if current
                .as_ref()
                .is_some_and(|(_, known)| known.digest() == refused)
            {
                *current = None;
            }
        }
        self.current(database).await
    }

    /// A seal that a set was prepared with.
    pub(crate) async fn by_digest(
        &self,
        database: &Database,
        digest: [u8; 32],
    ) -> Result<Arc<SealMaterial>, Error> {
        let known = self.known.lock().get(&digest).cloned();
        if let Some(material) = known {
            return Ok(material);
        }
        let material = Arc::new(seal::find(database, digest).await?);
        self.known.lock().insert(digest, Arc::clone(&material));
        Ok(material)
    }
}

/// Whoever orders documents anew while the keeper is away may order again; found by seed 23 of the simulation.
fn away(unavailable: &SealUnavailable) -> Error {
    tracing::warn!(error = %unavailable, "the keeper of the seals does not answer");
    Error::Refused(Refusal::new(PEER_UNAVAILABLE).metadata("peer", "seal"))
}
