//! Calls to the nation's `exchange.v1.StandingService`.

use api::convert::{Read as _, read_term};
use api::exchange::v1 as wire;
use api::exchange::v1::standing_service_client::StandingServiceClient;
use domain::availability::Delivery;
use domain::ids::PersonId;
use domain::register::StatusCode;
use jiff::Timestamp;
use jiff::civil::Date;

use super::{Issuance, relay};
use crate::error::Error;

/// What the nation tells of a registration, for an explanation.
#[derive(Debug, Clone)]
pub(crate) struct NationalStanding {
    /// Two digits of who holds it.
    pub(crate) province: String,
    pub(crate) status: StatusCode,
    pub(crate) since: Option<Timestamp>,
    pub(crate) suspended_until: Option<Date>,
    pub(crate) term_over: bool,
    pub(crate) renewal_pending: bool,
    pub(crate) end_cause: String,
    pub(crate) licence_identifier: String,
    pub(crate) delivery: Delivery,
    /// Stable reason of a set that goes no further.
    pub(crate) stopped: String,
    pub(crate) ahead: u64,
}

impl Issuance {
    /// Where a person's registration stands in the nation; none for somebody who was never registered.
    pub(crate) async fn standing(&self, person: PersonId) -> Result<Option<NationalStanding>, Error> {
        let request = wire::ReadStandingRequest {
            person: person.resource_name(),
        };
        let answer = StandingServiceClient::new(self.channel.clone())
            .read_standing(request)
            .await;
        answer
            .map_err(relay)?
            .into_inner()
            .standing
            .map(standing)
            .transpose()
    }
}

fn standing(told: wire::NationalStanding) -> Result<NationalStanding, Error> {
    let malformed = |_| Error::internal("issuance: a standing cannot be read");
    let delivery = match told.issuing() {
        wire::IssuingState::Issued => Delivery::Issued,
        wire::IssuingState::Stopped => Delivery::SetStopped,
        wire::IssuingState::Retrying => Delivery::SealUnavailable,
        wire::IssuingState::Waiting if told.ahead > 0 => Delivery::Backlog,
        wire::IssuingState::Waiting => Delivery::NotIssued,
        // A registration in force has a version from the act on that brings the pictures.
        wire::IssuingState::Unspecified => Delivery::NoPictures,
    };
    let status = read_term::<api::types::v1::StatusCode, StatusCode>(told.status_code, "status_code");
    let since = told.since.map(|_| told.since.read("since"));
    let until = told
        .suspended_until
        .map(|_| told.suspended_until.read("suspended_until"));
    Ok(NationalStanding {
        status: status.map_err(malformed)?,
        since: since.transpose().map_err(malformed)?,
        suspended_until: until.transpose().map_err(malformed)?,
        term_over: told.term_over,
        renewal_pending: told.renewal_pending,
        delivery,
        ahead: told.ahead,
        province: told.province,
        end_cause: told.end_cause,
        licence_identifier: told.licence_identifier,
        stopped: told.issuing_reason,
    })
}
