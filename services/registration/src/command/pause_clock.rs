//! Stops an authority's clock for a hearing or expert review, with a written notice (行政许可法 art 45).

use domain::application::PauseGround;
use domain::calendar::{HolidayCalendar, day_of};
use domain::ids::ApplicationId;
use tracing::instrument;

use super::clocks::move_clock;
use super::{Call, Move};
use crate::deps::Deps;
use crate::error::Error;

/// What stops the clock.
#[derive(Debug, Clone)]
pub(crate) struct Input {
    pub(crate) ground: PauseGround,
    /// Days it is expected to take, as the applicant is told.
    pub(crate) expected_days: u16,
    pub(crate) reason: String,
}

/// Only an officer of the authority whose step is due.
#[instrument(name = "pause_clock", skip_all, fields(application = %target.application))]
pub(crate) async fn pause_clock(
    deps: &Deps,
    call: &Call,
    target: Move<'_>,
    input: Input,
) -> Result<ApplicationId, Error> {
    let Input {
        ground,
        expected_days,
        reason,
    } = &input;
    move_clock(
        deps,
        call,
        target,
        |application, clock, officer, _| {
            let calendar = HolidayCalendar::official();
            application.pause_clock(clock, officer, (*ground, *expected_days), reason, calendar, call.at)
        },
        |clock| {
            format!(
                "依照行政许可法第四十五条，因{}所需时间不计算在办理期限内，“{}”期限自{}起暂停计算，预计需{expected_days}日。事由：{}",
                ground.name(),
                clock.step,
                day_of(call.at),
                reason.trim(),
            )
        },
    )
    .await
}
