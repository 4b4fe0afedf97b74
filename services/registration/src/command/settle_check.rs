//! An officer settles a check that did not say yes: the person is believed, or not.

use domain::authority::Authority;
use domain::check::{CheckRefused, ExternalCheck};
use domain::fact::FactRefused;
use domain::ids::ApplicationId;
use postgres::Tx;
use postgres::audit::{Outcome, Record as AuditRecord};
use serde_json::json;
use tracing::instrument;

use super::moves::locked;
use super::{Begin, Call, Move, finish};
use crate::deps::Deps;
use crate::error::Error;
use crate::recorded;
use crate::store::check;

/// What the officer says.
#[derive(Debug)]
pub(crate) struct Input {
    pub(crate) application: ApplicationId,
    pub(crate) check: ExternalCheck,
    pub(crate) passed: bool,
    pub(crate) grounds: String,
}

/// Idempotent on the request. The word is final: a later answer of the other system is a new question.
#[instrument(name = "settle_check", skip_all, fields(application = %input.application, passed = input.passed))]
pub(crate) async fn settle_check(deps: &Deps, call: &Call, input: Input) -> Result<(), Error> {
    let subject = deps.application_name(input.application);
    let input = &input;
    let result = deps
        .database
        .run_tx("settle_check", async |tx: &mut Tx| {
            let Begin::First(claim) = call.begin(tx).await? else {
                return Ok(());
            };
            let target = Move {
                application: input.application,
                etag: "",
            };
            let record = locked(deps, tx, call, target).await?;
            let officer = call.officer(Authority::Province(deps.province))?;
            if matches!(officer.authority, Authority::JointReviewer(_)) {
                return Err(FactRefused::Authority.into());
            }
            let latest = check::latest(tx, input.application).await?;
            let latest = latest.into_iter().find(|one| one.outcome.check == input.check);
            let latest = latest.ok_or(CheckRefused::NothingToSettle)?;
            latest.outcome.may_be_settled(&input.grounds)?;
            let within = call.within(deps);
            let key = recorded::key_of(deps, tx, &within, record.application.person).await?;
            let grounds = deps.sealing.seal_grounds(&key, latest.id, input.grounds.trim());
            if !check::settle(tx, latest.id, input.passed, officer, &grounds, call.at).await? {
                return Err(CheckRefused::NothingToSettle.into());
            }
            tx.audit(AuditRecord {
                at: call.at,
                actor: &call.caller,
                verb: call.verb,
                article: "domain §1.12",
                subject: &deps.application_name(input.application),
                outcome: Outcome::Done,
                evidence: json!({
                    "check": input.check.code(), "answer": latest.outcome.answer.code(), "passed": input.passed,
                    "by": officer, "sm3": latest.digest.as_ref().map(hex::encode),
                }),
            })
            .await?;
            finish(tx, claim, input.application.as_uuid()).await?;
            Ok::<_, Error>(())
        })
        .await;
    call.audited(deps, &subject, result).await
}
