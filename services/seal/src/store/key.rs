//! Table `seal.key`: facts about keys.

use jiff::Timestamp;
use postgres::{Error, ToSql as _, Tx};
use sqlx::query;
use uuid::Uuid;

use crate::making::{KeyName, Kind, id};

/// A key as the database knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Known {
    pub name: KeyName,
    pub backend: String,
    /// SubjectPublicKeyInfo; none until the backend has made it.
    pub public: Option<Vec<u8>>,
    /// PKCS#10, DER.
    pub request: Option<Vec<u8>>,
}

/// Notes the keys that are installed beside a seal, in the backends of OFD and PDF.
pub(crate) async fn install(
    tx: &mut Tx,
    seal: &str,
    backends: [&str; 2],
    at: Timestamp,
) -> Result<(), Error> {
    for (kind, backend) in Kind::KEYS.into_iter().zip(backends) {
        query!(
            "INSERT INTO seal.key (seal, generation, kind, backend, state, created_at)
             VALUES ($1, 0, $2, $3, 'live', $4) ON CONFLICT DO NOTHING",
            seal,
            kind.code(),
            backend,
            at.to_sql(),
        )
        .execute(tx.conn())
        .await?;
    }
    Ok(())
}

/// Notes the next keys of a seal for a request, or finds those that it noted before.
pub(crate) async fn next(
    tx: &mut Tx,
    seal: &str,
    backends: [&str; 2],
    request: Uuid,
    at: Timestamp,
) -> Result<Vec<Known>, Error> {
    let known = query!(
        "SELECT generation FROM seal.key WHERE seal = $1 AND request_id = $2 LIMIT 1",
        seal,
        request
    )
    .fetch_optional(tx.conn())
    .await?;
    let generation = match known {
        Some(row) => row.generation,
        None => {
            query!(
                r#"SELECT coalesce(max(generation), 0) + 1 AS "next!" FROM seal.key WHERE seal = $1"#,
                seal
            )
            .fetch_one(tx.conn())
            .await?
            .next
        }
    };
    for (kind, backend) in Kind::KEYS.into_iter().zip(backends) {
        query!(
            "INSERT INTO seal.key (seal, generation, kind, backend, state, request_id, created_at)
             VALUES ($1, $2, $3, $4, 'live', $5, $6) ON CONFLICT DO NOTHING",
            seal,
            generation,
            kind.code(),
            backend,
            request,
            at.to_sql(),
        )
        .execute(tx.conn())
        .await?;
    }
    of_generation(tx, seal, u32::try_from(generation).unwrap_or_default()).await
}

/// The keys of one generation, OFD first.
pub(crate) async fn of_generation(tx: &mut Tx, seal: &str, generation: u32) -> Result<Vec<Known>, Error> {
    let rows = query!(
        "SELECT kind, backend, public_key, request FROM seal.key
         WHERE seal = $1 AND generation = $2 AND state = 'live' ORDER BY kind",
        seal,
        i32::try_from(generation).unwrap_or(i32::MAX),
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Known {
            name: KeyName {
                seal: id(seal).to_owned(),
                generation,
                kind: Kind::from_code(&row.kind),
            },
            backend: row.backend,
            public: row.public_key,
            request: row.request,
        })
        .collect())
}

/// The generation of the last keys; 0 when there are only installed ones.
pub(crate) async fn latest(tx: &mut Tx, seal: &str) -> Result<u32, Error> {
    let row = query!(
        r#"SELECT coalesce(max(generation), 0) AS "latest!" FROM seal.key WHERE seal = $1 AND state = 'live'"#,
        seal
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(u32::try_from(row.latest).unwrap_or_default())
}

/// Keeps what the backend made.
pub(crate) async fn made(tx: &mut Tx, name: &KeyName, public: &[u8], request: &[u8]) -> Result<(), Error> {
    query!(
        "UPDATE seal.key SET public_key = $4, request = $5, updated_by = shared.transaction_name()
         WHERE seal = $1 AND generation = $2 AND kind = $3 AND public_key IS NULL",
        format!("seals/{}", name.seal),
        i32::try_from(name.generation).unwrap_or(i32::MAX),
        name.kind.code(),
        public,
        request,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Decides that the keys of a seal are destroyed: all of them, or those before a generation.
pub(crate) async fn end(tx: &mut Tx, seal: &str, before: Option<u32>) -> Result<(), Error> {
    query!(
        "UPDATE seal.key SET state = 'ending', updated_by = shared.transaction_name()
         WHERE seal = $1 AND state = 'live' AND generation < $2",
        seal,
        before
            .and_then(|before| i32::try_from(before).ok())
            .unwrap_or(i32::MAX),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Keys whose destruction was decided and not yet done.
pub(crate) async fn ending(tx: &mut Tx) -> Result<Vec<Known>, Error> {
    let rows = query!(
        "SELECT seal, generation, kind, backend, public_key, request FROM seal.key WHERE state = 'ending'"
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Known {
            name: KeyName {
                seal: id(&row.seal).to_owned(),
                generation: u32::try_from(row.generation).unwrap_or_default(),
                kind: Kind::from_code(&row.kind),
            },
            backend: row.backend,
            public: row.public_key,
            request: row.request,
        })
        .collect())
}

/// Notes that a key is gone.
pub(crate) async fn destroyed(tx: &mut Tx, name: &KeyName, at: Timestamp) -> Result<(), Error> {
    query!(
        "UPDATE seal.key SET state = 'destroyed', destroyed_at = $4, updated_by = shared.transaction_name()
         WHERE seal = $1 AND generation = $2 AND kind = $3 AND state = 'ending'",
        format!("seals/{}", name.seal),
        i32::try_from(name.generation).unwrap_or(i32::MAX),
        name.kind.code(),
        at.to_sql(),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
