//! Table `issuing.seal`: every seal that documents were prepared with, as it was.

use postgres::{Database, Error, Tx};
use sqlx::query;

use crate::peer::seal::SealMaterial;

/// Keeps a seal; one that is kept stays as it is.
pub(crate) async fn keep(database: &Database, seal: &SealMaterial) -> Result<(), Error> {
    database
        .run_tx("keep seal", async |tx: &mut Tx| {
            let digest = seal.digest();
            query!(
                "INSERT INTO issuing.seal (digest, name, title, der, picture, specimen)
                 VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (digest) DO NOTHING",
                digest.as_slice(),
                seal.name,
                seal.title,
                seal.der,
                seal.picture,
                seal.specimen,
            )
            .execute(tx.conn())
            .await?;
            Ok(())
        })
        .await
}

/// A seal that some set was prepared with.
pub(crate) async fn find(database: &Database, digest: [u8; 32]) -> Result<SealMaterial, Error> {
    database
        .run_tx("find seal", async |tx: &mut Tx| {
            let row = query!(
                "SELECT name, title, der, picture, specimen FROM issuing.seal WHERE digest = $1",
                digest.as_slice(),
            )
            .fetch_one(tx.conn())
            .await?;
            Ok(SealMaterial {
                name: row.name,
                title: row.title,
                der: row.der,
                picture: row.picture,
                specimen: row.specimen,
                pdf_chain: Vec::new(),
            })
        })
        .await
}
