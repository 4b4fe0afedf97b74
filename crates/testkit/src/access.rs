//! `identity.v1.AccessService` as services that verify tokens see it: one key set, and the revocations that the test makes.

use std::pin::Pin;
use std::sync::Arc;

use api::identity::v1 as wire;
use api::identity::v1::access_service_server::{AccessService, AccessServiceServer};
use futures_util::{Stream, StreamExt as _, stream};
use service_runtime::auth::{Allow, PublicJwk, Rule};
use tokio::sync::watch;
use tonic::{Request, Response, Status};
use uuid::Uuid;

/// Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct Access {
    jwks: Arc<str>,
    revoked: watch::Sender<Vec<wire::WatchRevocationsResponse>>,
}

type Answer<T> = Result<Response<T>, Status>;
type Feed = Pin<Box<dyn Stream<Item = Result<wire::WatchRevocationsResponse, Status>> + Send>>;

impl Access {
    /// Publishes `keys`; nobody is revoked yet.
    pub fn new(keys: &[PublicJwk]) -> Self {
        Self {
            jwks: serde_json::json!({ "keys": keys }).to_string().into(),
            revoked: watch::Sender::default(),
        }
    }

    /// The service, to be mounted.
    pub fn server(&self) -> AccessServiceServer<Self> {
        AccessServiceServer::new(self.clone())
    }

    /// Opens every method to `rules`.
    pub fn allow(rules: &'static [Rule]) -> Vec<Allow> {
        METHODS.iter().map(|method| Allow::new(method, rules)).collect()
    }

    /// Revokes a session.
    pub fn revoke(&self, session: Uuid, at: jiff::Timestamp) {
        self.revoked.send_modify(|revoked| {
            revoked.push(wire::WatchRevocationsResponse {
                number: revoked.len() as u64 + 1,
                subject: format!("sessions/{session}"),
                revoked_at: Some(api::convert::instant(at)),
            });
        });
    }
}

const METHODS: &[&str] = &[
    "/jianzheng.identity.v1.AccessService/GrantRole",
    "/jianzheng.identity.v1.AccessService/RevokeRole",
    "/jianzheng.identity.v1.AccessService/ListGrants",
    "/jianzheng.identity.v1.AccessService/RegisterClient",
    "/jianzheng.identity.v1.AccessService/IssueClientToken",
    "/jianzheng.identity.v1.AccessService/GetKeySet",
    "/jianzheng.identity.v1.AccessService/WatchRevocations",
];

/// What came after `after`, then a message that the watcher has caught up.
fn news(after: u64, revoked: &[wire::WatchRevocationsResponse]) -> Vec<wire::WatchRevocationsResponse> {
    let caught_up = wire::WatchRevocationsResponse {
        number: revoked.len() as u64,
        ..Default::default()
    };
    let fresh = revoked.iter().filter(|one| one.number > after).cloned();
    fresh.chain([caught_up]).collect()
}

macro_rules! access {
    ($($method:ident $request:ident $response:ident;)*) => {
        #[tonic::async_trait]
        impl AccessService for Access {
            type WatchRevocationsStream = Feed;

            async fn get_key_set(&self, _: Request<wire::GetKeySetRequest>) -> Answer<wire::GetKeySetResponse> {
                Ok(Response::new(wire::GetKeySetResponse { jwks: self.jwks.to_string() }))
            }

            async fn watch_revocations(
                &self,
                request: Request<wire::WatchRevocationsRequest>,
            ) -> Answer<Self::WatchRevocationsStream> {
                let mut after = request.into_inner().after;
                let changes = tokio_stream::wrappers::WatchStream::new(self.revoked.subscribe());
                let feed = changes.flat_map(move |revoked| {
                    let fresh = news(after, &revoked);
                    after = revoked.len() as u64;
                    stream::iter(fresh.into_iter().map(Ok))
                });
                Ok(Response::new(Box::pin(feed)))
            }

            $(async fn $method(&self, _: Request<wire::$request>) -> Answer<wire::$response> {
                Err(Status::unimplemented("no part of this story"))
            })*
        }
    };
}

access! {
    grant_role GrantRoleRequest GrantRoleResponse;
    revoke_role RevokeRoleRequest RevokeRoleResponse;
    list_grants ListGrantsRequest ListGrantsResponse;
    register_client RegisterClientRequest RegisterClientResponse;
    issue_client_token IssueClientTokenRequest IssueClientTokenResponse;
}
