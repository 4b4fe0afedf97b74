//! Asks the leader of the deciding authority to extend the limit of the decision (行政许可法 art 42).

use domain::calendar::HolidayCalendar;
use domain::ids::ApplicationId;
use tracing::instrument;

use super::clocks::move_clock;
use super::{Call, Move};
use crate::deps::Deps;
use crate::error::Error;

/// The applicant is told nothing before the extension is approved.
#[instrument(name = "request_extension", skip_all, fields(application = %target.application))]
pub(crate) async fn request_extension(
    deps: &Deps,
    call: &Call,
    target: Move<'_>,
    reasons: &str,
) -> Result<ApplicationId, Error> {
    move_clock(
        deps,
        call,
        target,
        |application, clock, officer, _| {
            application.request_extension(clock, officer, reasons, HolidayCalendar::official(), call.at)
        },
        |_| format!("申请延长审批期限，理由：{}", reasons.trim()),
    )
    .await
}
