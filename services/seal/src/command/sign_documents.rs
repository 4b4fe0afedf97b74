//! Signs a batch of documents: journal first, key second, answer last (issuance cycle, step 6).

use std::sync::Arc;

use gm::{Signer as _, cades};
use jiff::{Timestamp, Unit};
use personal_data::OsRandom;
use postgres::Tx;
use postgres::audit::{Outcome, Record};
use rand_core::UnwrapErr;
use serde_json::{Value, json};
use service_runtime::Reason;
use service_runtime::clock::Clock as _;
use tracing::instrument;
use uuid::Uuid;

use crate::app::Deps;
use crate::error::{
    BATCH_TOO_LARGE, CEILING_REACHED, Error, INTENT_DIGEST_DIFFERS, SEAL_NOT_ACTIVE, SEAL_OUT_OF_VALIDITY,
    SEAL_UNKNOWN, SPECIMEN_MISMATCH,
};
use crate::keystore::{KeptSeal, Keystore};
use crate::store::journal::{self, Act, Recorded, Signed};
use crate::store::seal::{self, SealState};

/// Most requests of one call.
pub(crate) const BATCH: usize = 256;

/// The two kinds of document.
pub(crate) mod kind {
    /// An OFD, sealed per GB/T 38540.
    pub(crate) const OFD: &str = "ofd";
    /// A PDF, signed per ETSI EN 319 142.
    pub(crate) const PDF: &str = "pdf";
}

/// What became of one request.
#[derive(Debug)]
pub(crate) enum Signing {
    /// Signed, now or earlier.
    Signed { signed: Signed, replayed: bool },
    /// Not signed.
    Refused(Reason),
}

/// Signs what may be signed; every request has its own outcome, in order.
///
/// A crash after the journal commits leaves acts without a signature; the same request signs them then.
#[instrument(name = "sign_documents", skip_all, fields(count = requests.len()))]
pub(crate) async fn sign_documents(
    deps: &Arc<Deps>,
    caller: &str,
    requests: Vec<Act>,
) -> Result<Vec<(Uuid, Signing)>, Error> {
    if requests.len() > BATCH {
        return Err(BATCH_TOO_LARGE.refusal().into());
    }
    let now = deps.clock.now();
    let recorded = deps
        .database
        .run_tx("record signing intents", async |tx: &mut Tx| {
            let states = seal::states(tx).await?;
            let mut recorded = Vec::with_capacity(requests.len());
            for act in &requests {
                let state = states.get(&act.seal).copied();
                recorded.push(match refusal(&deps.keystore, act, state) {
                    Some(reason) => Err(reason),
                    None => Ok(journal::record(tx, act, caller, now).await?),
                });
            }
            Ok::<_, postgres::Error>(recorded)
        })
        .await?;
    let signed = sign_all(deps, &requests, recorded, now).await?;
    let outcomes = keep_all(deps, caller, &requests, signed, now).await?;
    for (act, outcome) in requests.iter().zip(&outcomes) {
        if let Signing::Refused(reason) = outcome {
            record_refusal(deps, caller, act, *reason, now).await?;
        }
    }
    Ok(requests.iter().map(|act| act.intent).zip(outcomes).collect())
}

/// Why an act may not be recorded at all.
fn refusal(keystore: &Keystore, act: &Act, state: Option<SealState>) -> Option<Reason> {
    let Some(kept) = keystore.find(&act.seal) else {
        return Some(SEAL_UNKNOWN);
    };
    match state {
        Some(SealState::Active) if kept.specimen != act.specimen => Some(SPECIMEN_MISMATCH),
        Some(SealState::Active) => None,
        Some(SealState::Suspended | SealState::Destroyed) | None => Some(SEAL_NOT_ACTIVE),
    }
}

/// Signs what the journal holds without a signature, off the async threads.
async fn sign_all(
    deps: &Arc<Deps>,
    requests: &[Act],
    recorded: Vec<Result<Recorded, Reason>>,
    now: Timestamp,
) -> Result<Vec<Signing>, Error> {
    let (deps, requests) = (Arc::clone(deps), requests.to_vec());
    let work = move || {
        let outcomes = requests
            .iter()
            .zip(recorded)
            .map(|(act, recorded)| match recorded {
                Err(reason) => Ok(Signing::Refused(reason)),
                Ok(Recorded { same: false, .. }) => Ok(Signing::Refused(INTENT_DIGEST_DIFFERS)),
                Ok(Recorded {
                    signature: Some(signed),
                    ..
                }) => Ok(Signing::Signed {
                    signed,
                    replayed: true,
                }),
                Ok(Recorded { signature: None, .. }) if !deps.ceilings.admit(act.profile) => {
                    Ok(Signing::Refused(CEILING_REACHED))
                }
                Ok(Recorded { signature: None, .. }) => sign(&deps.keystore, act, now),
            });
        outcomes.collect::<Result<Vec<_>, Error>>()
    };
    tokio::task::spawn_blocking(work).await.map_err(Error::internal)?
}

fn sign(keystore: &Keystore, act: &Act, now: Timestamp) -> Result<Signing, Error> {
    let Some(kept) = keystore.find(&act.seal) else {
        return Ok(Signing::Refused(SEAL_UNKNOWN));
    };
    // A GeneralizedTime has whole seconds; a signature never states a later instant than the clock's.
    let at = now.round(
        jiff::TimestampRound::new()
            .smallest(Unit::Second)
            .mode(jiff::RoundMode::Trunc),
    );
    let at = at.map_err(Error::internal)?;
    let value = match act.kind {
        kind::OFD => sign_ofd(kept, &act.digest, at)?,
        _ => sign_pdf(kept, &act.digest, at)?,
    };
    Ok(
        value.map_or(Signing::Refused(SEAL_OUT_OF_VALIDITY), |value| Signing::Signed {
            signed: Signed { value, at },
            replayed: false,
        }),
    )
}

/// `SES_Signature` over a `TBS_Sign` that is built here; none outside the validity of seal and certificate.
fn sign_ofd(kept: &KeptSeal, data_hash: &[u8; 32], at: Timestamp) -> Result<Option<Vec<u8>>, Error> {
    let Ok(tbs) = kept.stamp.tbs(at, data_hash) else {
        return Ok(None);
    };
    let signature = kept.seal_key.sign_digest(&tbs.digest(), &mut UnwrapErr(OsRandom));
    let signature = signature.map_err(Error::internal)?;
    tbs.finish(&signature).map(Some).map_err(Error::internal)
}

/// CMS `SignedData` whose signed attributes are built here; none outside the validity of the certificate.
fn sign_pdf(kept: &KeptSeal, byte_range: &[u8; 32], at: Timestamp) -> Result<Option<Vec<u8>>, Error> {
    if !kept.pdf_chain.first().is_some_and(|own| own.is_valid_at(at)) {
        return Ok(None);
    }
    let signed = cades::sign(
        byte_range,
        &kept.pdf_key,
        &kept.pdf_chain,
        &mut UnwrapErr(OsRandom),
    );
    signed.map(Some).map_err(Error::internal)
}

/// Stores new signatures before anything is answered, with one record of them all in the audit. Where somebody else was
/// faster, theirs counts.
async fn keep_all(
    deps: &Deps,
    caller: &str,
    requests: &[Act],
    outcomes: Vec<Signing>,
    now: Timestamp,
) -> Result<Vec<Signing>, Error> {
    let kept = deps
        .database
        .run_tx("keep signatures", async |tx: &mut Tx| {
            let mut kept = Vec::with_capacity(outcomes.len());
            for (act, outcome) in requests.iter().zip(&outcomes) {
                kept.push(match outcome {
                    Signing::Signed {
                        signed,
                        replayed: false,
                    } => {
                        let counts = journal::keep(tx, act, signed).await?;
                        let replayed = counts != *signed;
                        Signing::Signed {
                            signed: counts,
                            replayed,
                        }
                    }
                    Signing::Signed {
                        signed,
                        replayed: true,
                    } => Signing::Signed {
                        signed: signed.clone(),
                        replayed: true,
                    },
                    Signing::Refused(reason) => Signing::Refused(*reason),
                });
            }
            let new: Vec<Value> = requests
                .iter()
                .zip(&kept)
                .filter(|(_, kept)| matches!(kept, Signing::Signed { replayed: false, .. }))
                .map(|(act, _)| {
                    json!({ "intent": act.intent, "kind": act.kind, "digest": hex::encode(act.digest),
                        "profile": act.profile, "seal": act.seal })
                })
                .collect();
            if !new.is_empty() {
                tx.audit(Record {
                    at: now,
                    actor: caller,
                    verb: "sign_documents",
                    article: "GB/T 38540-2020",
                    subject: "seals/-",
                    outcome: Outcome::Done,
                    evidence: json!({ "signed": new }),
                })
                .await?;
            }
            Ok::<_, postgres::Error>(kept)
        })
        .await?;
    Ok(kept)
}

async fn record_refusal(
    deps: &Deps,
    caller: &str,
    act: &Act,
    reason: Reason,
    at: Timestamp,
) -> Result<(), Error> {
    let subject = format!("intents/{}", act.intent);
    let record = Record {
        at,
        actor: caller,
        verb: "sign_documents",
        article: "GB/T 38540-2020",
        subject: &subject,
        outcome: Outcome::Refused { reason: reason.name },
        evidence: json!({ "kind": act.kind, "profile": act.profile, "seal": act.seal }),
    };
    Ok(deps.database.record_refusal(record).await?)
}
