//! Table `issuing.validation_data`: certificates and revocation lists that documents were prepared with, as they were.

use pdf::ValidationData;
use postgres::{Database, Error, Tx};
use sha2::{Digest as _, Sha256};
use sqlx::query;

/// What tells one collection from the next.
pub(crate) fn digest(data: &ValidationData) -> [u8; 32] {
    let mut state = Sha256::new();
    for list in [&data.certificates, &data.revocation_lists] {
        state.update((list.len() as u64).to_be_bytes());
        for value in list {
            state.update((value.len() as u64).to_be_bytes());
            state.update(value);
        }
    }
    state.finalize().into()
}

/// Keeps a collection; one that is kept stays as it is.
pub(crate) async fn keep(database: &Database, data: &ValidationData) -> Result<[u8; 32], Error> {
    let digest = digest(data);
    database
        .run_tx("keep validation data", async |tx: &mut Tx| {
            query!(
                "INSERT INTO issuing.validation_data (digest, certificates, revocation_lists)
                 VALUES ($1, $2, $3) ON CONFLICT (digest) DO NOTHING",
                digest.as_slice(),
                data.certificates.as_slice(),
                data.revocation_lists.as_slice(),
            )
            .execute(tx.conn())
            .await?;
            Ok::<_, Error>(())
        })
        .await?;
    Ok(digest)
}

/// A collection that some set was prepared with.
pub(crate) async fn find(database: &Database, digest: [u8; 32]) -> Result<ValidationData, Error> {
    database
        .run_tx("find validation data", async |tx: &mut Tx| {
            let row = query!(
                "SELECT certificates, revocation_lists FROM issuing.validation_data WHERE digest = $1",
                digest.as_slice(),
            )
            .fetch_one(tx.conn())
            .await?;
            Ok(ValidationData {
                certificates: row.certificates,
                revocation_lists: row.revocation_lists,
            })
        })
        .await
}
