//! Tables `seal.act` and `seal.signature`: what was asked, and what was given out.

use jiff::Timestamp;
use postgres::{Error, ToSql as _, Tx};
use sqlx::query;
use uuid::Uuid;

/// One act as asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Act {
    pub intent: Uuid,
    pub kind: &'static str,
    pub digest: [u8; 32],
    pub profile: &'static str,
    pub seal: String,
    pub specimen: bool,
}

/// What the journal holds of an act after it was recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Recorded {
    /// Whether the journal's act is the one that was asked for.
    pub same: bool,
    /// The signature that was given out, if one was.
    pub signature: Option<Signed>,
}

/// A signature value with the instant it states.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Signed {
    pub value: Vec<u8>,
    pub at: Timestamp,
}

/// Records an act, or finds it recorded.
pub(crate) async fn record(tx: &mut Tx, act: &Act, caller: &str, at: Timestamp) -> Result<Recorded, Error> {
    query!(
        "INSERT INTO seal.act (intent_id, kind, digest, profile, seal, specimen, requested_by, requested_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (intent_id, kind) DO NOTHING",
        act.intent,
        act.kind,
        act.digest.as_slice(),
        act.profile,
        act.seal,
        act.specimen,
        caller,
        at.to_sql(),
    )
    .execute(tx.conn())
    .await?;
    let row = query!(
        r#"SELECT act.digest, act.profile, act.seal, act.specimen,
                  signature.signature AS "signature?", signature.signed_at AS "signed_at?"
           FROM seal.act AS act LEFT JOIN seal.signature AS signature USING (intent_id, kind)
           WHERE act.intent_id = $1 AND act.kind = $2"#,
        act.intent,
        act.kind,
    )
    .fetch_one(tx.conn())
    .await?;
    let same = row.digest == act.digest
        && row.profile == act.profile
        && row.seal == act.seal
        && row.specimen == act.specimen;
    let signature = row.signature.zip(row.signed_at);
    Ok(Recorded {
        same,
        signature: signature.map(|(value, at)| Signed {
            value,
            at: at.to_jiff(),
        }),
    })
}

/// Keeps the signature of an act unless one is kept already; returns the one that counts.
pub(crate) async fn keep(tx: &mut Tx, act: &Act, signed: &Signed) -> Result<Signed, Error> {
    query!(
        "INSERT INTO seal.signature (intent_id, kind, signature, signed_at)
         VALUES ($1, $2, $3, $4) ON CONFLICT (intent_id, kind) DO NOTHING",
        act.intent,
        act.kind,
        signed.value,
        signed.at.to_sql(),
    )
    .execute(tx.conn())
    .await?;
    let row = query!(
        "SELECT signature, signed_at FROM seal.signature WHERE intent_id = $1 AND kind = $2",
        act.intent,
        act.kind,
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(Signed {
        value: row.signature,
        at: row.signed_at.to_jiff(),
    })
}
