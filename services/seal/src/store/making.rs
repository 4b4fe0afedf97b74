//! Table `seal.making`.

use gm::Certificate;
use jiff::Timestamp;
use postgres::{Error, ToSql as _, Tx};
use seal_format::Seal;
use sqlx::query;

use crate::making::{Kind, Making};

/// What a making is made of.
pub(crate) struct Content<'a> {
    pub key_generation: u32,
    /// SESeal, DER.
    pub seal: &'a [u8],
    pub seal_chain: &'a [Certificate],
    pub pdf_chain: &'a [Certificate],
}

/// A making as signing sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Usable {
    pub seal: String,
    pub digest: [u8; 32],
    /// Which of its keys are neither destroyed nor about to be.
    pub live: Vec<Kind>,
}

/// Whether a making is kept.
pub(crate) async fn known(tx: &mut Tx, digest: &[u8; 32]) -> Result<bool, Error> {
    let row = query!(
        r#"SELECT EXISTS (SELECT FROM seal.making WHERE digest = $1) AS "known!""#,
        digest.as_slice()
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(row.known)
}

/// Keeps a making as the next of its seal.
pub(crate) async fn keep(
    tx: &mut Tx,
    seal: &str,
    digest: &[u8; 32],
    content: &Content<'_>,
    at: Timestamp,
) -> Result<(), Error> {
    let ders =
        |chain: &[Certificate]| -> Vec<Vec<u8>> { chain.iter().map(|one| one.der().to_vec()).collect() };
    query!(
        "INSERT INTO seal.making (seal, generation, key_generation, digest, content, seal_chain, pdf_chain, made_at)
         SELECT $1, coalesce(max(generation), 0) + 1, $2, $3, $4, $5, $6, $7 FROM seal.making WHERE seal = $1",
        seal,
        i32::try_from(content.key_generation).unwrap_or(i32::MAX),
        digest.as_slice(),
        content.seal,
        &ders(content.seal_chain),
        &ders(content.pdf_chain),
        at.to_sql(),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Every making with its living keys.
pub(crate) async fn usable(tx: &mut Tx) -> Result<Vec<Usable>, Error> {
    let rows = query!(
        r#"SELECT making.seal, making.digest,
                  EXISTS (SELECT FROM seal.key WHERE key.seal = making.seal AND key.generation = making.key_generation
                          AND key.kind = 'ofd' AND key.state = 'live') AS "ofd!",
                  EXISTS (SELECT FROM seal.key WHERE key.seal = making.seal AND key.generation = making.key_generation
                          AND key.kind = 'pdf' AND key.state = 'live') AS "pdf!"
           FROM seal.making AS making"#
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter()
        .map(|row| {
            let live = [(Kind::Ofd, row.ofd), (Kind::Pdf, row.pdf)];
            Ok(Usable {
                seal: row.seal,
                digest: digest(row.digest)?,
                live: live
                    .into_iter()
                    .filter(|(_, lives)| *lives)
                    .map(|(kind, _)| kind)
                    .collect(),
            })
        })
        .collect()
}

/// One making, parsed and checked again.
pub(crate) async fn find(tx: &mut Tx, digest: &[u8; 32]) -> Result<Option<Making>, Error> {
    let row = query!(
        "SELECT seal, key_generation, content, seal_chain, pdf_chain FROM seal.making WHERE digest = $1",
        digest.as_slice(),
    )
    .fetch_optional(tx.conn())
    .await?;
    let Some(row) = row else { return Ok(None) };
    let broken = |what: String| super::broken("seal.making", hex::encode(digest), what);
    let chain = |ders: Vec<Vec<u8>>| -> Result<Vec<Certificate>, Error> {
        let certificates = ders.iter().map(|der| Certificate::from_der(der));
        certificates
            .collect::<Result<_, _>>()
            .map_err(|error| broken(error.to_string()))
    };
    let seal = Seal::parse(&row.content).map_err(|error| broken(error.to_string()))?;
    let generation = u32::try_from(row.key_generation).unwrap_or_default();
    Making::assemble(
        &row.seal,
        generation,
        &seal,
        chain(row.seal_chain)?,
        chain(row.pdf_chain)?,
    )
    .map(Some)
    .map_err(broken)
}

fn digest(bytes: Vec<u8>) -> Result<[u8; 32], Error> {
    bytes
        .try_into()
        .map_err(|_| super::broken("seal.making", "-", "a digest of another length"))
}
