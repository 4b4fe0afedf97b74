//! Gives the old employer notice that the employment ended (解聘告知): it may object, and its silence is no objection.

use domain::calendar::HolidayCalendar;
use domain::employment::TerminationNotice;
use domain::ids::ApplicationId;
use domain::notification::{Addressee, NotificationKind};
use jiff::civil::Date;
use postgres::Tx;
use postgres::audit::{Outcome, Record as AuditRecord};
use serde_json::json;
use tracing::instrument;

use super::moves::locked;
use super::notify::{self, Notification};
use super::{Begin, Call, Move, finish};
use crate::deps::Deps;
use crate::error::Error;
use crate::store::termination_notice::{self, Notice};

/// Only the holder; once per application.
#[instrument(name = "notify_termination", skip_all, fields(%application))]
pub(crate) async fn notify_termination(
    deps: &Deps,
    call: &Call,
    application: ApplicationId,
    ended_on: Date,
) -> Result<ApplicationId, Error> {
    let subject = deps.application_name(application);
    let result = deps
        .database
        .run_tx("notify_termination", async |tx: &mut Tx| {
            let claim = match call.begin(tx).await? {
                Begin::Replay(id) => return Ok(ApplicationId::from_uuid(id)),
                Begin::First(claim) => claim,
            };
            let target = Move {
                application,
                etag: "",
            };
            let record = locked(deps, tx, call, target).await?;
            let employer = record.application.termination_due()?;
            let policy = deps.policy_of(&record.application, call.at)?;
            let notice = TerminationNotice::open(ended_on, policy, HolidayCalendar::official(), call.at)?;
            let notice = Notice {
                application,
                employer,
                notice,
                sealed_grounds: None,
                resolution: None,
                settled_at: None,
            };
            if !termination_notice::insert(tx, &notice).await? {
                return Err(domain::application::MoveRefused::NoticeGiven.into());
            }
            tx.audit(AuditRecord {
                at: call.at,
                actor: &call.caller,
                verb: call.verb,
                article: "153号 art 13",
                subject: &subject,
                outcome: Outcome::Done,
                evidence: json!({
                    "employer": employer.resource_name(), "ended_on": ended_on,
                    "objections_until": notice.notice.objections_until,
                }),
            })
            .await?;
            let kind = NotificationKind::TerminationConfirmationRequested;
            let told = Notification {
                to: vec![Addressee::Employer(employer)],
                ..notify::of(deps, kind, &record.application, None, call.at)
            };
            notify::push(deps, tx, &told.on(Some(notice.notice.objections_until.day))).await?;
            finish(tx, claim, application.as_uuid()).await?;
            Ok::<_, Error>(application)
        })
        .await;
    call.audited(deps, &subject, result).await
}
