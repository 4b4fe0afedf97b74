//! `issuance.v1.NotificationService`

use std::pin::Pin;
use std::sync::Arc;

use api::issuance::v1 as wire;
use api::issuance::v1::notification_service_server::NotificationService;
use futures_util::{Stream, StreamExt as _};
use service_runtime::Scope;
use tonic::{Request, Response, Status, async_trait};

use super::Rpc;

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
        let asked = (message.page_size, message.page_token.as_str());
        let page = notification_service::list(&*self.deps, &scope, &message.addressee, asked).await?;
        Ok(Response::new(wire::ListNotificationsResponse {
            notifications: page.notifications,
            next_page_token: page.next_page_token,
        }))
    }

    async fn watch_notifications(
        &self,
        request: Request<wire::WatchNotificationsRequest>,
    ) -> Result<Response<Self::WatchNotificationsStream>, Status> {
        let told = notification_service::watch(Arc::clone(&self.deps), request.get_ref().after)?;
        let told = told.map(|told| {
            let (position, notification) = told?;
            Ok(wire::WatchNotificationsResponse {
                position,
                notification,
            })
        });
        Ok(Response::new(Box::pin(self.life.until_draining(told))))
    }
}
