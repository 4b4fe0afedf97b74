//! The one part of `identity` that the issuing room needs: the keys by which tokens are verified.

use std::pin::Pin;

use api::identity::v1 as wire;
use api::identity::v1::access_service_server::{AccessService, AccessServiceServer};
use futures_util::Stream;
use service_runtime::auth::{Allow, Authenticator, NoKeys, PublicJwk, Revocations, Rule};
use service_runtime::clock::Clock as _;
use service_runtime::config::Common;
use service_runtime::server::Running;
use service_runtime::{Lifecycle, Server};
use tonic::{Request, Response, Status};

/// Answers with one key, and that nothing is revoked.
struct Access(PublicJwk);

type Answer<T> = Result<Response<T>, Status>;

#[tonic::async_trait]
impl AccessService for Access {
    async fn grant_role(&self, _: Request<wire::GrantRoleRequest>) -> Answer<wire::GrantRoleResponse> {
        Err(Status::unimplemented("not asked by issuance"))
    }

    async fn revoke_role(&self, _: Request<wire::RevokeRoleRequest>) -> Answer<wire::RevokeRoleResponse> {
        Err(Status::unimplemented("not asked by issuance"))
    }

    async fn list_grants(&self, _: Request<wire::ListGrantsRequest>) -> Answer<wire::ListGrantsResponse> {
        Err(Status::unimplemented("not asked by issuance"))
    }

    async fn register_client(
        &self,
        _: Request<wire::RegisterClientRequest>,
    ) -> Answer<wire::RegisterClientResponse> {
        Err(Status::unimplemented("not asked by issuance"))
    }

    async fn issue_client_token(
        &self,
        _: Request<wire::IssueClientTokenRequest>,
    ) -> Answer<wire::IssueClientTokenResponse> {
        Err(Status::unimplemented("not asked by issuance"))
    }

    async fn get_key_set(&self, _: Request<wire::GetKeySetRequest>) -> Answer<wire::GetKeySetResponse> {
        Ok(Response::new(wire::GetKeySetResponse {
            jwks: serde_json::json!({ "keys": [self.0] }).to_string(),
        }))
    }

    type WatchRevocationsStream =
        Pin<Box<dyn Stream<Item = Result<wire::WatchRevocationsResponse, Status>> + Send + 'static>>;

    async fn watch_revocations(
        &self,
        _: Request<wire::WatchRevocationsRequest>,
    ) -> Answer<Self::WatchRevocationsStream> {
        Ok(Response::new(Box::pin(futures_util::stream::pending())))
    }
}

const ALLOW: &[Allow] = &[
    Allow::new(
        "/jianzheng.identity.v1.AccessService/GrantRole",
        &[Rule::Service("nobody")],
    ),
    Allow::new(
        "/jianzheng.identity.v1.AccessService/RevokeRole",
        &[Rule::Service("nobody")],
    ),
    Allow::new(
        "/jianzheng.identity.v1.AccessService/ListGrants",
        &[Rule::Service("nobody")],
    ),
    Allow::new(
        "/jianzheng.identity.v1.AccessService/RegisterClient",
        &[Rule::Service("nobody")],
    ),
    Allow::new(
        "/jianzheng.identity.v1.AccessService/IssueClientToken",
        &[Rule::Service("nobody")],
    ),
    Allow::new(
        "/jianzheng.identity.v1.AccessService/GetKeySet",
        &[Rule::Service("issuance")],
    ),
    Allow::new(
        "/jianzheng.identity.v1.AccessService/WatchRevocations",
        &[Rule::Service("issuance")],
    ),
];

/// Listens as `nation/identity`.
pub(crate) async fn serve(common: &Common, life: &Lifecycle, key: PublicJwk) -> Running {
    let clock = common.clocks.register.clone();
    assert!(
        clock.now() > jiff::Timestamp::UNIX_EPOCH,
        "the story's clock goes"
    );
    let authenticator = Authenticator::new(NoKeys, common.tokens.clone(), clock, Revocations::new());
    Server::new(common, life, authenticator, api::FILE_DESCRIPTOR_SET)
        .allow(ALLOW)
        .service(AccessServiceServer::new(Access(key)))
        .start()
        .await
        .expect("it listens")
}
