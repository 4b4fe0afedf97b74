//! Extends the limit of the decision, as asked for, with the reasons notified (行政许可法 art 42).

use domain::calendar::HolidayCalendar;
use domain::ids::ApplicationId;
use tracing::instrument;

use super::clocks::move_clock;
use super::{Call, Move};
use crate::deps::Deps;
use crate::error::Error;

/// By another officer of the deciding authority than the one who asked: they answer for it as its leader.
#[instrument(name = "extend_limit", skip_all, fields(application = %target.application))]
pub(crate) async fn extend_limit(deps: &Deps, call: &Call, target: Move<'_>) -> Result<ApplicationId, Error> {
    move_clock(
        deps,
        call,
        target,
        |application, clock, leader, policy| {
            application.extend_limit(clock, policy, leader, HolidayCalendar::official(), call.at)
        },
        |clock| {
            let due = clock.deadline(HolidayCalendar::official());
            let due = due.map(|due| due.day.to_string()).unwrap_or_default();
            let reasons = clock
                .extension_requested
                .as_ref()
                .map(|asked| asked.reasons.as_str())
                .unwrap_or_default();
            format!("依照行政许可法第四十二条，经本机关负责人批准，审批期限延长至{due}。理由：{reasons}")
        },
    )
    .await
}
