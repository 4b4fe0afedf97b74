//! Tables `seal.act` and `seal.signature`: what was asked, and what was given out.

use std::collections::BTreeMap;

use jiff::Timestamp;
use postgres::{Error, SqlTimestamp, ToSql as _, Tx, column};
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
    /// The leaf of the log that the request proved.
    pub leaf: Option<u64>,
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

/// Finds acts as far as they are recorded, in the order in which they are asked for.
pub(crate) async fn find_all(tx: &mut Tx, acts: &[&Act]) -> Result<Vec<Option<Recorded>>, Error> {
    let rows = query!(
        r#"SELECT asked.place AS "place!", act.digest, act.profile, act.seal, act.specimen, act.making, act.requested_at,
                  signature.signature AS "signature?", signature.signed_at AS "signed_at?"
           FROM unnest($1::uuid[], $2::text[]) WITH ORDINALITY AS asked (intent_id, kind, place)
           JOIN seal.act AS act USING (intent_id, kind)
           LEFT JOIN seal.signature AS signature USING (intent_id, kind)"#,
        &column(acts, |act| act.intent),
        &column(acts, |act| act.kind.code().to_owned()),
    )
    .fetch_all(tx.conn())
    .await?;
    let mut found: Vec<Option<Recorded>> = acts.iter().map(|_| None).collect();
    for row in rows {
        let Some(nth) = nth(row.place, acts.len()) else {
            continue;
        };
        let act = acts[nth];
        let making = row.making.and_then(|making| making.try_into().ok());
        let same = row.digest == act.digest
            && row.profile == act.profile
            && row.seal == act.seal
            && row.specimen == act.specimen
            && (act.making.is_none() || making.is_none() || act.making == making);
        let signature = row.signature.zip(row.signed_at);
        found[nth] = Some(Recorded {
            same,
            at: row.requested_at.to_jiff(),
            making,
            signature: signature.map(|(value, at)| Signed {
                value,
                at: at.to_jiff(),
            }),
        });
    }
    Ok(found)
}

/// The index of a row that `WITH ORDINALITY` numbered from 1.
fn nth(place: i64, of: usize) -> Option<usize> {
    let nth = usize::try_from(place).ok()?.checked_sub(1)?;
    (nth < of).then_some(nth)
}

/// Records acts, each with the making that it is done with, or finds them recorded; in order.
pub(crate) async fn record_all(
    tx: &mut Tx,
    new: &[(&Act, [u8; 32])],
    caller: &str,
    at: Timestamp,
) -> Result<Vec<Recorded>, Error> {
    if new.is_empty() {
        return Ok(Vec::new());
    }
    query!(
        "INSERT INTO seal.act (intent_id, kind, digest, profile, seal, specimen, making, requested_by, requested_at, leaf)
         SELECT intent_id, kind, digest, profile, seal, specimen, making, $8, $9, leaf
         FROM unnest($1::uuid[], $2::text[], $3::bytea[], $4::text[], $5::text[], $6::bool[], $7::bytea[], $10::bigint[])
             AS new (intent_id, kind, digest, profile, seal, specimen, making, leaf)
         ON CONFLICT (intent_id, kind) DO NOTHING",
        &column(new, |(act, _)| act.intent),
        &column(new, |(act, _)| act.kind.code().to_owned()),
        &column(new, |(act, _)| act.digest.to_vec()),
        &column(new, |(act, _)| act.profile.to_owned()),
        &column(new, |(act, _)| act.seal.clone()),
        &column(new, |(act, _)| act.specimen),
        &column(new, |(_, making)| making.to_vec()),
        caller,
        at.to_sql(),
        &column(new, |(act, _)| act.leaf.map(u64::cast_signed)) as _,
    )
    .execute(tx.conn())
    .await?;
    let acts: Vec<&Act> = new.iter().map(|(act, _)| *act).collect();
    let found = find_all(tx, &acts).await?.into_iter().zip(acts);
    found
        .map(|(found, act)| found.ok_or_else(|| gone("seal.act", act)))
        .collect()
}

/// Keeps the signatures of acts unless some are kept already; returns those that count, in order.
pub(crate) async fn keep_all(tx: &mut Tx, new: &[(&Act, &Signed)]) -> Result<Vec<Signed>, Error> {
    if new.is_empty() {
        return Ok(Vec::new());
    }
    let intents: Vec<Uuid> = column(new, |(act, _)| act.intent);
    let kinds: Vec<String> = column(new, |(act, _)| act.kind.code().to_owned());
    let times: Vec<SqlTimestamp> = column(new, |(_, signed)| signed.at.to_sql());
    query!(
        "INSERT INTO seal.signature (intent_id, kind, signature, signed_at)
         SELECT * FROM unnest($1::uuid[], $2::text[], $3::bytea[], $4::timestamptz[])
         ON CONFLICT (intent_id, kind) DO NOTHING",
        &intents,
        &kinds,
        &column(new, |(_, signed)| signed.value.clone()),
        &times as _,
    )
    .execute(tx.conn())
    .await?;
    let rows = query!(
        r#"SELECT asked.place AS "place!", signature.signature AS "signature!",
                  signature.signed_at AS "signed_at!: SqlTimestamp"
           FROM unnest($1::uuid[], $2::text[]) WITH ORDINALITY AS asked (intent_id, kind, place)
           JOIN seal.signature AS signature USING (intent_id, kind) ORDER BY asked.place"#,
        &intents,
        &kinds,
    )
    .fetch_all(tx.conn())
    .await?;
    let mut kept: BTreeMap<i64, Signed> = rows
        .into_iter()
        .map(|row| {
            let signed = Signed {
                value: row.signature,
                at: row.signed_at.to_jiff(),
            };
            (row.place, signed)
        })
        .collect();
    let each = (1..).zip(new);
    each.map(|(place, (act, _))| kept.remove(&place).ok_or_else(|| gone("seal.signature", act)))
        .collect()
}

fn gone(table: &'static str, act: &Act) -> Error {
    super::broken(table, act.intent.to_string(), "is gone after it was recorded")
}

/// An act, without its signature value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Brief {
    pub intent: Uuid,
    pub kind: Kind,
    pub digest: [u8; 32],
    /// Whether a signature was given out.
    pub signed: bool,
}

/// Acts after an intent and kind, through an intent, at most `limit`, in that order.
pub(crate) async fn by_intent(
    tx: &mut Tx,
    after: &(Uuid, String),
    through: Uuid,
    limit: i64,
) -> Result<Vec<Brief>, Error> {
    let rows = query!(
        r#"SELECT act.intent_id, act.kind, act.digest, (signature.intent_id IS NOT NULL) AS "signed!"
           FROM seal.act AS act LEFT JOIN seal.signature AS signature USING (intent_id, kind)
           WHERE (act.intent_id, act.kind) > ($1, $2) AND act.intent_id <= $3
           ORDER BY act.intent_id, act.kind LIMIT $4"#,
        after.0,
        after.1,
        through,
        limit,
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter()
        .map(|row| {
            let digest = row.digest.try_into().map_err(|_| {
                super::broken(
                    "seal.act",
                    row.intent_id.to_string(),
                    "a digest of another length",
                )
            })?;
            Ok(Brief {
                intent: row.intent_id,
                kind: Kind::from_code(&row.kind),
                digest,
                signed: row.signed,
            })
        })
        .collect()
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
        r#"SELECT act.intent_id, act.kind, act.digest, act.profile, act.seal, act.specimen, act.making, act.leaf,
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
                    leaf: row.leaf.map(i64::cast_unsigned),
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
