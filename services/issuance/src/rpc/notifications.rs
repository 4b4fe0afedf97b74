//! `issuance.v1.NotificationService`

use std::pin::Pin;
use std::sync::Arc;

use api::convert::instant;
use api::issuance::v1 as wire;
use api::issuance::v1::notification_service_server::NotificationService;
use api::types::v1 as types;
use domain::ids::PersonId;
use domain::notification::{Addressee, Particulars};
use futures_util::{Stream, StreamExt as _};
use jiff::Timestamp;
use service_runtime::{Refusal, Scope, page};
use tonic::{Request, Response, Status, async_trait};
use uuid::Uuid;

use super::{Rpc, status};
use crate::query::notifications::{list_notifications, watch_notifications};
use crate::store::issuing::notification::Notification;

/// Usual and greatest page.
const PAGE: (u32, u32) = (50, 200);

#[async_trait]
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
            name => Addressee::parse(name)
                .ok_or_else(|| Refusal::invalid("addressee", "must be persons/me or employers/{employer}"))?,
        };
        let query = addressee.to_string();
        let size = page::size(message.page_size, PAGE.0, PAGE.1)?;
        let before: Option<(Timestamp, Uuid)> = page::cursor(&query, &message.page_token)?;
        let found = list_notifications(&self.deps, &scope, addressee, before, size)
            .await
            .map_err(status)?;
        let last = found.last().filter(|_| found.len() == size as usize);
        let next = last.map(|last| page::token(&query, &(last.recorded_at, last.id)));
        Ok(Response::new(wire::ListNotificationsResponse {
            next_page_token: next.transpose()?.unwrap_or_default(),
            notifications: found.into_iter().map(notification).collect(),
        }))
    }

    async fn watch_notifications(
        &self,
        request: Request<wire::WatchNotificationsRequest>,
    ) -> Result<Response<Self::WatchNotificationsStream>, Status> {
        let after = i64::try_from(request.get_ref().after);
        let after = after.map_err(|_| Refusal::invalid("after", "must be a position"))?;
        let told = watch_notifications(Arc::clone(&self.deps), after).map(|told| {
            let (position, one) = told.map_err(status)?;
            Ok(wire::WatchNotificationsResponse {
                position: u64::try_from(position).unwrap_or_default(),
                notification: one.map(notification),
            })
        });
        Ok(Response::new(Box::pin(self.life.until_draining(told))))
    }
}

fn notification(one: Notification) -> types::Notification {
    let text = one.kind.text(Particulars {
        day: one.day,
        days: one.days_left,
        specialty: None,
    });
    types::Notification {
        name: format!("notifications/{}", one.id),
        position: one
            .position
            .and_then(|position| u64::try_from(position).ok())
            .unwrap_or_default(),
        kind: types::NotificationKind::from(one.kind).into(),
        addressee: one.addressee.to_string(),
        person: one.person.resource_name(),
        subject: one.subject,
        specialty: types::Specialty::Unspecified.into(),
        day: one.day.map(Into::into),
        days_left: one.days_left.unwrap_or_default().into(),
        recorded_at: Some(instant(one.recorded_at)),
        text: Some(types::BilingualText {
            zh: text.zh,
            en: text.en,
        }),
    }
}
