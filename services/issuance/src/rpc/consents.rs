//! `issuance.v1.ConsentService` on the wire.

use std::sync::Arc;

use api::convert::{Read as _, instant, read_term};
use api::issuance::v1 as wire;
use api::issuance::v1::consent_service_server::ConsentService;
use domain::calendar::day_of;
use domain::certificate::Purpose;
use domain::ids::EmployerId;
use domain::use_copy::{ConsentEnd, ConsentState, ConsentTerms};
use jiff::civil::Date;
use service_runtime::Refusal;
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::certificate::{position, status, taken, use_copy, write};
use crate::command::{
    approve_copy_request, decline_copy_request, grant_standing_consent, revoke_standing_consent,
};
use crate::issuing::Issuing;
use crate::query::list_copy_requests::{RequestView, list_copy_requests};
use crate::query::list_standing_consents::{list_consent_uses, list_standing_consents};
use crate::store::issuing::consent::{ConsentRow, UseRow};

/// Writes: method, and verb of the audit.
const GRANT: (&str, &str) = ("GrantStandingConsent", "grant_standing_consent");
const REVOKE: (&str, &str) = ("RevokeStandingConsent", "revoke_standing_consent");
const APPROVE: (&str, &str) = ("ApproveCopyRequest", "approve_copy_request");
const DECLINE: (&str, &str) = ("DeclineCopyRequest", "decline_copy_request");

/// The service's face.
pub(crate) struct ConsentRpc {
    pub(crate) issuing: Arc<Issuing>,
}

#[tonic::async_trait]
impl ConsentService for ConsentRpc {
    async fn grant_standing_consent(
        &self,
        request: Request<wire::GrantStandingConsentRequest>,
    ) -> Result<Response<wire::GrantStandingConsentResponse>, Status> {
        let (caller, _, request) = taken(request)?;
        let write = write(&self.issuing, &caller, &request.request_id, &request, GRANT)?;
        let purposes = request
            .purposes
            .iter()
            .map(|purpose| purpose_of(*purpose, "purposes"));
        let ends_on = request.ends_on.read("ends_on");
        let terms = ConsentTerms {
            purposes: purposes.collect::<Result<_, _>>()?,
            ends_on: ends_on.map_err(|_| Refusal::invalid("ends_on", "must be a date").into_status())?,
        };
        let input = grant_standing_consent::Input {
            write,
            employer: match request.employer.as_str() {
                "" => None,
                name => Some(employer(name)?),
            },
            terms,
        };
        let granted = grant_standing_consent::grant_standing_consent(&self.issuing, input).await;
        Ok(Response::new(wire::GrantStandingConsentResponse {
            consent: Some(consent(&granted.map_err(status)?, self.today())),
        }))
    }

    async fn revoke_standing_consent(
        &self,
        request: Request<wire::RevokeStandingConsentRequest>,
    ) -> Result<Response<wire::RevokeStandingConsentResponse>, Status> {
        let (caller, _, request) = taken(request)?;
        let input = revoke_standing_consent::Input {
            write: write(&self.issuing, &caller, &request.request_id, &request, REVOKE)?,
            consent: id(&request.name, "consents/", "name")?,
        };
        let revoked = revoke_standing_consent::revoke_standing_consent(&self.issuing, input).await;
        Ok(Response::new(wire::RevokeStandingConsentResponse {
            consent: Some(consent(&revoked.map_err(status)?, self.today())),
        }))
    }

    async fn list_standing_consents(
        &self,
        request: Request<wire::ListStandingConsentsRequest>,
    ) -> Result<Response<wire::ListStandingConsentsResponse>, Status> {
        let (caller, _, request) = taken(request)?;
        let start = (request.page_size, request.page_token.as_str());
        let page = list_standing_consents(&self.issuing, caller.scope(), start).await;
        let page = page.map_err(status)?;
        let today = self.today();
        Ok(Response::new(wire::ListStandingConsentsResponse {
            consents: page.rows.iter().map(|row| consent(row, today)).collect(),
            next_page_token: page.next,
        }))
    }

    async fn list_consent_uses(
        &self,
        request: Request<wire::ListConsentUsesRequest>,
    ) -> Result<Response<wire::ListConsentUsesResponse>, Status> {
        let (caller, _, request) = taken(request)?;
        let consent = id(&request.consent, "consents/", "consent")?;
        let start = (request.page_size, request.page_token.as_str());
        let page = list_consent_uses(&self.issuing, caller.scope(), consent, start).await;
        let page = page.map_err(status)?;
        Ok(Response::new(wire::ListConsentUsesResponse {
            uses: page.rows.iter().map(consent_use).collect(),
            next_page_token: page.next,
        }))
    }

    async fn list_copy_requests(
        &self,
        request: Request<wire::ListCopyRequestsRequest>,
    ) -> Result<Response<wire::ListCopyRequestsResponse>, Status> {
        let (caller, _, request) = taken(request)?;
        let start = (request.page_size, request.page_token.as_str());
        let page = list_copy_requests(&self.issuing, caller.scope(), start).await;
        let page = page.map_err(status)?;
        Ok(Response::new(wire::ListCopyRequestsResponse {
            requests: page.rows.iter().map(copy_request).collect(),
            next_page_token: page.next,
        }))
    }

    async fn approve_copy_request(
        &self,
        request: Request<wire::ApproveCopyRequestRequest>,
    ) -> Result<Response<wire::ApproveCopyRequestResponse>, Status> {
        let (caller, deadline, request) = taken(request)?;
        let input = approve_copy_request::Input {
            write: write(&self.issuing, &caller, &request.request_id, &request, APPROVE)?,
            request: id(&request.name, "copyRequests/", "name")?,
            deadline,
        };
        let approved = approve_copy_request::approve_copy_request(&self.issuing, input).await;
        let approved = approved.map_err(status)?;
        Ok(Response::new(wire::ApproveCopyRequestResponse {
            request: Some(copy_request(&approved.request)),
            copy: Some(use_copy(&approved.copy)),
            position: Some(position(approved.position)),
        }))
    }

    async fn decline_copy_request(
        &self,
        request: Request<wire::DeclineCopyRequestRequest>,
    ) -> Result<Response<wire::DeclineCopyRequestResponse>, Status> {
        let (caller, _, request) = taken(request)?;
        let input = decline_copy_request::Input {
            write: write(&self.issuing, &caller, &request.request_id, &request, DECLINE)?,
            request: id(&request.name, "copyRequests/", "name")?,
        };
        let declined = decline_copy_request::decline_copy_request(&self.issuing, input).await;
        Ok(Response::new(wire::DeclineCopyRequestResponse {
            request: Some(copy_request(&declined.map_err(status)?)),
        }))
    }
}

impl ConsentRpc {
    fn today(&self) -> Date {
        day_of(self.issuing.now())
    }
}

/// A purpose of the table.
pub(super) fn purpose_of(purpose: i32, field: &str) -> Result<Purpose, Status> {
    read_term::<wire::Purpose, _>(purpose, field)
        .map_err(|_| Refusal::invalid(field, "must be a known purpose").into_status())
}

/// `employers/{employer}`
pub(super) fn employer(name: &str) -> Result<EmployerId, Status> {
    EmployerId::from_resource_name(name)
        .map_err(|_| Refusal::invalid("employer", "must be employers/{employer}").into_status())
}

fn id(name: &str, collection: &str, field: &str) -> Result<Uuid, Status> {
    let id = name
        .strip_prefix(collection)
        .and_then(|id| Uuid::try_parse(id).ok());
    id.ok_or_else(|| Refusal::invalid(field, format!("must be {collection}{{id}}")).into_status())
}

fn consent(row: &ConsentRow, today: Date) -> wire::StandingConsent {
    use wire::standing_consent::State;
    let state = match row.terms.state(row.end(), today) {
        ConsentState::Standing => State::Standing,
        ConsentState::Expired => State::Expired,
        ConsentState::Ended(ConsentEnd::Revoked) => State::Revoked,
        ConsentState::Ended(ConsentEnd::EmploymentEnded) => State::EmploymentEnded,
    };
    let purposes = row
        .terms
        .purposes
        .iter()
        .map(|purpose| wire::Purpose::from(*purpose).into());
    wire::StandingConsent {
        name: format!("consents/{}", row.id),
        employer: format!("employers/{}", row.employer),
        purposes: purposes.collect(),
        ends_on: Some(row.terms.ends_on.into()),
        granted_at: Some(instant(row.granted_at)),
        state: state.into(),
        ended_at: row.ended.map(|(at, _)| instant(at)),
        uses: u32::try_from(row.uses).unwrap_or(u32::MAX),
        last_used_at: row.last_used_at.map(instant),
    }
}

fn consent_use(row: &UseRow) -> wire::ConsentUse {
    wire::ConsentUse {
        copy: format!("certificates/{}/copies/{}", row.licence_identifier, row.copy),
        package: format!("packages/{}", row.package),
        used_at: Some(instant(row.used_at)),
    }
}

fn copy_request(view: &RequestView) -> wire::CopyRequest {
    let copy = view.row.copied.as_ref().zip(view.row.copy);
    wire::CopyRequest {
        name: format!("copyRequests/{}", view.row.id),
        employer: format!("employers/{}", view.row.employer),
        purpose: wire::Purpose::from(view.terms.purpose).into(),
        purpose_reference: view.terms.purpose_reference.clone(),
        recipient: view.terms.recipient.clone(),
        asked_at: Some(instant(view.row.asked_at)),
        expires_on: Some(view.row.expires_on.into()),
        state: wire::copy_request::State::from(view.state).into(),
        settled_at: view.row.settled_at.map(instant),
        copy: copy
            .map(|(version, copy)| format!("certificates/{version}/copies/{copy}"))
            .unwrap_or_default(),
    }
}
