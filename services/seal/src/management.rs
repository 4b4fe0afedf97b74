//! What all acts of seal officers have in common: asked once, by a listed officer, audited done or refused, and with a
//! second officer where it takes two.

use domain::seal::{Proposal, SealAct, SealHand};
use jiff::Timestamp;
use postgres::Tx;
use postgres::audit::{Outcome, Record as AuditRecord};
use postgres::requests::{Begun, Claim, Request, Stored};
use serde_json::{Value, json};
use service_runtime::clock::Clock as _;
use tracing::error;
use uuid::Uuid;

use crate::app::Deps;
use crate::error::{Error, SEAL_UNKNOWN};
use crate::store::seal::{self, Record};
use crate::store::{event, key, proposal};

/// One call of an officer.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    /// `client/{name}`
    pub officer: String,
    /// `package.Service/Method`
    pub method: &'static str,
    pub request_id: Uuid,
    /// The encoded request.
    pub body: Vec<u8>,
    pub at: Timestamp,
}

impl Call {
    fn hand(&self) -> SealHand {
        SealHand {
            officer: self.officer.clone(),
            at: self.at,
        }
    }
}

/// What an act leaves in history and audit besides itself.
pub(crate) struct Trace<'a> {
    /// The RPC's name in snake case.
    pub verb: &'static str,
    /// The event's.
    pub event: &'static str,
    pub ground: &'a str,
    pub evidence: Value,
}

/// The right to carry a call out; none when it was carried out before.
pub(crate) async fn begin(tx: &mut Tx, call: &Call) -> Result<Option<Claim>, postgres::Error> {
    let request = Request::new(&call.officer, call.method, call.request_id, &call.body, call.at);
    Ok(match tx.begin_request(&request).await? {
        Begun::First(claim) => Some(claim),
        Begun::Replay(_) => None,
    })
}

/// Ends a call: its answer is the seal as it stands, so nothing of it is kept.
pub(crate) async fn end(tx: &mut Tx, claim: Claim) -> Result<(), postgres::Error> {
    tx.finish_request(claim, &Stored::Response(Vec::new())).await
}

/// A seal, locked.
pub(crate) async fn locked(tx: &mut Tx, name: &str) -> Result<Record, Error> {
    seal::lock(tx, name).await?.ok_or_else(|| SEAL_UNKNOWN.into())
}

/// Moves a seal: state, history and audit. `first` is the officer who proposed it, where two are needed.
pub(crate) async fn moved(
    tx: &mut Tx,
    call: &Call,
    record: Record,
    act: &SealAct,
    first: Option<&str>,
    trace: Trace<'_>,
) -> Result<(), Error> {
    let state = record.state.after(act, &call.hand())?;
    seal::set_state(tx, &record.name, &state).await?;
    let officers = match first {
        Some(first) => (first, Some(call.officer.as_str())),
        None => (call.officer.as_str(), None),
    };
    event::record(tx, &record.name, trace.event, officers, trace.ground, call.at).await?;
    let evidence = json!({ "act": act.code(), "state": state.code(), "first_officer": first, "ground": trace.ground,
        "evidence": trace.evidence });
    audit(tx, call, trace.verb, act.article(), &record.name, evidence).await
}

/// An act of two officers: the first call notes it and returns nothing, the second returns the first officer.
pub(crate) async fn agreed(
    tx: &mut Tx,
    call: &Call,
    record: &Record,
    act: &SealAct,
    content: [u8; 32],
    trace: &Trace<'_>,
) -> Result<Option<String>, Error> {
    // What is not allowed is not proposed either.
    record.state.clone().after(act, &call.hand())?;
    if let Some((waiting, _)) = proposal::find(tx, &record.name).await? {
        let first = waiting.second(act, &content, &call.officer)?;
        proposal::remove(tx, &record.name).await?;
        return Ok(Some(first.officer));
    }
    let waiting = Proposal {
        act: act.code().to_owned(),
        content,
        first: call.hand(),
    };
    proposal::keep(tx, &record.name, &waiting, trace.ground).await?;
    let evidence = json!({ "proposed": act.code(), "ground": trace.ground, "content": hex::encode(content) });
    audit(tx, call, trace.verb, act.article(), &record.name, evidence).await?;
    Ok(None)
}

/// One record of an act that was carried out.
pub(crate) async fn audit(
    tx: &mut Tx,
    call: &Call,
    verb: &str,
    article: &str,
    subject: &str,
    evidence: Value,
) -> Result<(), Error> {
    let record = AuditRecord {
        at: call.at,
        actor: &call.officer,
        verb,
        article,
        subject,
        outcome: Outcome::Done,
        evidence,
    };
    Ok(tx.audit(record).await?)
}

/// Records a refusal in the audit, and passes it on.
pub(crate) async fn refused<T>(
    deps: &Deps,
    call: &Call,
    verb: &str,
    subject: &str,
    outcome: Result<T, Error>,
) -> Result<T, Error> {
    if let Err(Error::Refused(refusal)) = &outcome {
        let name = refusal.name();
        let record = AuditRecord {
            at: call.at,
            actor: &call.officer,
            verb,
            article: refusal.fact("article").unwrap_or_default(),
            subject: if subject.is_empty() { "seals/-" } else { subject },
            outcome: Outcome::Refused { reason: &name },
            evidence: json!({}),
        };
        deps.database.record_refusal(record).await?;
    }
    outcome
}

/// Destroys the keys whose end was decided. What fails is tried again by the job `destroy_keys`.
pub(crate) async fn destroy_keys(deps: &Deps) -> Result<usize, Error> {
    let ending = deps
        .database
        .run_tx("read ending keys", async |tx: &mut Tx| key::ending(tx).await)
        .await?;
    let mut gone = 0;
    for known in ending {
        let done = match deps.backends.named(&known.backend) {
            Ok((_, backend)) => backend.destroy_key(known.name.clone()).await,
            Err(fault) => Err(fault),
        };
        if let Err(fault) = done {
            error!(alarm = true, key = %known.name, error = %fault, "a key is not destroyed yet");
            continue;
        }
        let now = deps.clock.now();
        deps.database
            .run_tx("note destroyed key", async |tx: &mut Tx| {
                key::destroyed(tx, &known.name, now).await?;
                let subject = format!("seals/{}", known.name.seal);
                tx.audit(AuditRecord {
                    at: now,
                    actor: "job/destroy_keys",
                    verb: "destroy_keys",
                    article: "国办发〔2025〕33号",
                    subject: &subject,
                    outcome: Outcome::Done,
                    evidence: json!({ "key": known.name.to_string(), "backend": known.backend }),
                })
                .await
            })
            .await?;
        gone += 1;
    }
    Ok(gone)
}
