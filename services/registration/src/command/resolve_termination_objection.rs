//! An officer resolves the old employer's objection: dismissed, the end of the employment is shown; upheld, only a paper shows
//! it (解聘证明, 仲裁裁决 or 判决).

use domain::application::MoveRefused;
use domain::authority::Actor;
use domain::ids::ApplicationId;
use domain::notification::{Addressee, NotificationKind};
use domain::province::Jurisdiction;
use postgres::Tx;
use postgres::audit::{Outcome, Record as AuditRecord};
use serde_json::json;
use tracing::instrument;

use super::moves::locked;
use super::notify;
use super::{Begin, Call, Move, Moved, finish, note};
use crate::deps::Deps;
use crate::error::Error;
use crate::store::termination_notice;

/// What the officer finds.
pub(crate) struct Input {
    pub(crate) application: ApplicationId,
    pub(crate) upheld: bool,
    pub(crate) grounds: String,
}

/// Only an officer of the authority that accepts.
#[instrument(name = "resolve_termination_objection", skip_all, fields(application = %input.application))]
pub(crate) async fn resolve_termination_objection(
    deps: &Deps,
    call: &Call,
    input: &Input,
) -> Result<ApplicationId, Error> {
    let subject = deps.application_name(input.application);
    let result = deps
        .database
        .run_tx("resolve_termination_objection", async |tx: &mut Tx| {
            let claim = match call.begin(tx).await? {
                Begin::Replay(id) => return Ok(ApplicationId::from_uuid(id)),
                Begin::First(claim) => claim,
            };
            let target = Move {
                application: input.application,
                etag: "",
            };
            let mut record = locked(deps, tx, call, target).await?;
            let policy = deps.policy_of(&record.application, call.at)?;
            let needed = policy
                .accepting_authority
                .of(Jurisdiction::Province(deps.province));
            let officer = call.officer(needed)?;
            if officer.authority != needed {
                return Err(MoveRefused::WrongAuthority { needed }.into());
            }
            let found = termination_notice::find(tx, input.application).await?;
            let mut notice = found.ok_or_else(Error::not_found)?;
            let (resolved, ended) = notice
                .notice
                .resolve(officer, input.upheld, &input.grounds, call.at)?;
            notice.notice = resolved;
            notice.resolution = Some(input.grounds.trim().to_owned());
            notice.settled_at = Some(call.at);
            termination_notice::save(tx, &notice).await?;
            if let Some(ended) = ended {
                let application = record.application.clone();
                let shown = application.show_termination(ended, Actor::Officer(officer), call.at)?;
                note(deps, tx, &call.caller, call.verb, &mut record, Moved::from(shown)).await?;
            } else {
                tx.audit(AuditRecord {
                    at: call.at,
                    actor: &call.caller,
                    verb: call.verb,
                    article: "153号 art 13",
                    subject: &subject,
                    outcome: Outcome::Done,
                    evidence: json!({ "upheld": true }),
                })
                .await?;
            }
            let kind = NotificationKind::TerminationObjectionResolved;
            let mut told = notify::of(deps, kind, &record.application, None, call.at);
            told.to.push(Addressee::Employer(notice.employer));
            notify::push(deps, tx, &told).await?;
            finish(tx, claim, input.application.as_uuid()).await?;
            Ok::<_, Error>(input.application)
        })
        .await;
    call.audited(deps, &subject, result).await
}
