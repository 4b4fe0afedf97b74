//! Asks other systems about an applicant before the rules are evaluated, and keeps what they say as evidence.

use domain::check::{CheckAnswer, ExternalCheck};
use domain::ids::ApplicationId;
use personal_data::DataKey;
use postgres::Tx;
use postgres::audit::{Outcome, Record as AuditRecord};
use serde_json::json;
use tracing::instrument;
use uuid::Uuid;

use super::{Call, facts};
use crate::deps::Deps;
use crate::error::Error;
use crate::job;
use crate::peer::check::{Question, Reply};
use crate::store::application;
use crate::store::check::{self, Answer};

/// Audit verb, and the actor: what the other system says is nobody's opinion here.
const VERB: &str = "ask_checks";

/// Asks what is connected, applies to the type, and has no answer yet; whatever it says, the caller's act goes on and the
/// policy decides what follows. A file that the caller may not see, or that is final, is left to the act to refuse.
#[instrument(name = "ask_checks", skip_all, fields(%application))]
pub(super) async fn ask_checks(deps: &Deps, call: &Call, application: ApplicationId) -> Result<(), Error> {
    if deps.checks.is_empty() {
        return Ok(());
    }
    let within = call.within(deps);
    let within = &within;
    let found = deps
        .reader
        .snapshot("look at checks", async |tx: &mut Tx| {
            let record = application::load(tx, within, &[application.as_uuid()])
                .await?
                .pop();
            let Some(record) = record.filter(|one| !one.application.state().kind().is_final()) else {
                return Ok(None);
            };
            let facts = facts::load(deps, tx, within, &record).await?;
            Ok::<_, Error>(Some((record.kind(), facts)))
        })
        .await?;
    let Some((kind, facts)) = found else { return Ok(()) };
    for check in deps.checks.connected() {
        let known = facts.checks.iter().find(|one| one.check == check);
        if !check.applies_to(kind) || known.is_some_and(|one| !one.is_open()) {
            continue;
        }
        let question = Question {
            person: &facts.person,
            credit_code: &facts.employer.credit_code,
            on: domain::calendar::day_of(call.at),
        };
        let reply = deps.checks.ask(check, &question).await;
        keep(deps, call, (application, check), reply, &facts.key).await?;
    }
    Ok(())
}

async fn keep(
    deps: &Deps,
    call: &Call,
    (application, check): (ApplicationId, ExternalCheck),
    reply: Reply,
    key: &DataKey,
) -> Result<(), Error> {
    let id = Uuid::now_v7();
    let digest = reply.body.as_ref().map(|body| gm::sm3::digest(body).to_vec());
    let sealed = reply
        .body
        .as_ref()
        .map(|body| deps.sealing.seal_reply(key, id, body));
    let answer = Answer {
        id,
        application,
        check,
        answer: reply.answer,
        reply: sealed.zip(digest.clone()),
        asked_at: call.at,
    };
    let (answer, digest) = (&answer, &digest);
    if answer.answer == CheckAnswer::Unavailable {
        tracing::warn!(check = check.code(), "an external check gave no answer");
    }
    deps.database
        .run_tx(VERB, async |tx: &mut Tx| {
            check::insert(tx, answer).await?;
            tx.audit(AuditRecord {
                at: call.at,
                actor: &job::actor(VERB, deps.province),
                verb: VERB,
                article: "domain §1.12",
                subject: &deps.application_name(application),
                outcome: Outcome::Done,
                evidence: json!({
                    "check": check.code(), "answer": answer.answer.code(), "sm3": digest.as_ref().map(hex::encode),
                }),
            })
            .await?;
            Ok::<_, Error>(())
        })
        .await
}
