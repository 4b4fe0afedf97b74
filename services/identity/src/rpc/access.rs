//! `identity.v1.AccessService`

use std::pin::Pin;
use std::sync::Arc;

use api::convert::instant;
use api::identity::v1::access_service_server::AccessService;
use api::identity::v1::{
    Client as WireClient, GetKeySetRequest, GetKeySetResponse, GrantRoleRequest, GrantRoleResponse,
    IssueClientTokenRequest, IssueClientTokenResponse, ListGrantsRequest, ListGrantsResponse,
    RegisterClientRequest, RegisterClientResponse, RevokeRoleRequest, RevokeRoleResponse,
    WatchRevocationsRequest, WatchRevocationsResponse,
};
use domain::ids::AccountId;
use futures_util::{Stream, StreamExt as _};
use service_runtime::{Caller, Refusal};
use tonic::{Request, Response, Status, async_trait};
use uuid::Uuid;

use super::{Rpc, name, status, terms};
use crate::command::{grant_role, issue_client_token, register_client, revoke_role};
use crate::query::list_grants;
use crate::query::watch_revocations::{Event, watch_revocations};
use crate::store::client::Client;

#[async_trait]
impl AccessService for Rpc {
    type WatchRevocationsStream =
        Pin<Box<dyn Stream<Item = Result<WatchRevocationsResponse, Status>> + Send>>;

    async fn grant_role(
        &self,
        request: Request<GrantRoleRequest>,
    ) -> Result<Response<GrantRoleResponse>, Status> {
        let id = request.get_ref().request_id.clone();
        let write = self.write(&request, &id, "identity.v1.AccessService/GrantRole", "grant_role")?;
        let message = request.into_inner();
        let input = grant_role::Input {
            write,
            account: name(AccountId::from_resource_name(&message.account), "account")?,
            role: terms::role(message.role)?,
            authority: message.authority,
        };
        let grant = grant_role::grant_role(&self.deps, input).await.map_err(status)?;
        Ok(Response::new(GrantRoleResponse {
            grant: Some(terms::grant(&grant)),
        }))
    }

    async fn revoke_role(
        &self,
        request: Request<RevokeRoleRequest>,
    ) -> Result<Response<RevokeRoleResponse>, Status> {
        let id = request.get_ref().request_id.clone();
        let write = self.write(
            &request,
            &id,
            "identity.v1.AccessService/RevokeRole",
            "revoke_role",
        )?;
        let grant = request
            .get_ref()
            .name
            .strip_prefix("grants/")
            .and_then(|id| Uuid::try_parse(id).ok());
        let grant = grant.ok_or_else(|| Refusal::invalid("name", "not a grants/{id}"))?;
        let input = revoke_role::Input { write, grant };
        let grant = revoke_role::revoke_role(&self.deps, input)
            .await
            .map_err(status)?;
        Ok(Response::new(RevokeRoleResponse {
            grant: Some(terms::grant(&grant)),
        }))
    }

    async fn list_grants(
        &self,
        request: Request<ListGrantsRequest>,
    ) -> Result<Response<ListGrantsResponse>, Status> {
        let caller = Caller::of(&request)?;
        let message = request.get_ref();
        let account = match message.account.as_str() {
            "" => None,
            named => Some(name(AccountId::from_resource_name(named), "account")?),
        };
        let page = list_grants::list_grants(
            &self.deps,
            caller,
            account,
            message.page_size,
            &message.page_token,
        )
        .await
        .map_err(status)?;
        Ok(Response::new(ListGrantsResponse {
            grants: page.items.iter().map(terms::grant).collect(),
            next_page_token: page.next,
        }))
    }

    async fn register_client(
        &self,
        request: Request<RegisterClientRequest>,
    ) -> Result<Response<RegisterClientResponse>, Status> {
        let id = request.get_ref().request_id.clone();
        let write = self.write(
            &request,
            &id,
            "identity.v1.AccessService/RegisterClient",
            "register_client",
        )?;
        let RegisterClientRequest {
            client_id,
            title,
            scopes,
            ..
        } = request.into_inner();
        let input = register_client::Input {
            write,
            client: Client {
                name: client_id,
                title,
                scopes,
            },
        };
        let client = register_client::register_client(&self.deps, input)
            .await
            .map_err(status)?;
        let name = format!("clients/{}", client.name);
        let client = WireClient {
            name,
            title: client.title,
            scopes: client.scopes,
        };
        Ok(Response::new(RegisterClientResponse { client: Some(client) }))
    }

    async fn issue_client_token(
        &self,
        request: Request<IssueClientTokenRequest>,
    ) -> Result<Response<IssueClientTokenResponse>, Status> {
        let caller = Caller::of(&request)?.clone();
        let IssueClientTokenRequest { audiences, scopes } = request.into_inner();
        let input = issue_client_token::Input {
            caller,
            audiences,
            scopes,
        };
        let issued = issue_client_token::issue_client_token(&self.deps, input)
            .await
            .map_err(status)?;
        Ok(Response::new(IssueClientTokenResponse {
            access_token: issued.access.token.as_str().to_owned(),
            expires_at: Some(instant(issued.access.expires_at)),
            scopes: issued.scopes,
        }))
    }

    async fn get_key_set(
        &self,
        _request: Request<GetKeySetRequest>,
    ) -> Result<Response<GetKeySetResponse>, Status> {
        Ok(Response::new(GetKeySetResponse {
            jwks: self.deps.token_keys.jwks(),
        }))
    }

    /// A message without a subject only tells that the watcher has seen everything up to its number.
    async fn watch_revocations(
        &self,
        request: Request<WatchRevocationsRequest>,
    ) -> Result<Response<Self::WatchRevocationsStream>, Status> {
        let deps = Arc::clone(&self.deps);
        let events = watch_revocations(deps, self.revoked.clone(), request.get_ref().after);
        let deps = Arc::clone(&self.deps);
        let messages = events.map(move |event| match event {
            Ok(Event::Revoked(revocation)) => Ok(WatchRevocationsResponse {
                number: revocation.number,
                subject: revocation.subject,
                revoked_at: Some(instant(revocation.revoked_at)),
            }),
            Ok(Event::CaughtUp(number)) => Ok(WatchRevocationsResponse {
                number,
                subject: String::new(),
                revoked_at: Some(instant(deps.now())),
            }),
            Err(error) => Err(status(error)),
        });
        Ok(Response::new(Box::pin(self.life.until_draining(messages))))
    }
}
