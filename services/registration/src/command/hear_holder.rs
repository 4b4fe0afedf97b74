//! Tells the holder what is held against them, in the officer's words, and gives them days to state their view (行政许可法
//! art 7).

use domain::calendar::HolidayCalendar;
use domain::case_file::CaseRefused;
use domain::ids::CaseId;
use domain::notification::NotificationKind;
use postgres::Tx;
use serde_json::json;
use tracing::instrument;

use super::notify::{self, Notification};
use super::{Begin, Call, cases, finish};
use crate::deps::Deps;
use crate::error::Error;
use crate::recorded::key_of;
use crate::sealing::HearingText;
use crate::store::registered;

/// Only the officer who has the case in hand, once.
#[instrument(name = "hear_holder", skip_all, fields(%case))]
pub(crate) async fn hear_holder(
    deps: &Deps,
    call: &Call,
    case: CaseId,
    (held_against, days): (&str, u16),
) -> Result<CaseId, Error> {
    let subject = deps.case_name(case);
    let result = deps
        .database
        .run_tx("hear_holder", async |tx: &mut Tx| {
            let claim = match call.begin(tx).await? {
                Begin::Replay(id) => return Ok(CaseId::from_uuid(id)),
                Begin::First(claim) => claim,
            };
            let within = call.within(deps);
            let mut file = cases::locked(deps, tx, call, case).await?;
            let (officer, hand) = cases::hand(deps, tx, call).await?;
            if held_against.trim().is_empty() {
                return Err(CaseRefused::GroundsMissing.into());
            }
            let calendar = HolidayCalendar::official();
            file.case = file.case.hear(officer, &hand, days, calendar, call.at)?;
            let person = file.case.person;
            let key = key_of(deps, tx, &within, person).await?;
            let text = HearingText {
                held_against: held_against.trim().to_owned(),
                statement: String::new(),
            };
            file.hearing = Some(deps.sealing.seal_hearing(&key, case.as_uuid(), &text));
            let until = file.case.hearing.as_ref().map(|hearing| hearing.until.day);
            let evidence = json!({ "until": until });
            cases::kept(deps, tx, call, &file, ("行政许可法 art 7", evidence)).await?;
            if let Some(known) = registered::find(tx, &within, person).await? {
                let kind = NotificationKind::CaseHearing;
                let told = notify::of_registration(deps, kind, person, known.employer, call.at);
                let told = Notification {
                    subject: subject.clone(),
                    ..told.on(until)
                };
                notify::push(deps, tx, &told).await?;
            }
            finish(tx, claim, case.as_uuid()).await?;
            Ok::<_, Error>(case)
        })
        .await;
    call.audited(deps, &subject, result).await
}
