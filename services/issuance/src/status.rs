//! What this process knows about status lists: where they are served, who signs them for how long, and the keys of the shards.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use parking_lot::RwLock;
use personal_data::{OsRandom, WrappedDataKey};
use rand_core::{Rng as _, UnwrapErr};
use status_list::{DecoyPlan, Es256Signer, Shard, Terms};
use uuid::Uuid;

use crate::error::Error;
use crate::sealing::{self, Sealing};

const DECOY_KEY: &str = "issuing.status_shard.decoy_key";

/// One per process.
#[derive(Debug)]
pub(crate) struct StatusLists {
    url: String,
    pub(crate) key: Es256Signer,
    pub(crate) terms: Terms,
    /// Shards never change once they are open.
    shards: RwLock<BTreeMap<u32, Arc<Shard>>>,
}

/// A shard as its row holds it.
#[derive(Debug, Clone)]
pub(crate) struct SealedShard {
    pub(crate) number: u32,
    pub(crate) id: Uuid,
    pub(crate) wrapped_key: Vec<u8>,
    pub(crate) decoy_key: Vec<u8>,
    pub(crate) opened_at: Timestamp,
}

impl SealedShard {
    /// A new shard with a key of its own.
    pub(crate) fn open(number: u32, sealing: &Sealing, at: Timestamp) -> Self {
        let random = &mut UnwrapErr(OsRandom);
        let id = Uuid::new_v4();
        let (key, wrapped) = sealing.vault().create(id, random);
        let mut secret = zeroize::Zeroizing::new([0; 32]);
        random.fill_bytes(&mut *secret);
        Self {
            number,
            id,
            wrapped_key: wrapped.as_bytes().to_vec(),
            decoy_key: sealing::seal(&key, DECOY_KEY, &*secret),
            opened_at: at,
        }
    }
}

impl StatusLists {
    /// Lists served below `url`, which has no slash at its end.
    pub(crate) fn new(url: String, key: Es256Signer, terms: Terms) -> Self {
        Self {
            url,
            key,
            terms,
            shards: RwLock::default(),
        }
    }

    /// The name of a shard's list in certificates and tokens.
    pub(crate) fn uri(&self, shard: u32) -> String {
        format!("{}/{shard}", self.url)
    }

    /// The shard of a row, with its key opened.
    ///
    /// # Errors
    /// The key does not open.
    pub(crate) fn shard(&self, row: SealedShard, sealing: &Sealing) -> Result<Arc<Shard>, Error> {
        if let Some(known) = self.shards.read().get(&row.number) {
            return Ok(Arc::clone(known));
        }
        let unreadable = |_| Error::internal("the key of a status shard does not open");
        let key = sealing
            .vault()
            .unwrap(row.id, &WrappedDataKey::from_bytes(row.wrapped_key))
            .map_err(unreadable)?;
        let secret = sealing::open(&key, DECOY_KEY, row.decoy_key)?;
        let secret: [u8; 32] = secret
            .as_slice()
            .try_into()
            .map_err(|_| Error::internal("the key of a status shard has another length"))?;
        let shard = Shard::new(row.number, row.opened_at, secret, DecoyPlan::default());
        let shard = Arc::new(shard);
        self.shards.write().insert(row.number, Arc::clone(&shard));
        Ok(shard)
    }
}
