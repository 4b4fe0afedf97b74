//! A province says where its outbox ends, before it publishes anything: one that was moved, restored from an old backup or
//! is replaying its past is found out before it can tell anything twice (design §3).

use domain::province::Province;
use jiff::Timestamp;
use postgres::audit::{Outcome, Record};
use postgres::hash::{GENESIS, Hash};
use postgres::outbox::Position;
use postgres::{Tx, inbox};
use serde_json::json;
use tracing::instrument;

use super::apply_envelope::source_of;
use super::restoration::assess::{Cause, close};
use crate::deps::Deps;
use crate::error::Error;
use crate::exchange::stream;
use crate::store::exchange::reported_head;

/// The outbox lacks events that the nation has applied.
const PROVINCE_BEHIND: &str = "PROVINCE_BEHIND";
/// The two are on different chains.
const FORK: &str = "FORK";

/// The nation's signed word on what it has applied of a province.
pub(crate) struct Receipt {
    pub(crate) through: u64,
    pub(crate) hash: Hash,
    pub(crate) at: Timestamp,
    pub(crate) signature: Vec<u8>,
}

/// The receipt as of now.
pub(crate) async fn receipt(deps: &Deps, province: Province) -> Result<Receipt, Error> {
    let position = source_of(deps, province).await?.position;
    let through = position.sequence.cast_unsigned();
    let at = Timestamp::from_microsecond(deps.now().as_microsecond()).map_err(Error::internal)?;
    let signature = deps.exchange.sign_receipt(province, through, &position.hash, at);
    Ok(Receipt {
        through,
        hash: position.hash,
        at,
        signature,
    })
}

/// The nation is held to its own receipt: one for events that are not applied tells that the register was restored to an earlier point,
/// and how far the province had told. What the nation did not sign is nothing.
pub(crate) async fn hold_to(deps: &Deps, province: Province, held: &Receipt) -> Result<(), Error> {
    let applied = source_of(deps, province).await?.position.sequence.cast_unsigned();
    let ours = deps
        .exchange
        .sign_receipt(province, held.through, &held.hash, held.at);
    if held.through > applied && ours == held.signature {
        let through = held.through;
        let cause = Cause::ReceiptBeyond { province, through };
        close(deps, cause, &stream(province)).await?;
    }
    Ok(())
}

/// Compares and keeps the province's word; a finding is recorded. Nothing is stopped here: the province stops itself, and
/// what it would push from another chain is a fork.
#[instrument(name = "report_head", skip_all, fields(%province, sequence = head.sequence))]
pub(crate) async fn report_head(
    deps: &Deps,
    province: Province,
    head: &Position,
) -> Result<Option<&'static str>, Error> {
    let (name, now) = (stream(province), deps.now());
    let name = &name;
    let finding = deps
        .database
        .run_tx("report head", async |tx: &mut Tx| {
            let finding = compare(tx, name, head).await?;
            let before = reported_head::find(tx, province).await?;
            reported_head::save(tx, province, head, finding, now).await?;
            let known = before.and_then(|before| before.finding);
            if known.as_deref() != finding {
                let outcome = finding.map_or(Outcome::Done, |reason| Outcome::Refused { reason });
                let record = Record {
                    at: now,
                    actor: name,
                    verb: "report_head",
                    article: "design §3",
                    subject: name,
                    outcome,
                    evidence: json!({ "sequence": head.sequence, "hash": hex::encode(head.hash) }),
                };
                tx.audit(record).await?;
            }
            Ok::<_, Error>(finding)
        })
        .await?;
    if let Some(reason) = finding {
        tracing::error!(
            reason,
            %province,
            monotonic_counter.exchange_parted = 1_u64,
            "the outbox of a province does not go with what was applied"
        );
    }
    Ok(finding)
}

async fn compare(tx: &mut Tx, name: &str, head: &Position) -> Result<Option<&'static str>, Error> {
    let applied = inbox::source(tx, name).await?.position;
    if head.sequence > applied.sequence {
        // What we have applied is behind: whether it is on the province's chain the province sees by our hash, and we by
        // the next envelope.
        return Ok(None);
    }
    let ours = match head.sequence {
        sequence if sequence == applied.sequence => Some(applied.hash),
        0 => Some(GENESIS),
        sequence => inbox::applied_hash(tx, name, sequence).await?,
    };
    Ok(if ours != Some(head.hash) {
        Some(FORK)
    } else if head.sequence < applied.sequence {
        Some(PROVINCE_BEHIND)
    } else {
        None
    })
}
