//! Signs a batch of documents: journal first, key second, answer last (issuance cycle, step 6).

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use postgres::Tx;
use postgres::audit::{Outcome, Record};
use serde_json::{Value, json};
use service_runtime::Reason;
use service_runtime::clock::Clock as _;
use tracing::instrument;
use uuid::Uuid;

use crate::app::Deps;
use crate::backend::{Fault, Made, Order, SealBackend};
use crate::error::{
    BATCH_TOO_LARGE, CEILING_REACHED, Error, INTENT_DIGEST_DIFFERS, KEY_UNAVAILABLE, LEAF_NOT_LOGGED,
    PLATFORM_ANSWER_INVALID, PLATFORM_REFUSED, SEAL_NOT_ACTIVE, SEAL_OUT_OF_VALIDITY, SEAL_REMADE,
    SEAL_UNKNOWN, SIGNER_CHANGED, SPECIMEN_MISMATCH,
};
use crate::store::journal::{self, Act, Recorded, Signed};
use crate::store::making::{self, Usable};
use crate::store::seal;

/// Most requests of one call.
pub(crate) const BATCH: usize = 256;

/// What became of one request.
#[derive(Debug)]
pub(crate) enum Signing {
    /// Signed, now or earlier.
    Signed { signed: Signed, replayed: bool },
    /// Not signed.
    Refused(Refused),
}

/// Why a request was not signed.
#[derive(Debug, Clone)]
pub(crate) struct Refused {
    pub reason: Reason,
    /// More than the reason says; names no personal value.
    pub detail: String,
}

impl From<Reason> for Refused {
    fn from(reason: Reason) -> Self {
        Self {
            reason,
            detail: reason.en.to_owned(),
        }
    }
}

impl From<Fault> for Refused {
    fn from(fault: Fault) -> Self {
        let reason = match &fault {
            Fault::OutOfValidity => SEAL_OUT_OF_VALIDITY,
            Fault::NoKey(_) | Fault::Unavailable(_) | Fault::Unsupported(_) => KEY_UNAVAILABLE,
            Fault::Refused { .. } => PLATFORM_REFUSED,
            Fault::SignerChanged { .. } => SIGNER_CHANGED,
            Fault::AnswerInvalid(_) => PLATFORM_ANSWER_INVALID,
        };
        Self {
            reason,
            detail: fault.to_string(),
        }
    }
}

/// A request on its way.
enum Step {
    /// Signed before.
    Stored(Signed),
    /// To be signed with this making, first recorded then.
    Open {
        making: [u8; 32],
        recorded_at: Timestamp,
    },
    Refused(Refused),
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
    let steps = deps
        .database
        .run_tx("record signing intents", async |tx: &mut Tx| {
            let (seals, makings) = (seal::all(tx).await?, making::usable(tx).await?);
            record(tx, &requests, (&seals, &makings, deps.log.is_some()), caller, now).await
        })
        .await?;
    let made = sign_all(deps, &requests, steps, now).await?;
    let outcomes = keep_all(deps, caller, &requests, made, now).await?;
    for (act, outcome) in requests.iter().zip(&outcomes) {
        if let Signing::Refused(refused) = outcome {
            record_refusal(deps, caller, act, refused, now).await?;
        }
    }
    Ok(requests.iter().map(|act| act.intent).zip(outcomes).collect())
}

/// Journals the acts that may be done; a signature that was given out before is given out again whatever became of the seal.
async fn record(
    tx: &mut Tx,
    requests: &[Act],
    known: (&[seal::Record], &[Usable], bool),
    caller: &str,
    now: Timestamp,
) -> Result<Vec<Step>, postgres::Error> {
    let acts: Vec<&Act> = requests.iter().collect();
    let before = journal::find_all(tx, &acts).await?;
    let judged: Vec<Result<[u8; 32], Step>> = acts
        .iter()
        .zip(before)
        .map(|(act, before)| judge(act, before, known))
        .collect();
    let new: Vec<(&Act, [u8; 32])> = acts
        .iter()
        .zip(&judged)
        .filter_map(|(act, judged)| Some((*act, *judged.as_ref().ok()?)))
        .collect();
    let mut recorded = journal::record_all(tx, &new, caller, now).await?.into_iter();
    let steps = judged.into_iter().map(|judged| match judged {
        Err(step) => step,
        Ok(making) => match recorded.next() {
            Some(recorded) => settled(&recorded).unwrap_or_else(|| Step::Open {
                making: recorded.making.unwrap_or(making),
                recorded_at: recorded.at,
            }),
            // One for each that was recorded.
            None => Step::Refused(SEAL_NOT_ACTIVE.into()),
        },
    });
    Ok(steps.collect())
}

/// The making with which an act is to be recorded, or what became of it without.
fn judge(
    act: &Act,
    before: Option<Recorded>,
    (seals, makings, logged): (&[seal::Record], &[Usable], bool),
) -> Result<[u8; 32], Step> {
    if let Some(step) = before.as_ref().and_then(settled) {
        return Err(step);
    }
    if logged && act.leaf.is_none() {
        return Err(Step::Refused(LEAF_NOT_LOGGED.into()));
    }
    let asked = before.and_then(|before| before.making).or(act.making);
    usable(act, asked, seals, makings).map_err(|reason| Step::Refused(reason.into()))
}

/// What needs no key any more.
fn settled(recorded: &Recorded) -> Option<Step> {
    match (&recorded.signature, recorded.same) {
        (_, false) => Some(Step::Refused(INTENT_DIGEST_DIFFERS.into())),
        (Some(signed), true) => Some(Step::Stored(signed.clone())),
        (None, true) => None,
    }
}

/// The making with which an act may be done: the one that the document carries, or the present one. An earlier making
/// finishes what carries it for as long as its keys live.
fn usable(
    act: &Act,
    asked: Option<[u8; 32]>,
    seals: &[seal::Record],
    makings: &[Usable],
) -> Result<[u8; 32], Reason> {
    let record = seals
        .iter()
        .find(|record| record.name == act.seal)
        .ok_or(SEAL_UNKNOWN)?;
    if !record.state.may_sign() {
        return Err(SEAL_NOT_ACTIVE);
    }
    if record.specimen != act.specimen {
        return Err(SPECIMEN_MISMATCH);
    }
    let digest = asked.or(record.digest).ok_or(SEAL_NOT_ACTIVE)?;
    let making = makings
        .iter()
        .find(|making| making.digest == digest && making.seal == act.seal);
    let making = making.filter(|making| making.live.contains(&act.kind.signed_as()));
    making.map(|making| making.digest).ok_or(SEAL_REMADE)
}

/// Has every open act signed, the orders of each backend together and the backends side by side.
async fn sign_all(
    deps: &Arc<Deps>,
    requests: &[Act],
    steps: Vec<Step>,
    now: Timestamp,
) -> Result<Vec<Signing>, Error> {
    let mut outcomes = Vec::with_capacity(steps.len());
    let mut batches: BTreeMap<String, Batch> = BTreeMap::new();
    for (index, (act, step)) in requests.iter().zip(steps).enumerate() {
        outcomes.push(match step {
            Step::Refused(refused) => Some(Signing::Refused(refused)),
            Step::Stored(signed) => Some(Signing::Signed {
                signed,
                replayed: true,
            }),
            Step::Open { .. } if !deps.ceilings.admit(act.profile) => {
                Some(Signing::Refused(CEILING_REACHED.into()))
            }
            Step::Open { making, recorded_at } => match deps.backends.serving(act.profile, act.kind) {
                Err(fault) => Some(Signing::Refused(fault.into())),
                Ok((name, backend)) => {
                    let order = Order {
                        intent: act.intent,
                        kind: act.kind,
                        making: deps.making(&making).await?,
                        digest: act.digest,
                        recorded_at,
                        at: now,
                    };
                    let batch = batches
                        .entry(name.to_owned())
                        .or_insert_with(|| Batch::of(backend));
                    batch.orders.push(order);
                    batch.places.push(index);
                    None
                }
            },
        });
    }
    let work = batches.into_values().map(Batch::sign);
    for (place, made) in futures_util::future::join_all(work).await.into_iter().flatten() {
        if let Some(outcome) = outcomes.get_mut(place) {
            *outcome = Some(match made {
                Ok(Made { value, at }) => Signing::Signed {
                    signed: Signed { value, at },
                    replayed: false,
                },
                Err(fault) => Signing::Refused(fault.into()),
            });
        }
    }
    let missing = || Error::internal("a backend left an order unanswered");
    outcomes
        .into_iter()
        .map(|outcome| outcome.ok_or_else(missing))
        .collect()
}

/// The orders of one backend with their places in the call.
struct Batch {
    backend: Arc<dyn SealBackend>,
    orders: Vec<Order>,
    places: Vec<usize>,
}

impl Batch {
    const fn of(backend: Arc<dyn SealBackend>) -> Self {
        Self {
            backend,
            orders: Vec::new(),
            places: Vec::new(),
        }
    }

    async fn sign(self) -> Vec<(usize, Result<Made, Fault>)> {
        let made = self.backend.sign(self.orders).await;
        self.places.into_iter().zip(made).collect()
    }
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
            let fresh: Vec<(&Act, &Signed)> = requests
                .iter()
                .zip(&outcomes)
                .filter_map(|(act, outcome)| match outcome {
                    Signing::Signed {
                        signed,
                        replayed: false,
                    } => Some((act, signed)),
                    _ => None,
                })
                .collect();
            let mut counting = journal::keep_all(tx, &fresh).await?.into_iter();
            let kept: Vec<Signing> = outcomes
                .iter()
                .map(|outcome| match outcome {
                    Signing::Signed {
                        signed,
                        replayed: false,
                    } => {
                        // One for each that was kept.
                        let counts = counting.next().unwrap_or_else(|| signed.clone());
                        Signing::Signed {
                            replayed: counts != *signed,
                            signed: counts,
                        }
                    }
                    Signing::Signed { signed, .. } => Signing::Signed {
                        signed: signed.clone(),
                        replayed: true,
                    },
                    Signing::Refused(refused) => Signing::Refused(refused.clone()),
                })
                .collect();
            let new: Vec<Value> = requests
                .iter()
                .zip(&kept)
                .filter(|(_, kept)| matches!(kept, Signing::Signed { replayed: false, .. }))
                .map(|(act, _)| {
                    json!({ "intent": act.intent, "kind": act.kind.code(), "digest": hex::encode(act.digest),
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
    refused: &Refused,
    at: Timestamp,
) -> Result<(), Error> {
    let subject = format!("intents/{}", act.intent);
    let record = Record {
        at,
        actor: caller,
        verb: "sign_documents",
        article: "GB/T 38540-2020",
        subject: &subject,
        outcome: Outcome::Refused {
            reason: refused.reason.name,
        },
        evidence: json!({ "kind": act.kind.code(), "profile": act.profile, "seal": act.seal,
            "detail": refused.detail }),
    };
    Ok(deps.database.record_refusal(record).await?)
}
