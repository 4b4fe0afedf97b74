//! Lets an authority's clock run again (行政许可法 art 45).

use domain::calendar::{HolidayCalendar, day_of};
use domain::ids::ApplicationId;
use tracing::instrument;

use super::clocks::move_clock;
use super::{Call, Move};
use crate::deps::Deps;
use crate::error::Error;

/// Only an officer of the authority whose step is due. The day of the resumption counts.
#[instrument(name = "resume_clock", skip_all, fields(application = %target.application))]
pub(crate) async fn resume_clock(deps: &Deps, call: &Call, target: Move<'_>) -> Result<ApplicationId, Error> {
    move_clock(
        deps,
        call,
        target,
        |application, clock, officer, _| application.resume_clock(clock, officer, call.at),
        |clock| {
            let due = clock.deadline(HolidayCalendar::official());
            let due = due.map(|due| due.day.to_string()).unwrap_or_default();
            format!(
                "“{}”期限自{}起恢复计算，届满日为{due}。",
                clock.step,
                day_of(call.at)
            )
        },
    )
    .await
}
