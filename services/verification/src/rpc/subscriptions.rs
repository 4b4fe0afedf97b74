//! `verification.v1.SubscriptionService`

use std::pin::Pin;
use std::sync::Arc;

use api::convert::instant;
use api::types::v1 as types;
use api::verification::v1 as wire;
use api::verification::v1::subscription_service_server::SubscriptionService;
use api::verification::v1::watch_registrations_response::Event;
use futures_util::{Stream, StreamExt as _};
use jiff::Timestamp;
use service_runtime::auth::ScopeKind;
use service_runtime::error::CALLER_NOT_ALLOWED;
use service_runtime::{Caller, Refusal};
use tonic::{Request, Response, Status};

use super::{Rpc, decode, encode, status};
use crate::model::recent::Kind;
use crate::query::watch_registrations::{
    Filter, Granted, Input, Message, Watched, What, watch_registrations,
};

#[tonic::async_trait]
impl SubscriptionService for Rpc {
    type WatchRegistrationsStream =
        Pin<Box<dyn Stream<Item = Result<wire::WatchRegistrationsResponse, Status>> + Send>>;

    async fn watch_registrations(
        &self,
        request: Request<wire::WatchRegistrationsRequest>,
    ) -> Result<Response<Self::WatchRegistrationsStream>, Status> {
        let asking = decode::asking(&request)?;
        self.deps.limits.admit_caller(&asking.caller)?;
        let (granted, ends_at) = granted(&request)?;
        let wire::WatchRegistrationsRequest {
            after,
            anchor,
            provinces,
            employer_credit_codes,
            registration_numbers,
            changes,
            min_position,
            purpose,
        } = request.into_inner();
        if purpose.trim().is_empty() {
            return Err(Refusal::invalid("purpose", "must state why the backend subscribes").into_status());
        }
        let filter = Filter::new(granted, &provinces, &employer_credit_codes, &registration_numbers)?;
        let input = Input {
            after,
            anchor: anchor.to_vec(),
            filter,
            kinds: changes.into_iter().map(kind).collect::<Result<_, _>>()?,
            asking: decode::terms(asking, min_position.as_ref(), false, purpose)?,
            ends_at,
        };
        let told = watch_registrations(Arc::clone(&self.deps), input)
            .await
            .map_err(status)?;
        let told = told.map(|told| told.map(message).map_err(status));
        Ok(Response::new(Box::pin(self.life.until_draining(told))))
    }
}

/// What the token grants, and until when.
fn granted<T>(request: &Request<T>) -> Result<(Granted, Timestamp), Refusal> {
    let caller = Caller::of(request)?;
    let (ScopeKind::Client { scopes, .. }, Some(claims)) = (caller.scope().kind(), caller.claims()) else {
        return CALLER_NOT_ALLOWED.refuse();
    };
    let ends_at = Timestamp::from_second(claims.exp).or_else(|_| CALLER_NOT_ALLOWED.refuse())?;
    Ok((Granted::of(scopes), ends_at))
}

fn kind(change: i32) -> Result<Kind, Refusal> {
    match wire::RegistrationChange::try_from(change) {
        Ok(wire::RegistrationChange::Entry) => Ok(Kind::Entry),
        Ok(wire::RegistrationChange::Certificate) => Ok(Kind::Certificate),
        Ok(wire::RegistrationChange::Document) => Ok(Kind::Document),
        Ok(wire::RegistrationChange::Unspecified) | Err(_) => {
            Err(Refusal::invalid("changes", "each must be a known kind of change"))
        }
    }
}

fn message(told: Message) -> wire::WatchRegistrationsResponse {
    let event = match told.what {
        What::Registration(watched) => Event::Registration(registration(*watched)),
        What::Departed(registration_number) => {
            Event::Departed(wire::DepartedRegistration { registration_number })
        }
        What::PictureComplete => Event::PictureComplete(wire::PictureComplete {}),
        What::Heartbeat(at) => Event::Heartbeat(wire::SubscriptionHeartbeat {
            at: Some(instant(at)),
        }),
    };
    wire::WatchRegistrationsResponse {
        position: told.position,
        anchor: told.anchor.into(),
        event: Some(event),
    }
}

fn registration(watched: Watched) -> wire::WatchedRegistration {
    let change = match watched.change {
        None => wire::RegistrationChange::Unspecified,
        Some(Kind::Entry) => wire::RegistrationChange::Entry,
        Some(Kind::Certificate) => wire::RegistrationChange::Certificate,
        Some(Kind::Document) => wire::RegistrationChange::Document,
    };
    let end_cause = watched
        .end_cause()
        .map_or(types::EndCause::Unspecified, Into::into);
    let specialties = watched.specialties.into_iter().map(|standing| {
        let wire::SpecialtyStanding { validity, living } = encode::specialty(standing);
        wire::WatchedSpecialty { validity, living }
    });
    wire::WatchedRegistration {
        registration_number: watched.number,
        status_code: types::StatusCode::from(watched.status).into(),
        status_since: watched.since.map(|since| since.on.into()),
        end_cause: end_cause.into(),
        province: watched.province.to_owned(),
        employer_title: watched.employer,
        employer_credit_code: watched.employer_code,
        specialties: specialties.collect(),
        licence_identifier: watched.licence,
        family_name: watched.family_name,
        change: change.into(),
    }
}
