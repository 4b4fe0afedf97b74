//! Tables `seal.act` and `seal.signature`: what was asked, and what was given out.

use jiff::Timestamp;
use postgres::{Error, ToSql as _, Tx};
use sqlx::query;
use uuid::Uuid;

use crate::making::Kind;

/// One act as asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Act {
    pub intent: Uuid,
    pub kind: Kind,
    pub digest: [u8; 32],
    pub profile: &'static str,
    pub seal: String,
    pub specimen: bool,
    /// SM3 of the SESeal that the document carries; none: of the present one.
    pub making: Option<[u8; 32]>,
}

/// What the journal holds of an act after it was recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Recorded {
    /// Whether the journal's act is the one that was asked for.
    pub same: bool,
    /// When it was first recorded.
    pub at: Timestamp,
    /// The making that it was recorded with.
    pub making: Option<[u8; 32]>,
    /// The signature that was given out, if one was.
    pub signature: Option<Signed>,
}

/// A signature value with the instant it states.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Signed {
    pub value: Vec<u8>,
    pub at: Timestamp,
}

/// An act with what became of it, as exported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub act: Act,
    pub requested_by: String,
    pub requested_at: Timestamp,
    pub signed: Option<Signed>,
}

/// Finds an act, if it is recorded.
pub(crate) async fn find(tx: &mut Tx, act: &Act) -> Result<Option<Recorded>, Error> {
    let row = query!(
        r#"SELECT act.digest, act.profile, act.seal, act.specimen, act.making, act.requested_at,
                  signature.signature AS "signature?", signature.signed_at AS "signed_at?"
           FROM seal.act AS act LEFT JOIN seal.signature AS signature USING (intent_id, kind)
           WHERE act.intent_id = $1 AND act.kind = $2"#,
        act.intent,
        act.kind.code(),
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(|row| {
        let making = row.making.and_then(|making| making.try_into().ok());
        let same = row.digest == act.digest
            && row.profile == act.profile
            && row.seal == act.seal
            && row.specimen == act.specimen
            && (act.making.is_none() || making.is_none() || act.making == making);
        let signature = row.signature.zip(row.signed_at);
        Recorded {
            same,
            at: row.requested_at.to_jiff(),
            making,
            signature: signature.map(|(value, at)| Signed {
                value,
                at: at.to_jiff(),
            }),
        }
    }))
}

/// Records an act with the making that it is done with, or finds it recorded.
pub(crate) async fn record(
    tx: &mut Tx,
    act: &Act,
    making: &[u8; 32],
    caller: &str,
    at: Timestamp,
) -> Result<Recorded, Error> {
    query!(
        "INSERT INTO seal.act (intent_id, kind, digest, profile, seal, specimen, making, requested_by, requested_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (intent_id, kind) DO NOTHING",
        act.intent,
        act.kind.code(),
        act.digest.as_slice(),
        act.profile,
        act.seal,
        act.specimen,
        making.as_slice(),
        caller,
        at.to_sql(),
    )
    .execute(tx.conn())
    .await?;
    let found = find(tx, act).await?;
    found.ok_or_else(|| {
        super::broken(
            "seal.act",
            act.intent.to_string(),
            "is gone after it was recorded",
        )
    })
}

/// Keeps the signature of an act unless one is kept already; returns the one that counts.
pub(crate) async fn keep(tx: &mut Tx, act: &Act, signed: &Signed) -> Result<Signed, Error> {
    query!(
        "INSERT INTO seal.signature (intent_id, kind, signature, signed_at)
         VALUES ($1, $2, $3, $4) ON CONFLICT (intent_id, kind) DO NOTHING",
        act.intent,
        act.kind.code(),
        signed.value,
        signed.at.to_sql(),
    )
    .execute(tx.conn())
    .await?;
    let row = query!(
        "SELECT signature, signed_at FROM seal.signature WHERE intent_id = $1 AND kind = $2",
        act.intent,
        act.kind.code(),
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(Signed {
        value: row.signature,
        at: row.signed_at.to_jiff(),
    })
}

/// Where an export goes on.
pub(crate) type Place = (Timestamp, Uuid, String);

/// Acts requested in [from, to), after a place, at most `limit`, in the order of their request.
pub(crate) async fn page(
    tx: &mut Tx,
    (from, to): (Timestamp, Timestamp),
    after: &Place,
    limit: i64,
) -> Result<Vec<Entry>, Error> {
    let rows = query!(
        r#"SELECT act.intent_id, act.kind, act.digest, act.profile, act.seal, act.specimen, act.making,
                  act.requested_by, act.requested_at, signature.signature AS "signature?",
                  signature.signed_at AS "signed_at?"
           FROM seal.act AS act LEFT JOIN seal.signature AS signature USING (intent_id, kind)
           WHERE act.requested_at >= $1 AND act.requested_at < $2
             AND (act.requested_at, act.intent_id, act.kind) > ($3, $4, $5)
           ORDER BY act.requested_at, act.intent_id, act.kind LIMIT $6"#,
        from.to_sql(),
        to.to_sql(),
        after.0.to_sql(),
        after.1,
        after.2,
        limit,
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter()
        .map(|row| {
            let digest = row.digest.try_into();
            let digest = digest.map_err(|_| {
                super::broken(
                    "seal.act",
                    row.intent_id.to_string(),
                    "a digest of another length",
                )
            })?;
            Ok(Entry {
                act: Act {
                    intent: row.intent_id,
                    kind: Kind::from_code(&row.kind),
                    digest,
                    profile: if row.profile == "original" {
                        "original"
                    } else {
                        "use_copy"
                    },
                    seal: row.seal,
                    specimen: row.specimen,
                    making: row.making.and_then(|making| making.try_into().ok()),
                },
                requested_by: row.requested_by,
                requested_at: row.requested_at.to_jiff(),
                signed: row.signature.zip(row.signed_at).map(|(value, at)| Signed {
                    value,
                    at: at.to_jiff(),
                }),
            })
        })
        .collect()
}
