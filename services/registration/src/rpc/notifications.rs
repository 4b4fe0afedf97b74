//! `registration.v1.NotificationService`

use std::pin::Pin;
use std::sync::Arc;

use api::convert::instant;
use api::registration::v1 as wire;
use api::registration::v1::notification_service_server::NotificationService;
use api::types::v1 as types;
use domain::ids::PersonId;
use domain::notification::{Addressee, Particulars};
use futures_util::{Stream, StreamExt as _};
use jiff::Timestamp;
use service_runtime::{Refusal, Scope, page};
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::{PAGE, Rpc, encode, status};
use crate::deps::Deps;
use crate::query;
use crate::store::notification::Notification;

#[tonic::async_trait]
impl NotificationService for Rpc {
    type WatchNotificationsStream =
        Pin<Box<dyn Stream<Item = Result<wire::WatchNotificationsResponse, Status>> + Send>>;

    async fn list_notifications(
        &self,
        request: Request<wire::ListNotificationsRequest>,
    ) -> Result<Response<wire::ListNotificationsResponse>, Status> {
        let scope = Scope::of(&request)?;
        let message = request.into_inner();
        let addressee = match message.addressee.as_str() {
            "" | "persons/me" => Addressee::Person(PersonId::from_uuid(scope.require_person()?)),
            name => Addressee::parse(name).ok_or_else(|| {
                Refusal::invalid(
                    "addressee",
                    "must be persons/me, employers/{employer} or an authority",
                )
            })?,
        };
        let query = addressee.to_string();
        let size = page::size(message.page_size, PAGE.0, PAGE.1)?;
        let before: Option<(Timestamp, Uuid)> = page::cursor(&query, &message.page_token)?;
        let found = query::notification::list(&self.deps, &scope, addressee, before, size)
            .await
            .map_err(status)?;
        let last = found.last().filter(|_| found.len() == size as usize);
        let next = last.map(|last| page::token(&query, &(last.recorded_at, last.id)));
        Ok(Response::new(wire::ListNotificationsResponse {
            next_page_token: next.transpose()?.unwrap_or_default(),
            notifications: found
                .into_iter()
                .map(|one| notification(&self.deps, one))
                .collect(),
        }))
    }

    async fn watch_notifications(
        &self,
        request: Request<wire::WatchNotificationsRequest>,
    ) -> Result<Response<Self::WatchNotificationsStream>, Status> {
        let after = i64::try_from(request.get_ref().after);
        let after = after.map_err(|_| Refusal::invalid("after", "must be a position"))?;
        let deps = Arc::clone(&self.deps);
        let told = query::notification::watch(Arc::clone(&deps), after).map(move |told| {
            let (position, one) = told.map_err(status)?;
            Ok(wire::WatchNotificationsResponse {
                position: u64::try_from(position).unwrap_or_default(),
                notification: one.map(|one| notification(&deps, one)),
            })
        });
        Ok(Response::new(Box::pin(self.life.until_draining(told))))
    }
}

fn notification(deps: &Deps, one: Notification) -> types::Notification {
    let text = one.kind.text(Particulars {
        day: one.day,
        days: one.days_left,
        specialty: one.specialty,
    });
    types::Notification {
        name: format!("provinces/{}/notifications/{}", deps.province, one.id),
        position: one
            .position
            .and_then(|position| u64::try_from(position).ok())
            .unwrap_or_default(),
        kind: types::NotificationKind::from(one.kind).into(),
        addressee: one.addressee.to_string(),
        person: one.person.map(PersonId::resource_name).unwrap_or_default(),
        subject: one.subject,
        specialty: one
            .specialty
            .map(|specialty| types::Specialty::from(specialty).into())
            .unwrap_or_default(),
        day: one.day.map(Into::into),
        days_left: one.days_left.unwrap_or_default().into(),
        recorded_at: Some(instant(one.recorded_at)),
        text: Some(encode::text(&text)),
    }
}
