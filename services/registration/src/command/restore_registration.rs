//! 行政复议、行政诉讼 undo a cancellation: the registration stands again with its terms, and the nation makes a new certificate
//! version. The cancellation stays on record beside it.

use domain::application::MoveRefused;
use domain::authority::Authority;
use domain::ids::PersonId;
use domain::register::EndCause;
use postgres::Tx;
use postgres::audit::{Outcome, Record as AuditRecord};
use postgres::outbox::Event;
use serde_json::json;
use tracing::instrument;
use uuid::Uuid;

use super::check_head;
use super::reopen_case::{Document, check_document, evidence};
use super::{Begin, Call, finish};
use crate::deps::Deps;
use crate::error::{Error, NOT_CANCELLED};
use crate::peer::exchange::event::{self, Reinstated};
use crate::store::case_file::{self, Reopening, Restoration};
use crate::store::fact;
use crate::store::registered::{self, Registered};

/// By an officer of the province that cancelled it, whom the decision binds. Returns where the nation is told in the
/// province's outbox.
#[instrument(name = "restore_registration", skip_all, fields(%person))]
pub(crate) async fn restore_registration(
    deps: &Deps,
    call: &Call,
    person: PersonId,
    document: &Document,
) -> Result<i64, Error> {
    let subject = format!("provinces/{}/registrations/{person}", deps.province);
    let result = restore(deps, call, person, document, &subject).await;
    let restored = call.audited(deps, &subject, result).await?;
    deps.wake.push.notify_one();
    Ok(restored)
}

async fn restore(
    deps: &Deps,
    call: &Call,
    person: PersonId,
    document: &Document,
    subject: &str,
) -> Result<i64, Error> {
    check_document(document)?;
    let paper = evidence(deps, call, person, document).await?;
    let (paper, id) = (&paper, Uuid::now_v7());
    let within = call.within(deps);
    let within = &within;
    deps.database
        .run_tx("restore_registration", async |tx: &mut Tx| {
            let claim = match call.begin(tx).await? {
                Begin::Replay(_) => {
                    let known = registered::find(tx, within, person).await?;
                    return Ok(known.ok_or_else(Error::not_found)?.position);
                }
                Begin::First(claim) => claim,
            };
            let needed = Authority::Province(deps.province);
            let officer = call.officer(needed)?;
            if officer.authority != needed {
                return Err(MoveRefused::WrongAuthority { needed }.into());
            }
            let known = registered::lock(tx, within, person).await?;
            let known = known.ok_or_else(Error::not_found)?;
            let ended = known
                .ended
                .filter(|(_, cause)| *cause == EndCause::Cancelled && known.moved_to.is_none())
                .ok_or(NOT_CANCELLED)?;
            fact::insert_evidence(tx, paper, call.at).await?;
            let number = document.number.trim();
            let reopening = Reopening {
                id,
                person,
                application: None,
                document_number: number.to_owned(),
                evidence: paper.id,
                by: officer,
                at: call.at,
            };
            case_file::insert_reopening(tx, &reopening).await?;
            tx.audit(AuditRecord {
                at: call.at,
                actor: &call.caller,
                verb: call.verb,
                article: "行政复议法 art 63–64; 行政诉讼法 art 70",
                subject,
                outcome: Outcome::Done,
                evidence: json!({
                    "document": number, "sm3": hex::encode(&paper.digest), "ended_at": ended.0.to_string(),
                }),
            })
            .await?;
            finish(tx, claim, person.as_uuid()).await?;
            let authority = needed.to_string();
            let payload = event::reinstated(&Reinstated {
                application: &deps.application_name(known.application),
                person,
                document: number,
                at: call.at,
                announced_by: &authority,
                decided_by: &authority,
            });
            let event = Event {
                format: event::FORMAT,
                payload: &payload,
                at: call.at,
            };
            check_head::agreed(deps)?;
            let position = tx.push_event(&deps.stream, event).await?.sequence;
            let restoration = Restoration {
                id,
                person,
                ended,
                position,
            };
            case_file::insert_restoration(tx, &restoration).await?;
            let again = Registered {
                announced_at: call.at,
                position,
                ended: None,
                ..known
            };
            registered::upsert(tx, &again).await?;
            Ok::<_, Error>(position)
        })
        .await
}
