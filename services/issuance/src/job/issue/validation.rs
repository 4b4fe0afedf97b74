//! What the PDF brings along for whoever verifies it later (DSS): the signer's path and the revocation lists of its
//! issuers, as the trust bundle has them when a set is prepared. It is part of what is signed.

use std::collections::HashMap;
use std::sync::Arc;

use gm::Certificate;
use gm::chain::Trust;
use parking_lot::Mutex;
use pdf::ValidationData;
use postgres::Database;

use crate::error::Error;
use crate::peer::seal::SealMaterial;
use crate::store::issuing::validation_data;

/// A collection with its digest.
#[derive(Debug, Clone)]
pub(crate) struct Kept {
    pub(crate) digest: [u8; 32],
    pub(crate) data: Arc<ValidationData>,
}

/// Collections that this process has kept or found, by their digest.
#[derive(Default)]
pub(crate) struct Validation(Mutex<HashMap<[u8; 32], Arc<ValidationData>>>);

impl Validation {
    /// The present collection for a seal; its row is there when this returns.
    pub(crate) async fn current(
        &self,
        database: &Database,
        seal: &SealMaterial,
        trust: &Trust<'_>,
    ) -> Result<Kept, Error> {
        let data = collect(&seal.pdf_chain, trust);
        let digest = validation_data::digest(&data);
        let known = self.0.lock().get(&digest).cloned();
        if let Some(data) = known {
            return Ok(Kept { digest, data });
        }
        validation_data::keep(database, &data).await?;
        let data = Arc::new(data);
        self.0.lock().insert(digest, Arc::clone(&data));
        Ok(Kept { digest, data })
    }

    /// A collection that a set was prepared with.
    pub(crate) async fn by_digest(&self, database: &Database, digest: [u8; 32]) -> Result<Kept, Error> {
        let known = self.0.lock().get(&digest).cloned();
        let data = match known {
            Some(data) => data,
            None => {
                let data = Arc::new(validation_data::find(database, digest).await?);
                self.0.lock().insert(digest, Arc::clone(&data));
                data
            }
        };
        Ok(Kept { digest, data })
    }
}

/// The path from the signer to the root, each certificate once, and the lists that its issuers signed.
fn collect(chain: &[Vec<u8>], trust: &Trust<'_>) -> ValidationData {
    let own = chain.iter().filter_map(|der| Certificate::from_der(der).ok());
    let mut path: Vec<Certificate> = Vec::new();
    for certificate in own.chain(trust.intermediates.iter().chain(trust.roots).cloned()) {
        if !path.contains(&certificate) {
            path.push(certificate);
        }
    }
    let by_issuer = |list: &&gm::certificate::RevocationList| {
        path.iter().any(|issuer| {
            issuer.subject() == list.issuer()
                && issuer
                    .verifying_key()
                    .is_ok_and(|key| list.verify_signature(key).is_ok())
        })
    };
    ValidationData {
        certificates: path.iter().map(|one| one.der().to_vec()).collect(),
        revocation_lists: trust
            .revocation_lists
            .iter()
            .filter(by_issuer)
            .map(|list| list.der().to_vec())
            .collect(),
    }
}
